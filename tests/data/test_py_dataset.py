"""Datasets that give a batch by its number."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from data_cases import PLAIN, WEIGHTS, Numbered, X, Y, assert_same, batches, fitted, regression

import kgraph as keras
from kgraph.data.workers import made_by_workers

HOWS: list[dict[str, Any]] = [{"workers": 0}, {}, {"workers": 3}, {"workers": 2, "use_multiprocessing": True}]


@pytest.mark.parametrize("how", HOWS, ids=str)
def test_its_batches_train_as_the_arrays_do_whoever_makes_them(how: dict[str, Any]) -> None:
    data = Numbered(**how)
    model = fitted(data, validation_data=Numbered(**how), epochs=3)
    assert_same(model, fitted(X, Y, validation_data=(X, Y), epochs=3))
    assert model.evaluate(data, verbose=0) == model.evaluate(X, Y, batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.predict(data, verbose=0), model.predict(X, batch_size=8, verbose=0))


@pytest.mark.parametrize("how", HOWS[:3], ids=str)
def test_shuffling_changes_the_order_of_batches_and_takes_each_once(how: dict[str, Any]) -> None:
    data = Numbered(**how)
    model = regression()
    keras.utils.set_random_seed(1)
    model.fit(data, epochs=2, verbose=0)
    first, second = data.seen[:9], data.seen[9:]
    assert sorted(first) == sorted(second) == list(range(9))
    if how.get("workers", 1) < 2:
        assert list(range(9)) != first != second


def test_validation_is_not_shuffled() -> None:
    data = Numbered()
    regression().fit(X, Y, validation_data=data, verbose=0)
    assert data.seen == list(range(9))


class Hooked(Numbered):
    def __init__(self) -> None:
        super().__init__()
        self.hooks: list[str] = []

    def on_epoch_begin(self) -> None:
        self.hooks.append("begin")

    def on_epoch_end(self) -> None:
        assert len(self.seen) % 9 == 0
        self.hooks.append("end")


def test_it_is_told_when_an_epoch_begins_and_ends() -> None:
    data = Hooked()
    model = regression()
    model.fit(data, epochs=2, verbose=0)
    assert data.hooks == ["begin", "end"] * 2
    model.predict(data, verbose=0)
    assert data.hooks == ["begin", "end"] * 3


def test_what_it_changes_at_the_end_of_an_epoch_counts_in_the_next() -> None:
    class Shrinking(Numbered):
        length = 9

        def __len__(self) -> int:
            return self.length

        def on_epoch_end(self) -> None:
            self.length -= 4

    data = Shrinking()
    regression().fit(data, epochs=3, shuffle=False, verbose=0)
    assert data.seen == [*range(9), *range(5), 0]


def test_a_subclass_that_forgets_super_works() -> None:
    class Forgetful(keras.utils.Sequence):
        def __init__(self) -> None:
            pass

        def __len__(self) -> int:
            return 9

        def __getitem__(self, index: int) -> Any:
            return batches(X, Y)[index]

    assert_same(fitted(Forgetful()), fitted(X, Y))


def test_one_without_an_end_gives_as_many_batches_as_steps_say() -> None:
    class Endless(Numbered):
        num_batches = None  # type: ignore[assignment]

        def __getitem__(self, index: int) -> Any:
            return super().__getitem__(index % 9)

    for how in HOWS[:3]:
        assert_same(fitted(Endless(**how), steps_per_epoch=9), fitted(X, Y))


def test_another_packages_dataset_is_known_by_its_methods() -> None:
    class Foreign:
        def __len__(self) -> int:
            return 9

        def __getitem__(self, index: int) -> Any:
            return batches(X, Y, WEIGHTS)[index]

        def on_epoch_end(self) -> None:
            pass

    assert_same(fitted(Foreign()), fitted(X, Y, sample_weight=WEIGHTS))


def test_it_can_be_iterated_by_hand() -> None:
    assert [len(x) for x, _ in Numbered()] == [8] * 8 + [6]


def test_one_that_lacks_a_method_says_which() -> None:
    class Half(keras.utils.PyDataset):
        pass

    with pytest.raises(NotImplementedError, match="Half has no __len__, which gives the number of batches"):
        regression().fit(Half(), verbose=0)
    with pytest.raises(NotImplementedError, match="Half has no __getitem__"):
        Half()[0]


class TestWorkers:
    class Squares:
        def __init__(self, slow: tuple[int, ...] = ()) -> None:
            self.slow = slow
            self.made: list[int] = []

        def __getitem__(self, number: int) -> tuple[int, int]:
            if number in self.slow:
                time.sleep(0.05)
            self.made.append(number)
            return number**2, os.getpid()

    @pytest.mark.parametrize("processes", [False, True])
    def test_batches_come_in_order_whichever_is_made_first(self, processes: bool) -> None:
        made = list(made_by_workers(self.Squares(slow=(0, 3)), range(10), 3, processes, 4))
        assert [square for square, _ in made] == [number**2 for number in range(10)]
        assert (os.getpid() in {process for _, process in made}) is not processes

    def test_no_more_are_made_ahead_than_allowed(self) -> None:
        squares = self.Squares()
        batches = made_by_workers(squares, range(100), 2, False, 3)
        assert isinstance(batches, Iterator)
        next(batches)
        time.sleep(0.1)
        assert len(squares.made) <= 4
        batches.close()  # type: ignore[attr-defined]
        assert len(squares.made) <= 5

    def test_an_error_is_raised_in_its_place_and_ends_the_workers(self) -> None:
        class Broken(self.Squares):  # type: ignore[misc, name-defined]
            def __getitem__(self, number: int) -> Any:
                if number == 2:
                    raise LookupError("two")
                return super().__getitem__(number)

        batches = made_by_workers(Broken(), range(100), 2, False, 3)
        assert [next(batches)[0] for _ in range(2)] == [0, 1]
        with pytest.raises(LookupError, match="two"):
            next(batches)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("kgraph-worker")]


class TestOldNames:
    def test_a_generator_is_trained_on_evaluated_and_predicted(self) -> None:
        model, other = regression(), fitted(X, Y)
        rounds = [*batches(X, Y)] * 2
        model.fit_generator(iter(rounds), 9, 2, 0, max_queue_size=3, workers=1)
        assert_same(model, other)
        assert model.evaluate_generator(iter(rounds), 9) == model.evaluate(X, Y, batch_size=8, verbose=0)
        found = model.predict_generator(iter(rounds), steps=9, workers=0)
        np.testing.assert_array_equal(found, model.predict(X, batch_size=8, verbose=0))

    @pytest.mark.parametrize("how", HOWS, ids=str)
    def test_what_they_say_of_workers_counts_for_a_dataset(self, how: dict[str, Any]) -> None:
        model = regression()
        model.fit_generator(Numbered(workers=7), epochs=2, verbose=0, shuffle=False, validation_data=(X, Y), **how)
        assert_same(model, fitted(X, Y, validation_data=(X, Y), validation_batch_size=32))

    def test_without_workers_a_generator_runs_where_it_is_used(self) -> None:
        threads: set[threading.Thread] = set()

        def watched() -> Iterator[Any]:
            for batch in batches(X, Y):
                threads.add(threading.current_thread())
                yield batch

        model = regression()
        model.fit_generator(watched(), verbose=0, workers=0)
        assert threads == {threading.current_thread()}
        model.fit(watched(), **{**PLAIN, "epochs": 1})
        assert len(threads) == 2
