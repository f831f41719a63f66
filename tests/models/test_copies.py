"""Pickle, `copy.deepcopy` and `copy.copy` of models and of what they are made of."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_cases import FEATURES, classifier, features, labels, regression, values

import kgraph as keras
from kgraph import constraints, initializers, layers, losses, metrics, ops, optimizers, regularizers
from kgraph.runtime.function import Function

SCALE = 1.5


def pickled(given: Any) -> Any:
    return pickle.loads(pickle.dumps(given))


COPIES: dict[str, Callable[[Any], Any]] = {"pickle": pickled, "deepcopy": copy.deepcopy}
both_ways = pytest.mark.parametrize("way", COPIES)


class Branches(keras.Model):
    """A `call` of its own, a seed, a variable and a function."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.stack = [layers.Dense(units, activation=lambda x: ops.tanh(x) * SCALE), layers.Dropout(0.3)]
        self.last = layers.Dense(1)
        self.scale = keras.Variable(2.0, name="scale")

    def call(self, inputs: Any, training: Any = None) -> Any:
        for layer in self.stack:
            inputs = layer(inputs, training=training) if isinstance(layer, layers.Dropout) else layer(inputs)
        return self.last(inputs) * self.scale


def two_inputs() -> keras.Model:
    """Functional, with a lambda, a model inside, a layer called twice, and a loss that closes over a number."""
    a, b = keras.Input((FEATURES,), name="a"), keras.Input((FEATURES,), name="b")
    inside = keras.Sequential([keras.Input((FEATURES,)), layers.Dense(3), layers.BatchNormalization()])
    x = layers.Lambda(lambda pair: ops.abs(pair[0] - pair[1]) * SCALE)([inside(a), inside(b)])
    model = keras.Model([a, b], layers.Dense(1)(layers.Dropout(0.2)(x) * 2.0))
    power = 2
    model.compile("rmsprop", lambda y, p: ops.mean((y - p) ** power, axis=-1), metrics=["mae"])
    return model


def subclassed() -> keras.Model:
    model = Branches(5)
    model.compile(optimizers.Adam(0.01), "mse", metrics=[metrics.MeanSquaredError()])
    return model


MODELS: dict[str, tuple[Callable[[], keras.Model], Any, Any]] = {
    "functional": (lambda: regression(["mae"], dropout=0.3), features(64), values(64)),
    "stack": (classifier, features(64), labels(64)),
    "two inputs": (two_inputs, [features(64), features(64, seed=5)], values(64)),
    "subclassed": (subclassed, features(64), values(64)),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@both_ways
@pytest.mark.parametrize("case", MODELS)
def test_a_copy_predicts_and_trains_on_bit_for_bit(case: str, way: str) -> None:
    make, x, y = MODELS[case]
    keras.utils.set_random_seed(5)
    model = make()
    model.fit(x, y, epochs=2, batch_size=16, verbose=0)
    again = COPIES[way](model)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert again.metrics_names == model.metrics_names
    histories = []
    for one in (model, again):
        keras.utils.set_random_seed(9)
        histories.append(one.fit(x, y, epochs=3, batch_size=16, validation_split=0.25, verbose=0).history)
    assert histories[0] == histories[1]
    for mine, theirs in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    for mine, theirs in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    **{
        name: getattr(optimizers, name)
        for name in optimizers.__all__
        if isinstance(getattr(optimizers, name), type) and name not in ("Optimizer", "LossScaleOptimizer")
    },
    "LossScaleOptimizer": lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1), initial_scale=4.0),
    "averages": lambda: optimizers.SGD(0.1, momentum=0.5, use_ema=True, ema_overwrite_frequency=3),
    "accumulation": lambda: optimizers.Adam(0.1, gradient_accumulation_steps=4),
    "schedule": lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)),
    "a function as schedule": lambda: optimizers.SGD(lambda: 0.1),
}


@both_ways
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_goes_on_where_it_was(name: str, way: str) -> None:
    model = regression(optimizer=OPTIMIZERS[name]())
    model.fit(features(64), values(64), batch_size=11, verbose=0, shuffle=False)
    again = COPIES[way](model)
    for one in (model, again):
        one.fit(features(64), values(64), batch_size=11, verbose=0, shuffle=False)
    for mine, theirs in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())
    np.testing.assert_array_equal(model.get_weights()[0], again.get_weights()[0])


@both_ways
@pytest.mark.parametrize("case", MODELS)
def test_a_copy_shares_nothing_with_the_model(case: str, way: str) -> None:
    make, x, y = MODELS[case]
    model = make()
    model.train_on_batch(x, y)
    again = COPIES[way](model)
    before = model.get_weights()
    again.train_on_batch(x, y)
    for mine, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, then)
    assert not set(model.variables + model.optimizer.variables) & set(again.variables + again.optimizer.variables)


@both_ways
def test_a_copy_of_a_model_that_was_not_compiled_or_not_built(way: str) -> None:
    stack = keras.Sequential([layers.Dense(2, activation="relu")])
    stack.compile("sgd", "mse")
    copied = COPIES[way](stack)
    assert not copied.built
    assert np.isfinite(copied.train_on_batch(features(), np.zeros((10, 2))))
    inputs = keras.Input((FEATURES,))
    model = keras.Model(inputs, layers.Dense(2)(inputs))
    again = COPIES[way](model)
    np.testing.assert_array_equal(again.predict(features(), verbose=0), model.predict(features(), verbose=0))
    with pytest.raises(RuntimeError, match="must be compiled before it is trained"):
        again.fit(features(), values())


@both_ways
def test_a_copy_trains_what_was_trainable_at_compile(way: str) -> None:
    model = regression()
    model.get_layer("hidden").trainable = False
    again = COPIES[way](model)
    before = again.get_layer("hidden").get_weights()[0]
    with pytest.warns(UserWarning, match="`trainable` of hidden has changed"):
        again.train_on_batch(features(), values())
    assert (again.get_layer("hidden").get_weights()[0] != before).any()


@both_ways
def test_parts_of_a_copied_model_are_those_of_the_copy(way: str) -> None:
    again = COPIES[way](regression())
    part = keras.Model(again.input, again.get_layer("hidden").output)
    assert part.weights == again.get_layer("hidden").weights
    assert part.predict(features(), verbose=0).shape == (10, 8)


@both_ways
def test_deep_models_can_be_copied(way: str) -> None:
    inputs = x = keras.Input((2,))
    for _ in range(400):
        x = layers.Activation("relu")(x)
    assert len(COPIES[way](keras.Model(inputs, x)).layers) == 401


@both_ways
def test_objects_that_hold_a_model_and_its_parts_keep_them_together(way: str) -> None:
    model = regression()
    history = model.fit(features(), values(), verbose=0)
    copied = COPIES[way]({"history": history, "model": model, "optimizer": model.optimizer, "last": model.layers[-1]})
    assert copied["history"].model is copied["model"]
    assert copied["model"].optimizer is copied["optimizer"]
    assert copied["model"].layers[-1] is copied["last"]
    assert copied["history"].history == history.history


@both_ways
def test_a_layer_is_copied_without_the_model_that_it_is_part_of(way: str) -> None:
    layer = regression().get_layer("value")
    again = COPIES[way](layer)
    np.testing.assert_array_equal(again.get_weights()[0], layer.get_weights()[0])
    assert len(pickle.dumps(layer)) < 3000
    with pytest.raises(AttributeError, match="it was not called on a symbolic tensor yet"):
        _ = again.output


def test_a_shallow_copy_shares_the_weights_and_tracks_for_itself() -> None:
    layer = layers.Dense(2)
    layer.build((None, 3))
    again = copy.copy(layer)
    assert again.weights == layer.weights
    again.more = keras.Variable(np.zeros(2))
    assert (len(again.weights), len(layer.weights)) == (3, 2)
    model = regression()
    twin = copy.copy(model)
    twin.train_on_batch(features(), values())
    assert twin.weights == model.weights
    np.testing.assert_array_equal(twin.predict(features(), verbose=0), model.predict(features(), verbose=0))


def cubes(y_true: Any, y_pred: Any) -> Any:
    return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)


OBJECTS = [
    losses.MeanSquaredError(reduction="sum"),
    losses.LossFunctionWrapper(cubes),
    metrics.AUC(num_thresholds=5),
    metrics.MeanMetricWrapper(cubes, name="cubes"),
    optimizers.Adam(0.1, clipnorm=1.0),
    initializers.HeNormal(seed=3),
    regularizers.L1L2(0.1, 0.2),
    constraints.MaxNorm(1.0),
    keras.random.SeedGenerator(7),
    keras.dtype_policies.DTypePolicy("float64"),
]


@both_ways
@pytest.mark.parametrize("given", OBJECTS, ids=[type(one).__name__ for one in OBJECTS])
def test_an_object_is_copied(given: Any, way: str) -> None:
    assert COPIES[way](given).get_config() == given.get_config()


@both_ways
def test_state_goes_along(way: str) -> None:
    metric = metrics.Mean()
    metric.update_state([1.0, 2.0, 6.0])
    again = COPIES[way](metric)
    again.update_state([7.0])
    assert (float(metric.result()), float(again.result())) == (3.0, 4.0)
    again.reset_state()
    assert float(again.result()) == 0.0
    variable = keras.Variable(np.arange(3.0), trainable=False, name="state")
    other = COPIES[way](variable)
    other.assign_add(1.0)
    assert (other.path, other.dtype, other.trainable) == (variable.path, variable.dtype, False)
    np.testing.assert_array_equal(variable.numpy(), [0, 1, 2])
    np.testing.assert_array_equal(other.numpy(), [1, 2, 3])
    generator = keras.random.SeedGenerator(3)
    generator.next()
    np.testing.assert_array_equal(COPIES[way](generator).next(), generator.next())


@both_ways
def test_functions_without_a_name_go_along_with_what_they_close_over(way: str) -> None:
    offset = np.float32([1, 2, 3, 4])

    def shifted(x: Any, by: float = 2.0, *, factor: float = 3.0) -> Any:
        return (x + offset) * factor * SCALE - by

    layer = layers.Lambda(shifted)
    np.testing.assert_array_equal(COPIES[way](layer)(features()), layer(features()))
    nested = layers.Lambda(lambda x: shifted(x) + 1)
    np.testing.assert_array_equal(COPIES[way](nested)(features()), nested(features()))


@both_ways
def test_a_function_is_copied_with_its_variables(way: str) -> None:
    model = regression()
    function = model.make_predict_function()
    again = COPIES[way](function)
    assert isinstance(again, Function)
    assert str(again.graph) == str(function.graph)
    feeds = {"features": features()}
    expected = function(feeds)
    model.set_weights([weight * 0 for weight in model.get_weights()])
    for name, value in again(feeds).items():
        np.testing.assert_array_equal(value, expected[name])


def test_a_pickle_is_read_in_a_process_that_never_saw_the_model(tmp_path: Path) -> None:
    model = regression(["mae"])
    model.fit(features(), values(), verbose=0)
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "x.npy", features())
    program = (
        "import pickle, numpy\n"
        "model = pickle.load(open('model.pickle', 'rb'))\n"
        "numpy.save('y.npy', model.predict(numpy.load('x.npy'), verbose=0))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(keras.__path__[0]).parent)}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), model.predict(features(), verbose=0))
