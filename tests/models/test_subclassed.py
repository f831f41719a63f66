"""Layers and models with code of the user's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from model_cases import assert_same_weights, features, values

import kgraph as keras
from kgraph import layers, ops


class Scaled(layers.Layer):
    """Sublayers in a list, a weight, a counter of training calls, a loss."""

    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.inner = [layers.Dense(4, name="first"), layers.Dense(4, name="second")]

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, x: Any, training: bool | None = None) -> Any:
        for layer in self.inner:
            x = layer(x)
        if training:
            x = x * 2.0
            self.calls.assign_add(1.0)
        self.add_loss(0.5 * ops.sum(ops.square(self.kernel)))
        return x @ self.kernel

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


class TestLayers:
    def model(self) -> tuple[keras.Model, Scaled]:
        inputs = keras.Input((4,))
        layer = Scaled(2, name="scaled")
        model = keras.Model(inputs, layer(inputs))
        model.compile(keras.optimizers.SGD(0.0), "mse")
        return model, layer

    def test_weights_of_the_layer_come_before_those_of_its_sublayers(self) -> None:
        _, layer = self.model()
        assert [weight.path for weight in layer.weights] == [
            "scaled/kernel",
            "scaled/calls",
            "scaled/first/kernel",
            "scaled/first/bias",
            "scaled/second/kernel",
            "scaled/second/bias",
        ]
        assert "scaled/calls" not in [weight.path for weight in layer.trainable_weights]

    def test_add_loss_joins_the_total(self) -> None:
        model, layer = self.model()
        x, y = features(), np.zeros((10, 2), "float32")
        penalty = 0.5 * (layer.kernel.numpy() ** 2).sum()
        expected = (model.predict(x, verbose=0) ** 2).mean() + penalty
        assert model.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)

    def test_assignments_in_training_happen_once_a_step_and_not_in_evaluation(self) -> None:
        model, layer = self.model()
        x, y = features(), np.zeros((10, 2))
        model.fit(x, y, batch_size=3, epochs=2, verbose=0)
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)
        model(x)
        assert layer.calls.numpy() == 8

    def test_training_reaches_call(self) -> None:
        model, _ = self.model()
        x = features()
        np.testing.assert_allclose(model(x, training=True), 2 * model(x), rtol=1e-5)

    def test_a_config_makes_an_equal_layer(self) -> None:
        _, layer = self.model()
        again = Scaled.from_config(layer.get_config())
        assert (again.units, again.name) == (2, "scaled")

    def test_losses_of_a_call_on_arrays_are_numbers(self) -> None:
        _, layer = self.model()
        layer(features())
        assert float(layer.losses[0]) == pytest.approx(0.5 * float((layer.kernel.numpy() ** 2).sum()))

    def test_a_mask_that_a_layer_computes_reaches_the_loss(self) -> None:
        class Positive(layers.Layer):
            def call(self, x: Any) -> Any:
                return x

            def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
                return inputs[..., 0] > 0

        inputs = keras.Input((3, 1))
        model = keras.Model(inputs, Positive()(inputs))
        model.compile("sgd", "mse")
        x = np.array([[[1.0], [-1.0], [2.0]], [[-3.0], [-1.0], [-2.0]]], "float32")
        expected = (x[x > 0] ** 2).sum() / (x > 0).sum()
        assert model.evaluate(x, np.zeros_like(x), verbose=0) == pytest.approx(expected)

    def test_a_layer_without_super_init_says_so(self) -> None:
        class Broken(layers.Layer):
            def __init__(self) -> None:
                pass

        with pytest.raises(RuntimeError, match="does not call super"):
            Broken()(features())

    def test_an_error_inside_call_names_the_layer(self) -> None:
        class Wrong(layers.Layer):
            def call(self, x: Any) -> Any:
                return x @ np.ones((5, 2), "float32")

        with pytest.raises(ValueError, match=r"layer mistaken \(Wrong\): .*4.*5"):
            Wrong(name="mistaken")(keras.Input((4,)))


class Dropped(keras.Model):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = layers.Dense(4, activation="relu")
        self.drop = layers.Dropout(0.5)
        self.last = layers.Dense(1)

    def call(self, x: Any, training: bool | None = None) -> Any:
        return self.last(self.drop(self.hidden(x), training=training))


class TestModels:
    x = features()
    y = values()

    def test_a_model_with_a_call_is_built_at_its_first_data(self) -> None:
        model = Dropped()
        model.compile("adam", "mse", metrics=["mae"])
        assert model.weights == []
        history = model.fit(self.x, self.y, verbose=0).history
        assert list(history) == ["loss", "mae"]
        assert len(model.weights) == 4
        np.testing.assert_allclose(model.predict(self.x, verbose=0), model(self.x), rtol=1e-5)

    def test_it_can_be_called_on_an_array_first(self) -> None:
        model = Dropped()
        assert model(self.x).shape == (10, 1)
        model.compile("sgd", "mse")
        weights = model.weights
        model.fit(self.x[:7], self.y[:7], verbose=0)
        assert model.weights == weights

    def test_build_makes_the_weights(self) -> None:
        model = Dropped()
        model.build((None, 4))
        assert model.built and [weight.shape for weight in model.weights] == [(4, 4), (4,), (4, 1), (1,)]

    def test_training_is_told_to_call(self) -> None:
        model = Dropped()
        assert np.array_equal(model(self.x), model(self.x))
        assert not np.array_equal(model(self.x, training=True), model(self.x, training=True))

    def test_it_is_a_layer_of_a_functional_model(self) -> None:
        inner = Dropped(name="inner")
        inputs = keras.Input((4,))
        model = keras.Model(inputs, inner(inputs))
        model.compile("sgd", "mse")
        model.fit(self.x, self.y, verbose=0)
        assert_same_weights(model.get_weights(), inner.get_weights())

    def test_data_that_its_call_refuses_leave_it_unbuilt(self) -> None:
        model = Dropped()
        model.compile("sgd", "mse")
        with pytest.raises((ValueError, TypeError, AttributeError)):
            model.fit([self.x, self.x], self.y, verbose=0)
        model.fit(self.x, self.y, verbose=0)

    def test_inputs_may_be_a_list(self) -> None:
        class Sum(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.parts = [layers.Dense(2), layers.Dense(2)]

            def call(self, inputs: Any) -> Any:
                a, b = inputs
                return self.parts[0](a) + self.parts[1](b)

        model = Sum()
        model.compile("sgd", "mse")
        data = [self.x, self.x[:, :2]]
        model.fit(data, np.zeros((10, 2)), verbose=0)
        np.testing.assert_allclose(model.predict(data, verbose=0), model(data), rtol=1e-5)
        assert len(model.weights) == 4

    def test_inputs_and_outputs_may_be_dicts(self) -> None:
        class Pair(keras.Model):
            def __init__(self) -> None:
                super().__init__()
                self.parts = {"a": layers.Dense(2), "b": layers.Dense(1)}

            def call(self, inputs: Any, training: bool = False) -> Any:
                return {"u": self.parts["a"](inputs["a"]), "v": self.parts["b"](inputs["b"])}

        model = Pair()
        model.compile("sgd", {"u": "mse", "v": "mae"})
        data = {"a": self.x, "b": self.x[:, :2]}
        model.fit(data, {"u": self.x[:, :2], "v": self.y}, verbose=0)
        assert model.metrics_names == ["loss", "u_loss", "v_loss"]
        predicted = model.predict({"b": self.x[:, :2], "a": self.x}, verbose=0)
        assert {name: array.shape for name, array in predicted.items()} == {"u": (10, 2), "v": (10, 1)}

    def test_a_subclass_may_be_made_of_inputs_and_outputs(self) -> None:
        class Made(keras.Model):
            def __init__(self) -> None:
                inputs = keras.Input((4,))
                super().__init__(inputs=inputs, outputs=layers.Dense(1)(inputs))
                self.extra = 3

        model = Made()
        model.compile("sgd", "mse")
        model.fit(self.x, self.y, verbose=0)
        assert model.name.startswith("made") and len(model.layers) == 2

    def test_a_call_around_inputs_and_outputs_is_what_runs_everywhere(self) -> None:
        class Doubled(keras.Model):
            def call(self, x: Any, training: bool | None = None) -> Any:
                return 2.0 * super().call(x, training=training)

        inputs = keras.Input((4,))
        dense = layers.Dense(1)
        model = Doubled(inputs, dense(inputs))
        expected = 2 * (self.x @ dense.kernel.numpy())
        np.testing.assert_allclose(model.predict(self.x, verbose=0), expected, rtol=1e-5)
        np.testing.assert_allclose(model(self.x), expected, rtol=1e-5)
        model.compile("sgd", "mse")
        assert model.evaluate(self.x, expected, verbose=0) == pytest.approx(0.0, abs=1e-10)

    def test_a_model_with_neither_says_what_is_missing(self) -> None:
        class Nothing(keras.Model):
            pass

        with pytest.raises(NotImplementedError, match="Nothing has neither inputs and outputs nor a `call`"):
            Nothing()(self.x)
        with pytest.raises(TypeError, match="takes both inputs and outputs"):
            keras.Model(keras.Input((4,)))

    def test_summary_lists_the_layers(self) -> None:
        model = Dropped(name="shown")
        model(self.x)
        lines: list[str] = []
        model.summary(print_fn=lines.append)
        assert "Parameters: 25 (100 B)" in lines[0] and "dropout" in lines[0]
