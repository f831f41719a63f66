"""Activations give Keras's values, by name, as functions and as layers."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

X = np.random.default_rng(1).normal(0, 3, (5, 7)).astype("float32")
EDGES = np.array([[-100, -20, -6, -3, -1, -0.0, 0, 1e-6, 1, 3, 6, 20, 100]], "float32")
NAMES = (
    "linear", "relu", "leaky_relu", "relu6", "softmax", "log_softmax", "elu", "celu", "selu", "softplus", "squareplus",
    "sparse_plus", "softsign", "silu", "swish", "gelu", "tanh", "tanh_shrink", "hard_tanh", "soft_shrink",
    "hard_shrink", "sigmoid", "log_sigmoid", "sparse_sigmoid", "exponential", "hard_sigmoid", "hard_silu", "hard_swish",
    "mish",
)  # fmt: skip
OPTIONS = [
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 2.0}),
    ("relu", {"threshold": 0.5}),
    ("relu", {"negative_slope": 0.3, "max_value": 1.5, "threshold": 0.7}),
    ("relu", {"negative_slope": 0.3, "max_value": 1.5, "threshold": -0.7}),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("elu", {"alpha": 0.3}),
    ("celu", {"alpha": 0.3}),
    ("squareplus", {"b": 1.5}),
    ("soft_shrink", {"threshold": 1.5}),
    ("hard_shrink", {"threshold": 1.5}),
    ("threshold", {"threshold": 0.5, "default_value": -2.0}),
    ("gelu", {"approximate": True}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {"axis": 0}),
]


@pytest.mark.parametrize("x", [X, EDGES], ids=["normal", "edges"])
@pytest.mark.parametrize("name", NAMES)
def test_an_activation_by_name_gives_the_values_of_keras(name, x):
    x = np.minimum(x, 80) if name == "exponential" else x
    assert_same(kgraph.activations.get(name)(x), keras.activations.get(name)(x))
    assert_same(kgraph.layers.Activation(name)(x), keras.layers.Activation(name)(x))


@pytest.mark.parametrize(("name", "options"), OPTIONS)
def test_an_activation_takes_the_options_of_keras(name, options):
    assert_same(getattr(kgraph.activations, name)(X, **options), getattr(keras.activations, name)(X, **options))


@pytest.mark.parametrize(("x", "axis"), [(X[:, :6], -1), (X[:4], 0)])
def test_glu_halves_an_axis_as_in_keras(x, axis):
    assert_same(*(side.activations.glu(x, axis) for side in (kgraph, keras)))
    assert_same(*(side.ops.glu(x, axis) for side in (kgraph, keras)))


def test_every_activation_of_keras_is_there_also_among_the_ops_where_it_has_it():
    names = {name for name in dir(keras.activations) if not name.startswith("_")}
    assert {name for name in names if not hasattr(kgraph.activations, name)} == set()
    assert {name for name in names if hasattr(keras.ops, name) and not hasattr(kgraph.ops, name)} == set()
    assert names - {"get", "serialize", "deserialize", "threshold", "glu", "sparsemax"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_of_an_activation_is_that_of_keras(name):
    jax = pytest.importorskip("jax")
    function = keras.activations.get(name)
    expected = jax.grad(lambda x: (function(x) * X).sum())(X)
    inputs = kgraph.Input((7,))
    layer = kgraph.layers.Embedding(5, 7)
    # The activation of an embedding: its weights, so that one step of size 1 shows the gradient.
    rows = kgraph.Input((), dtype="int32")
    model = kgraph.Model([rows, inputs], kgraph.ops.sum(kgraph.activations.get(name)(layer(rows)) * inputs, -1))
    layer.set_weights([X])
    model.compile(kgraph.optimizers.SGD(1.0), loss=lambda y_true, y_pred: y_pred)
    model.train_on_batch([np.arange(5, dtype="int32"), X], np.zeros(5, "float32"))
    assert_same((X - layer.get_weights()[0]) / 1.0, np.asarray(expected) / 5, atol=2e-5)
