"""Data that end early, raise or do not fit: reported with their batch, and the model stays usable."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_cases import BATCH, Numbered, X, Y, batches, endless, fitted, regression

import kgraph as keras
from kgraph import layers


def raising(after: int, error: BaseException, times: int = 1) -> Iterator[Any]:
    for _ in range(times):
        for place, batch in enumerate(endless(X, Y)):
            if place == after:
                raise error
            yield batch


def assert_trained_on(model: keras.Model, steps: int) -> None:
    """The model is where that many steps bring it, and can go on."""
    other = regression()
    for x, y in batches(X, Y)[:steps]:
        other.train_on_batch(x, y)
    for mine, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert int(model.optimizer.iterations.numpy()) == steps
    model.fit(X, Y, verbose=0)
    assert np.isfinite(model.evaluate(X, Y, verbose=0))


class TestEarlyEnds:
    def test_a_generator_that_ends_in_an_epoch_warns_with_the_batch_and_ends_the_training(self) -> None:
        model = regression()
        with (
            pytest.warns(UserWarning, match="ran out before batch 3: a pass of 5 batches ends after 3"),
            pytest.warns(UserWarning, match="ran out in epoch 2 of 4"),
        ):
            history = model.fit(iter(batches(X, Y)[:8]), steps_per_epoch=5, epochs=4, verbose=0)
        assert history.epoch == [0, 1]
        assert_trained_on(model, 8)

    def test_a_generator_that_ends_between_epochs_warns_and_ends_the_training(self) -> None:
        with pytest.warns(UserWarning, match="ran out before batch 0: a pass of 4 batches ends after 0"):
            model = fitted(iter(batches(X, Y)[:8]), steps_per_epoch=4, epochs=3)
        assert model.history is not None and model.history.epoch == [0, 1]

    def test_a_generator_without_a_number_of_steps_is_one_epoch(self) -> None:
        with pytest.warns(UserWarning, match="ran out in epoch 1 of 3 and can be had only once: training ends"):
            model = fitted(iter(batches(X, Y)), epochs=3)
        assert model.history is not None and model.history.epoch == [0]

    @pytest.mark.filterwarnings("error")
    def test_a_generator_that_is_just_long_enough_says_nothing(self) -> None:
        fitted(iter(batches(X, Y)), epochs=1)
        fitted(iter(batches(X, Y)), epochs=3, steps_per_epoch=3)

    def test_what_can_be_iterated_again_begins_anew_after_a_short_epoch(self) -> None:
        with pytest.warns(UserWarning, match="ran out before batch 9: a pass of 12 batches ends after 9"):
            model = fitted(Numbered(), steps_per_epoch=12, epochs=3)
        assert model.history is not None and model.history.epoch == [0, 1, 2]
        assert int(model.optimizer.iterations.numpy()) == 27

    def test_fewer_batches_than_steps_are_evaluated_and_predicted_with_a_warning(self) -> None:
        model = regression()
        with pytest.warns(UserWarning, match="ran out before batch 9"):
            assert model.evaluate(iter(batches(X, Y)), steps=20, verbose=0) > 0
        with pytest.warns(UserWarning, match="ran out before batch 9"):
            assert len(model.predict(iter(batches(X)), steps=20, verbose=0)) == len(X)

    def test_a_validation_without_batches_left_adds_nothing_to_the_logs(self) -> None:
        with pytest.warns(UserWarning, match="ran out before batch 0"):
            model = fitted(X, Y, validation_data=iter(batches(X, Y)), epochs=3)
        assert model.history is not None
        assert {name: len(values) for name, values in model.history.history.items()} == {"loss": 3, "val_loss": 1}

    @pytest.mark.parametrize("use", ["fit", "evaluate", "predict"])
    def test_no_batches_at_all_are_an_error(self, use: str) -> None:
        with pytest.raises(ValueError, match="without batches|no batches"):
            getattr(regression(), use)(iter([]), verbose=0)
        with pytest.raises(ValueError, match="no batches"):
            model = keras.Sequential([layers.Dense(1)])
            model.compile("sgd", "mse")
            getattr(model, use)(iter([]), verbose=0)


class TestErrorsOfTheData:
    @pytest.mark.parametrize("after", [0, 3, 8])
    def test_what_a_generator_raises_comes_with_its_batch_after_the_steps_before_it(self, after: int) -> None:
        model = regression()
        with pytest.raises((OSError, RuntimeError)) as caught:
            model.fit(raising(after, OSError("disk on fire")), steps_per_epoch=9, verbose=0)
        assert f"raised by the data for batch {after} of the pass" in _whole_text(caught.value)
        assert "disk on fire" in str(caught.value)
        if sys.version_info >= (3, 11):
            assert type(caught.value) is OSError
        assert_trained_on(model, after)

    def test_the_batch_is_counted_from_the_beginning_of_the_epoch(self) -> None:
        model = regression()
        with pytest.raises((OSError, RuntimeError)) as caught:
            model.fit(raising(7, OSError("gone")), steps_per_epoch=3, epochs=9, verbose=0)
        assert "for batch 1 of the pass" in _whole_text(caught.value)
        assert_trained_on(model, 7)

    @pytest.mark.parametrize("how", [{"workers": 0}, {}, {"workers": 3}, {"workers": 2, "use_multiprocessing": True}])
    def test_a_dataset_that_raises_in_a_worker_is_reported_likewise(self, how: dict[str, Any]) -> None:
        model = regression()
        with pytest.raises((LookupError, RuntimeError)) as caught:
            model.fit(Broken(**how), shuffle=False, verbose=0)
        assert "for batch 4 of the pass" in _whole_text(caught.value)
        assert_trained_on(model, 4)

    @pytest.mark.parametrize("use", ["evaluate", "predict"])
    def test_it_is_the_same_in_other_passes(self, use: str) -> None:
        with pytest.raises((OSError, RuntimeError)) as caught:
            getattr(regression(), use)(raising(2, OSError("gone")), verbose=0)
        assert "for batch 2 of the pass" in _whole_text(caught.value)


class Broken(Numbered):
    def __getitem__(self, index: int) -> Any:
        if index == 4:
            raise LookupError("no such batch")
        return super().__getitem__(index)


def _whole_text(error: BaseException) -> str:
    return "\n".join([str(error), *getattr(error, "__notes__", ())])


#: What is wrong with a batch, and what the message must say.
WRONG_BATCHES: dict[str, tuple[Any, type[Exception], str]] = {
    "too few features": (
        (X[:8, :3], Y[:8]),
        ValueError,
        r"input 'features' expects shape \(None, 5\) but got \(8, 3\)",
    ),
    "an input alone": (X[:8], ValueError, "no data for target 'value'"),
    "no batch": (None, ValueError, "no data for input 'features'"),
    "a number": (3.0, ValueError, r"input 'features' expects shape \(None, 5\) but got \(\)"),
    "too many parts": ((X, Y, Y, Y), ValueError, r"a batch must be x, \(x,\), .* not a tuple of 4"),
    "no parts": ((), ValueError, "a batch must be x, .* not a tuple of 0"),
    "an unknown name": (({"z": X[:8]}, Y[:8]), ValueError, "'z' is no input of the model"),
    "fewer targets": ((X[:8], Y[:7]), ValueError, "input 'features' has 8 samples, but target 'value.*' has 7"),
    "fewer weights": ((X[:8], Y[:8], np.ones(3)), ValueError, "but sample weight 'value' has 3"),
    "words": ((np.full((8, 5), "a"), Y[:8]), TypeError, "input 'features' must hold numbers"),
    "no samples": ((X[:0], Y[:0]), ValueError, "cannot be trained on data without samples"),
}


@pytest.mark.parametrize("what", WRONG_BATCHES)
def test_a_batch_that_does_not_fit_is_named_and_leaves_the_steps_before_it(what: str) -> None:
    bad, error, message = WRONG_BATCHES[what]
    good = batches(X, Y)
    model = regression()
    with pytest.raises(error, match=f"{message}.*, in batch 2 of the pass"):
        model.fit(iter([*good[:2], bad, *good]), verbose=0)
    assert_trained_on(model, 2)


def test_a_batch_of_another_size_than_the_input_takes_is_named() -> None:
    model = keras.Sequential([keras.Input(batch_shape=(BATCH, 5)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="must be 8, not 6.*, in batch 8 of the pass"):
        model.fit(iter(batches(X, Y)), verbose=0)


def test_a_label_that_a_loss_refuses_is_named_with_its_batch() -> None:
    inputs = keras.Input((5,))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="classes")(inputs))
    model.compile("sgd", "sparse_categorical_crossentropy")
    labels = np.arange(len(X)) % 3
    labels[30] = 7
    with pytest.raises(ValueError, match="output classes .*: label 7 at position 6 .* in batch 3 of the pass"):
        model.fit(iter(batches(X, labels)), verbose=0)


def test_an_index_that_a_prediction_refuses_is_named_with_its_batch() -> None:
    tokens = np.zeros((24, 2), "int32")
    tokens[13] = 9
    inputs = keras.Input((2,), dtype="int32")
    model = keras.Model(inputs, layers.Embedding(4, 3, name="words")(inputs))
    with pytest.raises(ValueError, match=r"words.*: index 9 .*, in batch 1 of the pass"):
        model.predict(iter(batches(tokens)), verbose=0)
    with pytest.raises(ValueError, match=r"words.*: index 9 .*outside \[0, 4\)$"):
        model.predict(tokens, batch_size=8, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": Y}, r"x gives batches \(generator\), so y must come in them"),
        ({"sample_weight": np.ones(70)}, "so sample_weight must come in them"),
        ({"validation_split": 0.2}, r"validation_split holds out the last samples of arrays, .* \(generator\): pass"),
        ({"steps_per_epoch": 0}, "steps_per_epoch must be an int of at least 1, not 0"),
        ({"validation_steps": 1.5}, "validation_steps must be an int of at least 1, not 1.5"),
    ],
)
def test_arguments_that_make_no_sense_for_batches_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        regression().fit(**{"x": endless(X, Y), "steps_per_epoch": 2, "verbose": 0, **arguments})


def test_an_uncompiled_model_says_what_to_call() -> None:
    inputs = keras.Input((5,))
    model = keras.Model(inputs, layers.Dense(1)(inputs))
    with pytest.raises(RuntimeError, match="must be compiled before it is trained"):
        model.fit(endless(X, Y), steps_per_epoch=2, verbose=0)


@pytest.mark.parametrize("use", ["fit", "evaluate", "predict"])
def test_an_interrupt_is_heard_while_the_data_are_slow(use: str) -> None:
    awake = threading.Event()

    def slow() -> Iterator[Any]:
        yield from batches(X, Y)[:2]
        awake.wait(20)
        yield from batches(X, Y)

    model = regression()
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    begin = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        getattr(model, use)(slow(), verbose=0)
    assert time.perf_counter() - begin < 3
    awake.set()
    assert_trained_on(model, 2 if use == "fit" else 0)


_SCRIPT = """
import numpy as np, sys, threading, time
import kgraph as keras
from kgraph import layers

def generate():
    while True:
        yield np.ones((8, 5), "float32"), np.ones((8, 1), "float32")

model = keras.Sequential([keras.Input((5,)), layers.Dense(1)])
model.compile("adam", "mse")
model.fit(generate(), steps_per_epoch=4, verbose=0)
print("ready", flush=True)
try:
    model.fit(generate(), steps_per_epoch=10**9, verbose=0)
except KeyboardInterrupt:
    model.fit(generate(), steps_per_epoch=4, verbose=0)
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("kgraph-")]
    assert left == [], left
    print("stopped", flush=True)
"""


def test_a_signal_from_the_terminal_stops_the_training_and_the_thread() -> None:
    root = Path(keras.__file__).resolve().parents[1]
    with subprocess.Popen([sys.executable, "-c", _SCRIPT], cwd=root, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "stopped\n"
        assert child.wait(10) == 0
