"""Compile, section 4: the total loss."""

from __future__ import annotations

import formulas
import numpy as np
import pytest
from small_models import kernel, linear, numbers, twin

import kgraph as keras
from kgraph import layers, ops


class Activity(keras.Layer):
    """Gives its input back, and adds ``scale * mean(x²)`` to the loss; twice as much in training."""

    def __init__(self, scale: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs, training=None):
        self.add_loss((2.0 if training else 1.0) * self.scale * ops.mean(ops.square(inputs)))
        return inputs


def parts_of(model: keras.Model, x: np.ndarray, y: list[np.ndarray]) -> list[float]:
    return [formulas.mse(target, x @ kernel(model, name)).mean() for target, name in zip(y, "ab", strict=True)]


@pytest.mark.parametrize(
    ("loss_weights", "a", "b"),
    [
        (None, 1.0, 1.0),
        ([0.5, 2], 0.5, 2.0),
        ((3.0, 0.0), 3.0, 0.0),
        ({"b": 0.25}, 1.0, 0.25),
        ({"b": np.float32(0.25), "a": np.int64(3)}, 3.0, 0.25),
    ],
)
def test_row_4_1_outputs_enter_by_their_weights(loss_weights, a, b, rng):
    model = twin()
    model.compile("sgd", "mse", loss_weights=loss_weights)
    x, y = numbers(rng, 6, 3), [numbers(rng, 6, 1), numbers(rng, 6, 2)]
    parts = parts_of(model, x, y)
    np.testing.assert_allclose(model.test_on_batch(x, y), [a * parts[0] + b * parts[1], *parts], rtol=1e-5)


@pytest.mark.parametrize("loss_weights", [0.5, np.float32(0.5), [0.5], {"out": 0.5}])
def test_row_4_1_a_single_output_takes_one_number_too(loss_weights, rng):
    model = linear(2)
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 2)
    model.compile("sgd", "mse", loss_weights=loss_weights)
    assert model.test_on_batch(x, y) == pytest.approx(0.5 * formulas.mse(y, x @ kernel(model)).mean(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss_weights", "error", "message"),
    [
        (0.5, TypeError, "loss_weights"),
        ("0.5", TypeError, "loss_weights"),
        (["1", 2.0], TypeError, "output a .*'1'"),
        ({"a": "x"}, TypeError, "output a .*'x'"),
        ([True, 1.0], TypeError, "output a .*True"),
        ([1.0], ValueError, "2 outputs"),
        ([1.0, 1.0, 1.0], ValueError, "2 outputs"),
        ({"a": 1.0, "c": 2.0}, ValueError, "'c'.*a, b"),
    ],
)
def test_row_4_1_weights_that_do_not_fit_are_refused(loss_weights, error, message):
    with pytest.raises(error, match=message):
        twin().compile("sgd", "mse", loss_weights=loss_weights)


def regularized() -> keras.Model:
    inputs = keras.Input((3,), name="x")
    hidden = layers.Dense(
        4,
        activation="tanh",
        name="hidden",
        kernel_regularizer=keras.regularizers.L1(0.01),
        bias_regularizer=keras.regularizers.L2(0.1),
    )
    out = layers.Dense(2, name="out", kernel_regularizer=keras.regularizers.L1L2(0.02, 0.03))
    return keras.Model(inputs, out(Activity(0.5, name="activity")(hidden(inputs))))


def penalties(model: keras.Model) -> float:
    (k, b), (k2, _) = model.get_layer("hidden").get_weights(), model.get_layer("out").get_weights()
    return 0.01 * np.abs(k).sum() + 0.1 * np.sum(b**2) + 0.02 * np.abs(k2).sum() + 0.03 * np.sum(k2**2)


def test_row_4_1_layer_losses_and_penalties_are_added(rng):
    model = regularized()
    model.compile(keras.optimizers.SGD(0.0), "mse", loss_weights=2.0)
    model.get_layer("hidden").set_weights([numbers(rng, 3, 4), numbers(rng, 4)])
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 2)
    k, b = model.get_layer("hidden").get_weights()
    activity = 0.5 * np.mean(np.tanh(x @ k + b) ** 2)
    rest = 2 * formulas.mse(y, model.predict(x, verbose=0)).mean() + penalties(model)
    assert model.test_on_batch(x, y) == pytest.approx(rest + activity, rel=1e-5)
    assert model.train_on_batch(x, y) == pytest.approx(rest + 2 * activity, rel=1e-5)


def test_row_4_1_penalties_enter_the_gradients(double, rng):
    inputs = keras.Input((3,), name="x")
    out = layers.Dense(2, use_bias=False, name="out", kernel_regularizer=keras.regularizers.L1L2(0.2, 0.3))
    model = keras.Model(inputs, out(inputs))
    model.compile(keras.optimizers.SGD(1.0), "mse")
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    before = kernel(model)

    def formula(k):
        return formulas.mse(y, x @ k).mean() + 0.2 * np.abs(k).sum() + 0.3 * np.sum(k**2)

    assert model.train_on_batch(x, y) == pytest.approx(formula(before), rel=1e-9)
    np.testing.assert_allclose(before - kernel(model), formulas.slope(formula, before), rtol=1e-6, atol=1e-8)


def test_row_4_1_a_shared_layer_is_penalised_once_and_sample_weights_do_not_touch_penalties(rng):
    inputs = keras.Input((3,), name="x")
    shared = layers.Dense(3, use_bias=False, name="shared", kernel_regularizer=keras.regularizers.L2(0.5))
    model = keras.Model(inputs, shared(shared(inputs)))
    model.compile("sgd", "mse")
    penalty = 0.5 * np.sum(kernel(model, "shared") ** 2)
    x, y = numbers(rng, 4, 3), numbers(rng, 4, 3)
    assert model.test_on_batch(x, y, sample_weight=np.zeros(4)) == pytest.approx(penalty, rel=1e-5)


def test_row_4_1_frozen_weights_keep_their_penalties(rng):
    """The row says every penalty: a total means the same before and after layers are frozen, as in Keras 2."""
    model = regularized()
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 2)
    model.compile("sgd", "mse")
    before = model.test_on_batch(x, y)
    model.get_layer("hidden").trainable = False
    model.compile("sgd", "mse")
    assert model.test_on_batch(x, y) == pytest.approx(before, rel=1e-6)


def test_row_4_1_total_loss_is_one_node_and_is_what_is_reported_as_loss():
    model = regularized()
    model.compile("sgd", "mse")
    assert model.total_loss.name == "loss/total/value"
    assert model.graph.outputs["loss"] == model.total_loss.name
    assert model.graph[model.total_loss.name].type.shape == ()
    simple = linear()
    simple.compile("sgd", "mse")
    assert simple.total_loss.name == "loss/out/value"


def test_row_4_1_a_dense_activity_regularizer_is_a_layer_loss(rng):
    inputs = keras.Input((3,), name="x")
    out = layers.Dense(2, use_bias=False, name="out", activity_regularizer=keras.regularizers.L2(0.5))
    model = keras.Model(inputs, out(inputs))
    model.compile("sgd", "mse")
    x, y = numbers(rng, 4, 3), numbers(rng, 4, 2)
    p = x @ kernel(model)
    expected = formulas.mse(y, p).mean() + 0.5 * np.sum(p**2) / 4
    assert model.test_on_batch(x, y) == pytest.approx(expected, rel=1e-5)


def test_row_4_2_several_outputs_report_their_losses_before_the_metrics(rng):
    model = twin()
    model.compile("sgd", "mse", loss_weights=[2.0, 3.0], metrics=["mae"])
    assert model.metrics_names == ["loss", "a_loss", "b_loss", "a_mae", "b_mae"]
    x, y = numbers(rng, 6, 3), [numbers(rng, 6, 1), numbers(rng, 6, 2)]
    a, b = parts_of(model, x, y)
    np.testing.assert_allclose(model.test_on_batch(x, y)[:3], [2 * a + 3 * b, a, b], rtol=1e-5)
    assert list(model.fit(x, y, verbose=0).history) == model.metrics_names


def test_row_4_2_a_single_output_reports_its_loss_as_the_loss_alone():
    model = linear()
    model.compile("sgd", "mse", loss_weights=0.5)
    assert model.metrics_names == ["loss"]
