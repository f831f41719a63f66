"""``evaluate``, ``test_on_batch``, ``predict`` and ``predict_on_batch``."""

from __future__ import annotations

import gc
import os
import threading
from typing import Any

import numpy as np
import pytest
from model_cases import bytes_of, classifier, features, labels, regression, trained_bytes, values

import kgraph as keras
from kgraph import layers, ops

X, Y = features(), values()


class TestEvaluate:
    @pytest.mark.parametrize("batch", [1, 3, 10, 99])
    def test_the_result_is_the_mean_over_samples_whatever_the_batches(self, batch: int) -> None:
        model = regression(["mae"])
        predicted = model.predict(X, verbose=0)
        loss, mae = model.evaluate(X, Y, batch_size=batch, verbose=0)
        assert loss == pytest.approx(((predicted - Y) ** 2).mean(), rel=1e-5)
        assert mae == pytest.approx(np.abs(predicted - Y).mean(), rel=1e-5)

    def test_metric_objects_see_the_whole_not_the_mean_of_batches(self) -> None:
        inputs = keras.Input((1,))
        model = keras.Model(inputs, layers.Activation("linear")(inputs))
        model.compile("sgd", "mse", metrics=[keras.metrics.Precision(name="precision")])
        scores = np.array([[0.9], [0.8], [0.7], [0.1], [0.9], [0.2]])
        truth = np.array([[1], [1], [0], [1], [0], [0]])
        assert model.evaluate(scores, truth, batch_size=4, verbose=0)[1] == pytest.approx(2 / 4)

    def test_evaluations_do_not_add_up(self) -> None:
        model = classifier()
        first = model.evaluate(X, labels(), batch_size=3, verbose=0)
        model.train_on_batch(X * 0, labels())
        model.set_weights(model.get_weights())
        before = model.evaluate(X, labels(), verbose=0, return_dict=True)
        assert before == model.evaluate(X, labels(), verbose=0, return_dict=True)
        assert len(first) == len(before)

    def test_dropout_is_off_and_statistics_stay(self) -> None:
        model = classifier()
        model.fit(X, labels(), verbose=0)
        before = trained_bytes(model)
        results = [model.evaluate(X, labels(), verbose=0) for _ in range(2)]
        assert results[0] == results[1]
        assert trained_bytes(model) == before

    def test_one_value_is_a_scalar_and_several_are_a_list_or_a_dict(self) -> None:
        assert isinstance(regression().evaluate(X, Y, verbose=0), float)
        model = regression(["mae"])
        listed = model.evaluate(X, Y, verbose=0)
        assert model.evaluate(X, Y, verbose=0, return_dict=True) == dict(zip(["loss", "mae"], listed, strict=True))

    def test_test_on_batch_is_evaluate_of_one_batch(self) -> None:
        model = classifier()
        whole = model.evaluate(X, labels(), verbose=0)
        np.testing.assert_allclose(model.test_on_batch(X, labels()), whole, rtol=1e-6)
        model.test_on_batch(X[:3], labels(3))
        np.testing.assert_allclose(model.test_on_batch(X, labels()), whole, rtol=1e-6)

    def test_hooks_come_around_each_batch(self) -> None:
        seen: list[Any] = []

        class Watch(keras.callbacks.Callback):
            def on_test_begin(self, logs: Any = None) -> None:
                seen.append("begin")

            def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
                seen.append((batch, sorted(logs)))

            def on_test_end(self, logs: Any = None) -> None:
                seen.append("end")

        regression().evaluate(X, Y, batch_size=4, callbacks=[Watch()], verbose=0)
        assert seen == ["begin", (0, ["loss"]), (1, ["loss"]), (2, ["loss"]), "end"]


class TestPredict:
    @pytest.mark.parametrize("batch", [1, 3, 10, 99, None])
    def test_batches_make_no_difference(self, batch: int | None) -> None:
        model = regression()
        np.testing.assert_allclose(model.predict(X, batch_size=batch, verbose=0), model(X), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.predict_on_batch(X), model(X), rtol=1e-5, atol=1e-6)

    def test_it_needs_no_compile(self) -> None:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, layers.Dense(2)(inputs))
        before = model.predict(X, verbose=0)
        model.compile("sgd", "mse")
        np.testing.assert_array_equal(model.predict(X, verbose=0), before)

    def test_it_changes_nothing(self) -> None:
        model = classifier()
        model.fit(X, labels(), verbose=0)
        before = bytes_of(model)
        for _ in range(2):
            model.predict(X, batch_size=3, verbose=0)
            model.predict_on_batch(X)
        assert bytes_of(model) == before

    def test_it_sees_what_training_did(self) -> None:
        model = regression()
        before = model.predict(X, verbose=0)
        model.fit(X, Y, verbose=0)
        assert not np.array_equal(model.predict(X, verbose=0), before)
        model.set_weights([np.zeros_like(array) for array in model.get_weights()])
        assert not model.predict(X, verbose=0).any()

    def test_results_are_the_callers_own(self) -> None:
        model = regression()
        first = model.predict(X, verbose=0)
        kept = first.copy()
        model.predict(X * 2, verbose=0)
        np.testing.assert_array_equal(first, kept)
        first[...] = 0.0
        np.testing.assert_array_equal(model.predict(X, verbose=0), kept)

    def test_no_samples_give_no_predictions(self) -> None:
        assert classifier().predict(X[:0], verbose=0).shape == (0, 3)

    def test_a_model_that_gives_its_input_back_gives_a_copy(self) -> None:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, inputs)
        data = X.copy()
        result = model.predict(data, verbose=0)
        np.testing.assert_array_equal(result, data)
        assert not np.shares_memory(result, data)

    def test_samples_that_depend_on_each_other_cannot_be_joined_from_batches(self) -> None:
        inputs = keras.Input((4,))
        model = keras.Model(inputs, ops.matmul(inputs, ops.transpose(inputs)))
        with pytest.raises(ValueError, match="its samples depend on each other"):
            model.predict(X, batch_size=4, verbose=0)
        np.testing.assert_allclose(model.predict_on_batch(X), X @ X.T, rtol=1e-5, atol=1e-6)

    def test_hooks_come_around_each_batch(self) -> None:
        seen: list[Any] = []

        class Watch(keras.callbacks.Callback):
            def on_predict_begin(self, logs: Any = None) -> None:
                seen.append("begin")

            def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
                seen.append(-batch)

            def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
                seen.append(batch)

            def on_predict_end(self, logs: Any = None) -> None:
                seen.append("end")

        regression().predict(X, batch_size=4, callbacks=[Watch()], verbose=0)
        assert seen == ["begin", 0, 0, -1, 1, -2, 2, "end"]


@pytest.mark.threads
def test_threads_predict_on_one_model_at_once() -> None:
    model = regression()
    inputs = [features(50, seed) for seed in range(4)]
    expected = [model.predict(x, batch_size=7, verbose=0) for x in inputs]
    model.compile("sgd", "mse")
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(50):
            result = model.predict(inputs[index], batch_size=7, verbose=0)
            if not np.array_equal(result, expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def resident_bytes() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="ASan keeps what is freed, to watch over it")
def test_thousands_of_steps_keep_no_memory() -> None:
    model = classifier()
    x, y = features(64), labels(64)

    def work(times: int) -> None:
        for _ in range(times):
            model.train_on_batch(x, y)
            model.predict(x, verbose=0)
            model.predict_on_batch(x)

    work(200)
    gc.collect()
    before = resident_bytes()
    work(2000)
    gc.collect()
    assert resident_bytes() - before < 4 << 20
