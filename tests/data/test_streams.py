"""What gives batches trains as the arrays it was cut from do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from data_cases import (
    BATCH,
    FEATURES,
    LABELS,
    PLAIN,
    WEIGHTS,
    X,
    Y,
    assert_same,
    batches,
    classifier,
    endless,
    fitted,
    regression,
)

import kgraph as keras
from kgraph import layers

STEPS = len(batches(X))


class Loader:
    """It can be iterated again and again, and knows its length or not."""

    def __init__(self, *arrays: Any) -> None:
        self.given = batches(*arrays)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.given)


class SizedLoader(Loader):
    def __len__(self) -> int:
        return len(self.given)


def ten_epochs(*arrays: Any) -> Iterator[Any]:
    for _ in range(10):
        yield from batches(*arrays)


STREAMS: dict[str, Callable[..., Any]] = {
    "a generator": endless,
    "a generator that ends": ten_epochs,
    "a loader": Loader,
    "a loader that knows its length": SizedLoader,
    "a map": lambda *arrays: map(tuple, ten_epochs(*arrays)),
}


@pytest.mark.threads
@pytest.mark.parametrize("kind", STREAMS)
def test_batches_train_as_the_arrays_they_were_cut_from(kind: str) -> None:
    assert_same(fitted(STREAMS[kind](X, Y), steps_per_epoch=STEPS), fitted(X, Y))


@pytest.mark.parametrize("kind", ["a loader", "a loader that knows its length"])
def test_what_can_be_iterated_again_needs_no_number_of_steps(kind: str) -> None:
    data = STREAMS[kind](X, Y)
    model = fitted(data, validation_data=data, epochs=3)
    assert_same(model, fitted(X, Y, validation_data=(X, Y), epochs=3))
    assert model.evaluate(data, verbose=0) == model.evaluate(X, Y, batch_size=BATCH, verbose=0)
    np.testing.assert_array_equal(model.predict(data, verbose=0), model.predict(X, batch_size=BATCH, verbose=0))


@pytest.mark.parametrize("steps", [1, 4, 5, STEPS, 20])
@pytest.mark.filterwarnings("ignore:the data ran out")
def test_epochs_of_some_steps_go_on_where_the_one_before_stopped(steps: int) -> None:
    arguments = {"steps_per_epoch": steps, "epochs": 7}
    assert_same(fitted(SizedLoader(X, Y), **arguments), fitted(X, Y, **arguments))


def test_no_more_is_taken_out_of_a_generator_than_the_steps_of_the_epochs() -> None:
    taken: list[int] = []

    def counted() -> Iterator[Any]:
        for number, batch in enumerate(endless(X, Y)):
            taken.append(number)
            yield batch

    source = counted()
    model = fitted(source, steps_per_epoch=4, epochs=3, validation_data=(X, Y))
    assert len(taken) == 12
    model.evaluate(source, steps=2, verbose=0)
    model.predict(source, steps=1, verbose=0)
    assert len(taken) == 15


class TestForms:
    """What a batch may be."""

    @pytest.mark.parametrize(
        "form",
        [
            tuple,
            list,
            lambda b: ({"features": b[0]}, b[1]),
            lambda b: ([b[0]], [b[1]]),
            lambda b: (b[0], {"value": b[1]}),
        ],
    )
    def test_inputs_and_targets_are_in_a_tuple_or_list_and_may_have_names(self, form: Any) -> None:
        data = [form(batch) for batch in batches(X, Y)]
        assert_same(fitted(iter(data * 2), steps_per_epoch=STEPS), fitted(X, Y))

    def test_weights_come_third(self) -> None:
        assert_same(fitted(Loader(X, Y, WEIGHTS)), fitted(X, Y, sample_weight=WEIGHTS))

    def test_some_batches_may_have_weights_and_others_none(self) -> None:
        mixed = [(x, y, np.ones(len(x))) if place % 2 else (x, y) for place, (x, y) in enumerate(batches(X, Y))]
        ours, theirs = fitted(iter(mixed * 2), steps_per_epoch=STEPS), fitted(X, Y)
        for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-7)

    @pytest.mark.parametrize("form", [lambda x: x, lambda x: (x,), lambda x: {"features": x}, lambda x: (x, None)])
    def test_inputs_alone_are_enough_to_predict(self, form: Any) -> None:
        model = regression()
        found = model.predict((form(x) for (x,) in batches(X)), verbose=0)
        np.testing.assert_array_equal(found, model.predict(X, batch_size=BATCH, verbose=0))

    def test_batches_may_be_frames_sparse_or_lists(self) -> None:
        sparse = pytest.importorskip("scipy.sparse")
        pandas = pytest.importorskip("pandas")
        forms = [sparse.csr_matrix, pandas.DataFrame, np.ndarray.tolist, np.asfortranarray]
        data = [(forms[place % 4](x), y) for place, (x, y) in enumerate(batches(X, Y))]
        assert_same(fitted(iter(data * 2), steps_per_epoch=STEPS), fitted(X, Y))

    def test_batches_may_differ_in_size_and_in_length(self) -> None:
        inputs = keras.Input((None, 2))
        model = keras.Model(inputs, keras.ops.sum(layers.Dense(1, use_bias=False)(inputs), axis=1))
        model.compile("sgd", "mse")
        data = [(np.ones((n, steps, 2)), np.ones((n, 1))) for n, steps in ((1, 3), (4, 2), (2, 7))]
        model.fit(iter(data * 2), steps_per_epoch=3, epochs=2, verbose=0)
        sizes = [n for n in (1, 4, 2)]
        each = [model.test_on_batch(*batch) for batch in data]
        assert model.evaluate(iter(data), verbose=0) == pytest.approx(np.average(each, weights=sizes), rel=1e-6)
        assert model.predict(iter(data), verbose=0).shape == (7, 1)

    def test_predictions_of_batches_that_make_no_one_array_are_refused(self) -> None:
        inputs = keras.Input((None,))
        model = keras.Model(inputs, layers.Activation("tanh")(inputs))
        with pytest.raises(ValueError, match=r"have shape \(2,\) and \(3,\) in different batches"):
            model.predict(iter([np.ones((4, 3)), np.ones((4, 2))]), verbose=0)


class TestModels:
    def test_several_inputs_and_outputs_come_nested(self) -> None:
        def make() -> keras.Model:
            keras.utils.set_random_seed(2)
            inputs = [keras.Input((FEATURES,), name="a"), keras.Input((1,), name="b")]
            hidden = layers.Concatenate()(inputs)
            model = keras.Model(inputs, [layers.Dense(1, name="real")(hidden), layers.Dense(1, name="other")(hidden)])
            model.compile("adam", "mse", metrics=[["mae"], []])
            return model

        data = [([x, y], {"real": y, "other": y}, {"other": w}) for x, y, w in batches(X, Y, WEIGHTS)]
        model = fitted(iter(data * 2), make=make, steps_per_epoch=STEPS)
        assert_same(model, fitted([X, Y], [Y, Y], sample_weight={"other": WEIGHTS}, make=make))
        for mine, other in zip(model.predict(iter(data), verbose=0), model.predict([X, Y], batch_size=8), strict=True):
            np.testing.assert_array_equal(mine, other)

    @pytest.mark.parametrize("kind", STREAMS)
    def test_a_model_without_an_input_learns_its_shape_and_loses_no_batch(self, kind: str) -> None:
        def make() -> keras.Model:
            keras.utils.set_random_seed(2)
            model = keras.Sequential([layers.Dense(1)])
            model.compile("sgd", "mse")
            return model

        assert_same(fitted(STREAMS[kind](X, Y), make=make, steps_per_epoch=STEPS), fitted(X, Y, make=make))

    def test_metric_objects_see_the_whole_epoch(self) -> None:
        def make() -> keras.Model:
            return regression(metrics=[keras.metrics.RootMeanSquaredError()], weighted_metrics=["mae"])

        assert_same(fitted(Loader(X, Y, WEIGHTS), make=make), fitted(X, Y, sample_weight=WEIGHTS, make=make))

    def test_a_run_that_is_checked_node_by_node_takes_batches_too(self) -> None:
        ours, theirs = fitted(Loader(X, Y), make=lambda: regression(run_eagerly=True)), fitted(X, Y)
        for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-6)


class TestClassWeights:
    by_class = {0: 1.0, 1: 4.0, 2: 0.3}

    @pytest.mark.parametrize("kind", STREAMS)
    def test_they_weigh_the_samples_of_each_batch(self, kind: str) -> None:
        data = STREAMS[kind](X, LABELS)
        ours = fitted(data, class_weight=self.by_class, make=classifier, steps_per_epoch=STEPS)
        assert_same(ours, fitted(X, LABELS, class_weight=self.by_class, make=classifier))

    def test_they_do_not_weigh_the_validation(self) -> None:
        history = fitted(X, LABELS, make=classifier, class_weight=self.by_class, validation_split=0.3, epochs=1).history
        model = fitted(X[:49], LABELS[:49], make=classifier, class_weight=self.by_class, epochs=1)
        assert history is not None
        assert history.history["val_loss"][0] == pytest.approx(model.evaluate(X[49:], LABELS[49:], verbose=0), rel=1e-6)

    def test_weights_of_the_samples_stand_before_those_of_classes(self) -> None:
        with pytest.warns(UserWarning, match="sample_weight and class_weight are given for classes"):
            ours = fitted(Loader(X, LABELS, WEIGHTS), class_weight=self.by_class, make=classifier)
        assert_same(ours, fitted(X, LABELS, sample_weight=WEIGHTS, make=classifier))

    def test_a_class_without_a_weight_is_refused_with_its_batch(self) -> None:
        labels = LABELS.copy()
        labels[20] = 2
        data = Loader(X, np.where(np.arange(len(X)) == 20, 2, labels % 2))
        with pytest.raises(ValueError, match="no weight for class 2, which is in the data; it has 0, 1, in batch 2 of"):
            classifier().fit(data, class_weight={0: 1.0, 1: 2.0}, verbose=0)


class TestValidation:
    def test_a_generator_goes_on_where_the_validation_before_stopped(self) -> None:
        history = fitted(X, Y, validation_data=endless(X, Y), validation_steps=STEPS, epochs=3).history
        other = fitted(X, Y, validation_data=(X, Y), epochs=3).history
        assert history is not None and other is not None
        assert history.history["val_loss"] == pytest.approx(other.history["val_loss"], rel=1e-6)

    @pytest.mark.parametrize("data", [Loader(X, Y), (X, Y)], ids=["batches", "arrays"])
    def test_each_validation_of_some_steps_begins_at_the_first_batch(self, data: Any) -> None:
        history = fitted(X, Y, validation_data=data, validation_steps=2, validation_batch_size=BATCH, epochs=3).history
        other = fitted(X, Y, validation_data=(X[: 2 * BATCH], Y[: 2 * BATCH]), epochs=3).history
        assert history is not None and other is not None
        assert history.history["val_loss"] == pytest.approx(other.history["val_loss"], rel=1e-6)

    def test_it_comes_as_often_as_asked(self) -> None:
        history = fitted(Loader(X, Y), validation_data=Loader(X, Y), validation_freq=[1, 3], epochs=4).history
        assert history is not None and len(history.history["val_loss"]) == 2

    def test_steps_without_a_batch_size_cut_arrays_into_that_many_batches(self) -> None:
        ours = fitted(X, Y, batch_size=None, steps_per_epoch=7)
        assert_same(ours, fitted(X, Y, batch_size=10))


class TestHooks:
    def test_a_length_that_is_not_known_is_learned_in_the_first_epoch(self) -> None:
        seen: list[Any] = []

        class Watch(keras.callbacks.Callback):
            def on_train_begin(self, logs: Any = None) -> None:
                seen.append(self.params["steps"])

            def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
                seen.append(batch)

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                seen.append(-batch)

        data = Loader(X[:20], Y[:20])
        regression().fit(data, epochs=2, callbacks=[Watch()], verbose=0)
        assert seen == [None, *[0, 0, 1, -1, 2, -2] * 2]

    def test_in_a_log_file_the_number_of_batches_is_shown_once_it_is_known(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        model = regression()
        model.fit(Loader(X, Y), epochs=2, verbose=2)
        model.predict(Loader(X), verbose=2)
        lines = capsys.readouterr().out.splitlines()
        assert [f"{STEPS}/{STEPS}" in line for line in lines] == [True] * 3

    def test_a_bar_without_a_known_end_counts_up(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("kgraph.progress.is_terminal", lambda stream: True)
        slow = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: time.sleep(0.02))
        regression().fit(Loader(X, Y), epochs=2, callbacks=[slow], verbose=1)
        first, second = capsys.readouterr().out.split("Epoch 2/2")
        assert "/?" in first and "/?" not in second

    def test_stopping_ends_after_the_batch_and_the_data_can_be_used_again(self) -> None:
        class Stop(keras.callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                self.model.stop_training = batch == 2

            def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
                self.model.stop_evaluating = batch == 1

            def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
                self.model.stop_predicting = batch == 3

        data, model = endless(X, Y), regression()
        history = model.fit(data, steps_per_epoch=50, epochs=9, callbacks=[Stop()], verbose=0)
        assert history.epoch == [0]
        assert int(model.optimizer.iterations.numpy()) == 3
        for given in (Loader(X, Y), X):
            assert len(model.predict(given, batch_size=BATCH, callbacks=[Stop()], verbose=0)) == 4 * BATCH
        expected = model.evaluate(X[: 2 * BATCH], Y[: 2 * BATCH], verbose=0)
        assert model.evaluate(Loader(X, Y), callbacks=[Stop()], verbose=0) == pytest.approx(expected, rel=1e-6)
        model.fit(data, **{**PLAIN, "steps_per_epoch": 5})

    def test_predictions_reach_the_callback_of_their_batch(self) -> None:
        seen: list[np.ndarray] = []

        class Watch(keras.callbacks.Callback):
            def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
                seen.append(logs["outputs"])

        model = regression()
        for data in (X, Loader(X)):
            seen.clear()
            whole = model.predict(data, batch_size=BATCH, callbacks=[Watch()], verbose=0)
            assert len(seen) == STEPS
            np.testing.assert_array_equal(np.concatenate(seen), whole)


def test_a_loader_of_torch_gives_batches() -> None:
    torch = pytest.importorskip("torch")
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    loader = torch.utils.data.DataLoader(dataset, batch_size=BATCH)
    assert_same(fitted(loader, validation_data=loader), fitted(X, Y, validation_data=(X, Y)))
