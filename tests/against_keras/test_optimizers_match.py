"""Optimizers: the same gradients for several steps move the same variables, and slots, as in Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models, keras, keras_array, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(19)
VALUES = [RNG.normal(size=shape).astype("float32") for shape in ((3, 4), (4,), ())]
STEPS = [[RNG.normal(0, 2, value.shape).astype("float32") for value in VALUES] for _ in range(6)]

ADAM, RMSPROP, SGD = "Adam", "RMSprop", "SGD"
CASES = [
    (SGD, {}),
    (SGD, {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "nesterov": True}),
    (SGD, {"momentum": 0.5, "learning_rate": 0.3, "weight_decay": 0.1}),
    (RMSPROP, {}),
    (RMSPROP, {"rho": 0.5, "learning_rate": 0.01}),
    (RMSPROP, {"momentum": 0.9}),
    (RMSPROP, {"centered": True}),
    (RMSPROP, {"centered": True, "momentum": 0.7, "epsilon": 1e-3}),
    (ADAM, {}),
    (ADAM, {"amsgrad": True}),
    (ADAM, {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2, "learning_rate": 0.05}),
    *[
        (name, {**extra, "learning_rate": 0.05})
        for name in (SGD, RMSPROP, ADAM)
        for extra in ({"clipnorm": 1.0}, {"clipvalue": 0.5}, {"global_clipnorm": 1.0}, {"weight_decay": 0.02})
    ],
    (ADAM, {"clipnorm": 100.0}),
    (ADAM, {"global_clipnorm": 1.5, "weight_decay": 0.01, "amsgrad": True}),
]


def optimizers(name, options):
    return getattr(kgraph.optimizers, name)(**options), getattr(keras.optimizers, name)(**options)


def variables():
    return [kgraph.Variable(value, name="v") for value in VALUES], [keras.Variable(value, name="v") for value in VALUES]


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_variables_and_slots_follow_those_of_keras(name, options):
    ours, theirs = optimizers(name, options)
    mine, other = variables()
    for gradients in STEPS:
        ours.apply(gradients, mine)
        theirs.apply([keras.ops.array(gradient) for gradient in gradients], other)
        assert_same([v.numpy() for v in mine], [keras_array(v) for v in other], rtol=5e-5, atol=5e-6)
    slots = [keras_array(v) for v in theirs.variables]
    assert int(ours.iterations.numpy()) == int(slots[0]) == len(STEPS)
    assert_same([v.numpy() for v in ours.variables[1:]], slots[1:], rtol=5e-5, atol=5e-6)


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_a_compiled_step_is_the_step_of_keras(name, options):
    x = RNG.normal(size=(8, 5)).astype("float32")
    y = RNG.normal(size=(8, 2)).astype("float32")

    def make(side):
        model = side.Sequential([side.Input((5,)), side.layers.Dense(4, activation="tanh"), side.layers.Dense(2)])
        model.compile(getattr(side.optimizers, name)(**options), loss="mse")
        return model

    ours, theirs = both_models(make)
    for _ in range(4):
        assert_same(ours.train_on_batch(x, y), float(theirs.train_on_batch(x, y)), rtol=1e-4)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", [SGD, RMSPROP, ADAM])
def test_variables_kept_from_decay_are_those_of_keras(name):
    ours, theirs = optimizers(name, {"weight_decay": 0.1, "learning_rate": 0.1})
    mine = [kgraph.Variable(VALUES[0], name="kernel"), kgraph.Variable(VALUES[1], name="bias")]
    other = [keras.Variable(VALUES[0], name="kernel"), keras.Variable(VALUES[1], name="bias")]
    for optimizer in (ours, theirs):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    ours.apply(STEPS[0][:2], mine)
    theirs.apply([keras.ops.array(gradient) for gradient in STEPS[0][:2]], other)
    assert_same([v.numpy() for v in mine], [keras_array(v) for v in other])


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_an_optimizer_written_as_config_by_one_side_is_read_by_the_other(name, options):
    ours, theirs = optimizers(name, options)
    read_here = kgraph.optimizers.deserialize(keras.optimizers.serialize(theirs))
    read_there = keras.optimizers.deserialize(kgraph.optimizers.serialize(ours))
    here, there = read_here.get_config(), read_there.get_config()
    assert type(read_here).__name__ == type(read_there).__name__ == name
    for key in here.keys() & there.keys() - {"name"}:
        assert here[key] == pytest.approx(there[key]), key


@pytest.mark.parametrize("identifier", ["sgd", "SGD", "rmsprop", "RMSprop", "adam", "Adam"])
def test_an_optimizer_by_name_has_the_defaults_of_keras(identifier):
    ours, theirs = kgraph.optimizers.get(identifier).get_config(), keras.optimizers.get(identifier).get_config()
    for key in ours.keys() - {"name"}:
        assert ours[key] == pytest.approx(theirs[key]), key


def test_the_learning_rate_can_be_set_between_steps():
    ours, theirs = optimizers(SGD, {"learning_rate": 0.5})
    mine, other = variables()
    for rate, gradients in zip((0.5, 0.1), STEPS, strict=False):
        ours.learning_rate = theirs.learning_rate = rate
        ours.apply(gradients, mine)
        theirs.apply([keras.ops.array(gradient) for gradient in gradients], other)
    assert_same([v.numpy() for v in mine], [keras_array(v) for v in other])
