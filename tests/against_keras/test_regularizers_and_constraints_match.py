"""Regularizers and constraints: values by themselves, and what they do to training, against Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(23)
X = RNG.normal(0, 2, (4, 5)).astype("float32")
DATA, TARGET = RNG.normal(size=(8, 6)).astype("float32"), RNG.normal(size=(8, 3)).astype("float32")
REGULARIZERS = [
    ("L1", {}), ("L1", {"l1": 0.3}), ("L2", {}), ("L2", {"l2": 0.3}), ("L1L2", {}), ("L1L2", {"l1": 0.1, "l2": 0.2}),
    ("OrthogonalRegularizer", {}), ("OrthogonalRegularizer", {"factor": 0.3, "mode": "columns"}),
]  # fmt: skip
CONSTRAINTS = [
    ("MaxNorm", {}), ("MaxNorm", {"max_value": 0.5}), ("MaxNorm", {"max_value": 1, "axis": 1}),
    ("MaxNorm", {"max_value": 1, "axis": [0, 1]}), ("NonNeg", {}), ("UnitNorm", {}), ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {}), ("MinMaxNorm", {"min_value": 1.0, "max_value": 2.0, "rate": 0.4}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options"), REGULARIZERS, ids=str)
def test_a_penalty_is_that_of_keras(name, options):
    x = keras.ops.array(X)  # Of arrays Keras normalizes rows in either mode.
    assert_same(getattr(kgraph.regularizers, name)(**options)(X), getattr(keras.regularizers, name)(**options)(x))


@pytest.mark.parametrize(("name", "options"), CONSTRAINTS, ids=str)
@pytest.mark.parametrize("x", [X, np.zeros_like(X)], ids=["normal", "zeros"])
def test_a_constrained_weight_is_that_of_keras(name, options, x):
    assert_same(*(getattr(side.constraints, name)(**options)(x) for side in (kgraph, keras)))


@pytest.mark.parametrize("identifier", ["l1", "l2", "L1", "L2", "L1L2", "orthogonal_regularizer"])
def test_a_regularizer_by_name_has_the_config_of_keras(identifier):
    ours, theirs = (side.regularizers.get(identifier) for side in (kgraph, keras))
    mine, other = ours.get_config(), theirs.get_config()
    assert mine.pop("mode", None) == other.pop("mode", None)
    assert mine == pytest.approx({key: float(value) for key, value in other.items()})
    assert type(kgraph.regularizers.deserialize(keras.regularizers.serialize(theirs))) is type(ours)
    assert type(keras.regularizers.deserialize(kgraph.regularizers.serialize(ours))) is type(theirs)


@pytest.mark.parametrize("module", ["regularizers", "constraints"])
def test_every_name_of_keras_is_there(module):
    names = {name for name in dir(getattr(keras, module)) if not name.startswith("_")}
    assert {name for name in names if not hasattr(getattr(kgraph, module), name)} == set()


@pytest.mark.parametrize("identifier", ["max_norm", "non_neg", "unit_norm", "min_max_norm", "MaxNorm", "NonNeg"])
def test_a_constraint_by_name_has_the_config_of_keras(identifier):
    ours, theirs = (side.constraints.get(identifier) for side in (kgraph, keras))
    assert ours.get_config() == theirs.get_config()
    assert kgraph.constraints.deserialize(keras.constraints.serialize(theirs)).get_config() == ours.get_config()
    assert keras.constraints.deserialize(kgraph.constraints.serialize(ours)).get_config() == theirs.get_config()


#: what is given to the layers of a network
TRAINED = {
    "kernel regularizers": {"kernel_regularizer": "l2"},
    "regularizers of everything": {"kernel_regularizer": "L1L2", "bias_regularizer": "l1"},
    "an activity regularizer": {"activity_regularizer": "l2"},
    "max norm": {"kernel_constraint": "max_norm"},
    "not negative": {"kernel_constraint": "non_neg", "bias_constraint": "non_neg"},
    "unit norm with a penalty": {"kernel_constraint": "unit_norm", "kernel_regularizer": "l1"},
}


@pytest.mark.parametrize("case", TRAINED)
def test_penalties_and_constraints_act_in_training_as_in_keras(case):
    def make(side):
        model = side.Sequential(
            [
                side.Input((6,)),
                side.layers.Dense(5, activation="tanh", **TRAINED[case]),
                side.layers.Dense(3, **TRAINED[case]),
            ]
        )
        model.compile(side.optimizers.SGD(0.2), loss="mse", metrics=["mae"])
        return model

    ours, theirs = both_models(make)
    for _ in range(4):
        mine, other = (model.train_on_batch(DATA, TARGET) for model in (ours, theirs))
        assert_same(mine, [float(value) for value in other], rtol=1e-4)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)
    mine, other = (model.evaluate(DATA, TARGET, verbose=0) for model in (ours, theirs))
    assert_same(mine, [float(value) for value in other], rtol=1e-4)


@pytest.mark.parametrize("layer", ["Embedding", "BatchNormalization"])
def test_penalties_and_constraints_of_other_layers_act_as_in_keras(layer):
    tokens = RNG.integers(0, 7, (8, 4)).astype("int32")

    def make(side):
        inputs = side.Input((4,), dtype="int32")
        options = {"embeddings_regularizer": "l2", "embeddings_constraint": "max_norm"} if layer == "Embedding" else {}
        x = side.layers.Embedding(7, 3, **options)(inputs)
        if layer == "BatchNormalization":
            x = side.layers.BatchNormalization(gamma_regularizer="l2", beta_constraint="non_neg")(x)
        model = side.Model(inputs, side.layers.Dense(1)(side.layers.Flatten()(x)))
        model.compile(side.optimizers.SGD(0.1), loss="mse")
        return model

    ours, theirs = both_models(make)
    for _ in range(3):
        mine, other = (model.train_on_batch(tokens, TARGET[:, :1]) for model in (ours, theirs))
        assert_same(mine, float(other), rtol=1e-4)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=3e-4, atol=3e-5)
