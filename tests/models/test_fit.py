"""``fit`` and ``train_on_batch``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from model_cases import FEATURES, assert_same_weights, classifier, features, labels, regression, twins, values

import kgraph as keras
from kgraph import layers, ops

X, Y = features(), values()


def linear(**compile_arguments: Any) -> keras.Model:
    """A model of one kernel, which starts at zero and learns slowly."""
    inputs = keras.Input((FEATURES,), name="features")
    model = keras.Model(inputs, layers.Dense(1, use_bias=False, kernel_initializer="zeros", name="value")(inputs))
    model.compile(**{"optimizer": keras.optimizers.SGD(0.1), "loss": "mse", **compile_arguments})
    return model


def descend(
    kernel: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int, weights: np.ndarray | None = None, rate: float = 0.1
) -> np.ndarray:
    """An epoch of gradient descent on the mean squared error, in order, in numpy."""
    weights = np.ones(len(x)) if weights is None else weights
    for begin in range(0, len(x), batch):
        part = slice(begin, begin + batch)
        residual = (x[part] @ kernel - y[part]) * weights[part, None]
        nonzero = np.mean(weights[part] != 0)
        kernel = kernel - rate * 2 * x[part].T @ residual / (len(x[part]) * nonzero)
    return kernel


class TestSteps:
    @pytest.mark.parametrize("batch", [1, 3, 5, 10, 1000])
    def test_an_epoch_is_a_step_for_each_batch_the_last_one_short(self, batch: int) -> None:
        model = linear()
        model.fit(X, Y, batch_size=batch, shuffle=False, epochs=2, verbose=0)
        expected = np.zeros((FEATURES, 1))
        for _ in range(2):
            expected = descend(expected, X, Y, batch)
        np.testing.assert_allclose(model.get_weights()[0], expected, rtol=1e-4, atol=1e-6)

    def test_fit_does_what_train_on_batch_does_step_by_step(self) -> None:
        whole, stepped = twins()
        whole.fit(X, labels(), batch_size=4, shuffle=False, verbose=0)
        for begin in range(0, 10, 4):
            stepped.train_on_batch(X[begin : begin + 4], labels()[begin : begin + 4])
        assert_same_weights(whole.get_weights(), stepped.get_weights())

    def test_batches_are_of_32_where_nothing_else_is_said(self) -> None:
        seen: list[int] = []
        count = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
        linear().fit(features(65), values(65), callbacks=[count], verbose=0)
        assert seen == [0, 1, 2]

    def test_shuffling_takes_every_sample_once_in_another_order_each_epoch(self) -> None:
        orders: list[np.ndarray] = []
        x = np.arange(40, dtype="float32").reshape(10, 4)
        model = linear(optimizer=keras.optimizers.SGD(0.0))
        target = np.arange(10.0)

        class Watch(keras.callbacks.Callback):
            def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
                orders.append(np.zeros(0))

            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                total = logs["loss"] * (batch + 1) - float(np.sum(orders[-1]))
                orders[-1] = np.append(orders[-1], total)

        model.fit(x, target, batch_size=1, epochs=2, callbacks=[Watch()], verbose=0)
        for losses in orders:
            np.testing.assert_allclose(sorted(losses), target**2, atol=1e-3)
        assert not np.allclose(orders[0], orders[1])

    def test_fit_again_goes_on(self) -> None:
        once, twice = linear(optimizer="adam"), linear(optimizer="adam")
        once.fit(X, Y, epochs=4, shuffle=False, verbose=0)
        twice.fit(X, Y, epochs=2, shuffle=False, verbose=0)
        twice.fit(X, Y, epochs=4, initial_epoch=2, shuffle=False, verbose=0)
        assert_same_weights(once.get_weights(), twice.get_weights())
        assert twice.history.epoch == [2, 3]


class TestResults:
    def test_the_loss_of_an_epoch_is_the_mean_over_its_samples(self) -> None:
        model = linear(optimizer=keras.optimizers.SGD(0.0), metrics=["mae"])
        history = model.fit(X, Y, batch_size=3, verbose=0).history
        assert history["loss"][0] == pytest.approx((Y**2).mean(), rel=1e-5)
        assert history["mae"][0] == pytest.approx(np.abs(Y).mean(), rel=1e-5)

    def test_history_has_a_value_an_epoch_and_is_kept_by_the_model(self) -> None:
        model = linear(metrics=["mae"])
        history = model.fit(X, Y, epochs=3, validation_split=0.2, verbose=0)
        assert {name: len(found) for name, found in history.history.items()} == {
            "loss": 3,
            "mae": 3,
            "val_loss": 3,
            "val_mae": 3,
        }
        assert history.epoch == [0, 1, 2] and history.model is model and model.history is history

    def test_train_on_batch_gives_a_scalar_a_list_or_a_dict(self) -> None:
        assert isinstance(linear().train_on_batch(X, Y), float)
        model = linear(metrics=["mae"], optimizer=keras.optimizers.SGD(0.0))
        loss, mae = model.train_on_batch(X, Y)
        assert model.train_on_batch(X, Y, return_dict=True) == {"loss": loss, "mae": mae}
        assert loss == pytest.approx((Y**2).mean(), rel=1e-5)

    def test_no_epochs_change_nothing(self) -> None:
        model = linear()
        assert model.fit(X, Y, epochs=0, verbose=0).history == {}
        assert not model.get_weights()[0].any()


class TestValidation:
    def test_a_split_takes_the_last_samples_before_shuffling(self) -> None:
        model = linear(optimizer=keras.optimizers.SGD(0.0))
        history = model.fit(X, Y, validation_split=0.3, verbose=0).history
        assert history["loss"][0] == pytest.approx((Y[:7] ** 2).mean(), rel=1e-5)
        assert history["val_loss"][0] == pytest.approx((Y[7:] ** 2).mean(), rel=1e-5)

    def test_a_split_takes_the_weights_along(self) -> None:
        model = linear(optimizer=keras.optimizers.SGD(0.0))
        weights = np.arange(1.0, 11.0)
        history = model.fit(X, Y, validation_split=0.3, sample_weight=weights, verbose=0).history
        assert history["val_loss"][0] == pytest.approx((Y[7:, 0] ** 2 * weights[7:]).mean(), rel=1e-5)

    def test_data_of_its_own_come_with_or_without_weights(self) -> None:
        model = linear(optimizer=keras.optimizers.SGD(0.0))
        x, y, weights = features(6), values(6), np.arange(6.0)
        plain = model.fit(X, Y, validation_data=(x, y), verbose=0).history
        assert plain["val_loss"][0] == pytest.approx((y**2).mean(), rel=1e-5)
        weighted = model.fit(X, Y, validation_data=(x, y, weights), validation_batch_size=6, verbose=0).history
        expected = (y[:, 0] ** 2 * weights).sum() / 5
        assert weighted["val_loss"][0] == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize(("freq", "epochs_with"), [(2, 2), ([1, 4], 2), (1, 4)])
    def test_it_comes_as_often_as_asked(self, freq: Any, epochs_with: int) -> None:
        history = linear().fit(X, Y, validation_data=(X, Y), epochs=4, validation_freq=freq, verbose=0).history
        assert len(history["val_loss"]) == epochs_with

    def test_validation_does_not_train(self) -> None:
        ours, theirs = linear(), linear()
        ours.fit(X, Y, validation_data=(X, Y), shuffle=False, epochs=2, verbose=0)
        theirs.fit(X, Y, shuffle=False, epochs=2, verbose=0)
        assert_same_weights(ours.get_weights(), theirs.get_weights())


class TestWeights:
    @pytest.mark.parametrize("as_given", [np.asarray, list, tuple, lambda w: [np.asarray(w)], lambda w: {"value": w}])
    def test_sample_weights_scale_the_gradient(self, as_given: Any) -> None:
        weights = np.arange(10.0)
        model = linear()
        model.fit(X, Y, sample_weight=as_given(weights), shuffle=False, batch_size=4, verbose=0)
        expected = descend(np.zeros((FEATURES, 1)), X, Y, 4, weights)
        np.testing.assert_allclose(model.get_weights()[0], expected, rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
    def test_class_weights_are_the_sample_weights_of_the_classes(self, shape: tuple[int, ...]) -> None:
        by_class = {0: 0.5, 1: 2.0, 2: 3.0}
        by_sample = np.array([by_class[label] for label in labels()])
        ours, theirs = twins()
        ours.fit(X, labels().reshape(shape), class_weight=by_class, shuffle=False, verbose=0)
        theirs.fit(X, labels(), sample_weight=by_sample, shuffle=False, verbose=0)
        assert_same_weights(ours.get_weights(), theirs.get_weights())

    def test_weights_can_be_given_to_one_of_two_outputs(self) -> None:
        inputs = keras.Input((FEATURES,))
        outputs = [layers.Dense(1, name=name, kernel_initializer="zeros")(inputs) for name in ("a", "b")]
        model = keras.Model(inputs, outputs)
        model.compile(keras.optimizers.SGD(0.0), "mse")
        weights = np.arange(10.0)
        _, a, b = model.evaluate(X, [Y, Y], sample_weight={"b": weights}, verbose=0)
        assert a == pytest.approx((Y**2).mean(), rel=1e-5)
        assert b == pytest.approx((Y[:, 0] ** 2 * weights).sum() / 9, rel=1e-5)


class TestData:
    @pytest.mark.parametrize("dtype", ["f8", "f2", ">f4", "i1", "i4", "<i8", "u1", "u8", "?"])
    def test_numbers_of_any_dtype_are_taken(self, dtype: str) -> None:
        x = np.abs(X * 3).astype(dtype)
        ours, theirs = linear(), linear()
        ours.fit(x, Y.astype("f8"), shuffle=False, verbose=0)
        theirs.fit(x.astype("f4"), Y, shuffle=False, verbose=0)
        assert_same_weights(ours.get_weights(), theirs.get_weights())

    @pytest.mark.parametrize("convert", [np.ndarray.tolist, lambda a: tuple(map(tuple, a.tolist()))])
    def test_nested_lists_and_tuples_are_arrays(self, convert: Any) -> None:
        ours, theirs = linear(), linear()
        ours.fit(convert(X), convert(Y), shuffle=False, verbose=0)
        theirs.fit(X, Y, shuffle=False, verbose=0)
        np.testing.assert_allclose(ours.get_weights()[0], theirs.get_weights()[0], rtol=1e-6)

    def test_images_of_bytes_are_taken(self) -> None:
        model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        images = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1), dtype=np.uint8)
        assert np.isfinite(model.fit(images, np.arange(8) % 2, verbose=0).history["loss"][0])

    def test_arrays_may_be_read_only_and_stay_as_they_are(self) -> None:
        x, y, weights = X.copy(), Y.copy(), np.ones(10, "float32")
        for array in (x, y, weights):
            array.flags.writeable = False
        model = linear()
        model.fit(x, y, sample_weight=weights, verbose=0)
        model.train_on_batch(x, y)
        model.evaluate(x, y, verbose=0)
        np.testing.assert_array_equal(x, X)

    @pytest.mark.parametrize("lay_out", [lambda a: np.asfortranarray(a), lambda a: np.repeat(a, 2, 1)[:, ::2]])
    @pytest.mark.parametrize("shuffle", [False, True])
    def test_arrays_may_lie_in_memory_as_they_like(self, lay_out: Any, shuffle: bool) -> None:
        ours, theirs = linear(), linear()
        for model, x in ((ours, lay_out(X)), (theirs, X)):
            keras.utils.set_random_seed(3)
            model.fit(x, Y, batch_size=3, shuffle=shuffle, verbose=0)
        assert_same_weights(ours.get_weights(), theirs.get_weights())

    def test_a_target_of_one_axis_gains_the_second(self) -> None:
        model = linear(optimizer=keras.optimizers.SGD(0.0))
        assert model.train_on_batch(X, Y[:, 0]) == pytest.approx((Y**2).mean(), rel=1e-5)

    def test_a_model_of_doubles_computes_in_doubles(self) -> None:
        keras.config.set_floatx("float64")
        try:
            model = linear()
            model.fit(X, Y, shuffle=False, verbose=0)
        finally:
            keras.config.set_floatx("float32")
        expected = descend(np.zeros((FEATURES, 1)), X.astype("f8"), Y.astype("f8"), 32)
        np.testing.assert_allclose(model.get_weights()[0], expected, rtol=1e-13)

    def test_a_model_whose_layers_make_the_loss_needs_no_targets(self) -> None:
        class Penalty(layers.Layer):
            def call(self, x: Any) -> Any:
                self.add_loss(ops.mean(ops.square(x)))
                return x

        inputs = keras.Input((FEATURES,))
        model = keras.Model(inputs, Penalty()(layers.Dense(2)(inputs)))
        model.compile("sgd")
        first, second = (model.fit(X, verbose=0).history["loss"][0] for _ in range(2))
        assert second < first

    def test_numbers_that_are_none_go_through(self) -> None:
        model = linear()
        assert np.isnan(model.fit(X * np.nan, Y, verbose=0).history["loss"][0])


class TestCallbacks:
    def test_hooks_come_in_the_order_of_keras(self) -> None:
        seen: list[Any] = []
        watch = keras.callbacks.LambdaCallback(
            on_train_begin=lambda logs: seen.append("train"),
            on_epoch_begin=lambda epoch, logs: seen.append(f"epoch {epoch}"),
            on_train_batch_begin=lambda batch, logs: seen.append(f"begin {batch}"),
            on_train_batch_end=lambda batch, logs: seen.append((f"end {batch}", sorted(logs))),
            on_epoch_end=lambda epoch, logs: seen.append(("done", sorted(logs))),
            on_train_end=lambda logs: seen.append("over"),
        )
        linear(metrics=["mae"]).fit(X, Y, batch_size=4, validation_split=0.2, callbacks=[watch], verbose=0)
        in_step, in_epoch = ["loss", "mae"], ["loss", "mae", "val_loss", "val_mae"]
        assert seen == [
            *("train", "epoch 0", "begin 0", ("end 0", in_step), "begin 1", ("end 1", in_step)),
            *(("done", in_epoch), "over"),
        ]

    def test_hooks_around_batches_change_no_result(self) -> None:
        ours, theirs = linear(optimizer="adam"), linear(optimizer="adam")
        nothing = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
        kept = ours.fit(X, Y, batch_size=3, shuffle=False, epochs=3, callbacks=[nothing], verbose=0).history
        plain = theirs.fit(X, Y, batch_size=3, shuffle=False, epochs=3, verbose=0).history
        assert_same_weights(ours.get_weights(), theirs.get_weights())
        np.testing.assert_allclose(kept["loss"], plain["loss"], rtol=1e-12)

    def test_stop_training_ends_after_the_step(self) -> None:
        steps: list[int] = []

        class Stop(keras.callbacks.Callback):
            def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
                steps.append(batch)
                self.model.stop_training = batch == 1

        model = linear()
        history = model.fit(X, Y, batch_size=2, epochs=5, callbacks=[Stop()], verbose=0)
        assert steps == [0, 1] and history.epoch == [0]
        assert len(model.fit(X, Y, verbose=0).epoch) == 1

    def test_early_stopping_brings_the_best_weights_back(self) -> None:
        at_end: list[list[np.ndarray]] = []
        model = linear(optimizer=keras.optimizers.SGD(0.2))
        keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: at_end.append(model.get_weights()))
        stop = keras.callbacks.EarlyStopping("loss", patience=2, restore_best_weights=True, mode="max")
        history = model.fit(X, Y, epochs=20, shuffle=False, callbacks=[keep, stop], verbose=0)
        assert history.epoch == [0, 1, 2]
        assert_same_weights(model.get_weights(), at_end[0])

    def test_checkpoints_hold_the_weights_of_their_epoch(self, tmp_path: Any) -> None:
        model = linear()
        path = str(tmp_path / "{epoch:02d}.npz")
        at_end: list[list[np.ndarray]] = []
        keep = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: at_end.append(model.get_weights()))
        save = keras.callbacks.ModelCheckpoint(path, save_weights_only=True)
        model.fit(X, Y, epochs=2, callbacks=[save, keep], verbose=0)
        for epoch in (1, 2):
            model.load_weights(path.format(epoch=epoch))
            assert_same_weights(model.get_weights(), at_end[epoch - 1])

    def test_a_checkpoint_of_what_cannot_be_saved_is_refused_before_training(self) -> None:
        class Unsavable(keras.Model):
            save = property()

        inputs = keras.Input((FEATURES,))
        model = Unsavable(inputs, layers.Dense(1)(inputs))
        model.compile("sgd", "mse")
        before = model.get_weights()
        with pytest.raises(ValueError, match="pass save_weights_only=True and a path that ends with .npz"):
            model.fit(X, Y, callbacks=[keras.callbacks.ModelCheckpoint("m.keras")], verbose=0)
        assert_same_weights(model.get_weights(), before)


class TestOutput:
    def text(self, capsys: pytest.CaptureFixture[str], verbose: Any) -> list[str]:
        linear(metrics=["mae"]).fit(X, Y, epochs=2, batch_size=4, validation_split=0.2, verbose=verbose)
        return capsys.readouterr().out.splitlines()

    @pytest.mark.parametrize("verbose", [0, False])
    def test_zero_is_silent(self, capsys: pytest.CaptureFixture[str], verbose: Any) -> None:
        assert self.text(capsys, verbose) == []

    @pytest.mark.parametrize("verbose", [1, 2, "auto", True])
    def test_in_a_log_file_an_epoch_is_one_line(self, capsys: pytest.CaptureFixture[str], verbose: Any) -> None:
        lines = self.text(capsys, verbose)
        assert [line.split(" - ")[0] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
        for line in lines:
            assert "2/2" in line and "/step" in line
            assert [part.split(":")[0] for part in line.split(" - ")[2:]] == ["loss", "mae", "val_loss", "val_mae"]


class TestEagerRuns:
    def test_node_by_node_gives_the_same_weights(self) -> None:
        ours, theirs = linear(run_eagerly=True), linear()
        for model in (ours, theirs):
            model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
        np.testing.assert_allclose(ours.get_weights()[0], theirs.get_weights()[0], rtol=1e-5)
        assert ours.evaluate(X, Y, verbose=0) == pytest.approx(theirs.evaluate(X, Y, verbose=0), rel=1e-5)
        np.testing.assert_allclose(
            ours.predict(X, batch_size=3, verbose=0), theirs.predict(X, verbose=0), rtol=1e-5, atol=1e-6
        )


def test_a_model_of_every_kind_of_state_learns() -> None:
    x, y = features(300), (features(300)[:, 0] > 0).astype(int)
    model = classifier()
    history = model.fit(x, y, epochs=60, verbose=0).history
    assert history["accuracy"][-1] > 0.85
    assert regression(dropout=0.1).fit(x, x[:, :1], epochs=60, verbose=0).history["loss"][-1] < 0.5
