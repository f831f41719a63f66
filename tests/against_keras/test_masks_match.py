"""Masks travel through layers, and reach outputs, losses and metrics, as in Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(17)
TOKENS = np.array([[3, 1, 0, 0], [2, 2, 5, 0], [4, 0, 1, 1], [1, 2, 3, 4]], "int32")
OTHER = np.array([[1, 0, 2, 0], [0, 2, 5, 1], [4, 4, 1, 0], [1, 2, 0, 4]], "int32")


def embedded(side, inputs, name):
    return side.layers.Embedding(6, 3, mask_zero=True, name=name)(inputs)


def merged(layer, **options):
    def make(side, a, b):
        return getattr(side.layers, layer)(**options)([embedded(side, a, "first"), embedded(side, b, "second")])

    return make


def half_masked(layer, **options):
    def make(side, a, b):
        plain = side.layers.Embedding(6, 3, name="second")(b)
        return getattr(side.layers, layer)(**options)([embedded(side, a, "first"), plain])

    return make


PATHS = {
    "embedding": lambda side, a, b: embedded(side, a, "first"),
    "dense after it": lambda side, a, b: side.layers.Dense(2)(embedded(side, a, "first")),
    "activation and dropout": lambda side, a, b: side.layers.Dropout(0.0)(
        side.layers.Activation("tanh")(embedded(side, a, "first"))
    ),
    "batch normalization": lambda side, a, b: side.layers.BatchNormalization()(embedded(side, a, "first")),
    "masking": lambda side, a, b: side.layers.Masking()(side.layers.Embedding(6, 3)(a)),
    "add": merged("Add"),
    "multiply": merged("Multiply"),
    "concatenate": merged("Concatenate"),
    "concatenate of steps": merged("Concatenate", axis=1),
    "add of one masked": half_masked("Add"),
    "multiply of one masked": half_masked("Multiply"),
    "concatenate of one masked": half_masked("Concatenate"),
    "concatenate of steps of one masked": half_masked("Concatenate", axis=1),
}


#: A weighted metric says that it is one (Keras 2's name for it).
OURS = {"mse": "weighted_mse"}


def network(side, path, mode):
    a, b = side.Input((4,), dtype="int32", name="a"), side.Input((4,), dtype="int32", name="b")
    outputs = side.layers.Dense(1, name="out")(PATHS[path](side, a, b))
    model = side.Model([a, b], outputs)
    temporal = "temporal" if mode == "temporal" else None
    extra = {"weighting": "keras3", "sample_weight_mode": temporal} if side is kgraph else {}
    model.compile(
        side.optimizers.SGD(0.1),
        loss="mse",
        metrics=[side.metrics.MeanAbsoluteError(name="mae")],
        weighted_metrics=[side.metrics.MeanSquaredError(name="mse")],
        **extra,
    )
    return model


@pytest.mark.parametrize("mode", [None, "sample", "temporal"])
@pytest.mark.parametrize("path", PATHS)
def test_a_masked_model_trains_and_reports_as_keras_does(path, mode):
    ours, theirs = both_models(lambda side: network(side, path, mode))
    steps = theirs.output_shape[1]
    target = RNG.normal(size=(4, steps, 1)).astype("float32")
    weights = None if mode is None else RNG.uniform(0.1, 2, (4, steps if mode == "temporal" else 1)).astype("float32")
    our_weights = weights[:, 0] if mode == "sample" else weights
    for _ in range(3):
        # While training, Keras on JAX loses the mask before it reaches the metrics: those are compared in a test step.
        ours.train_on_batch([TOKENS, OTHER], target, our_weights)
        theirs.train_on_batch([TOKENS, OTHER], target, weights)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)
    mine = ours.test_on_batch([TOKENS, OTHER], target, our_weights, return_dict=True)
    other = theirs.test_on_batch([TOKENS, OTHER], target, weights, return_dict=True)
    for name, value in other.items():
        assert_same(mine[OURS.get(name, name)], float(value), rtol=1e-4)


@pytest.mark.parametrize("layer", ["Flatten", "Reshape"])
def test_layers_that_take_a_mask_away_do_so_in_both(layer):
    for side in (kgraph, keras):
        inputs = side.Input((4,), dtype="int32")
        options = {"target_shape": (12,)} if layer == "Reshape" else {}
        outputs = getattr(side.layers, layer)(**options)(embedded(side, inputs, None))
        mask = outputs._keras_mask if side is kgraph else getattr(outputs, "_keras_mask", None)
        assert mask is None


def test_compute_mask_of_the_masking_layers_is_that_of_keras():
    for name, options, data in (
        ("Embedding", {"input_dim": 6, "output_dim": 3, "mask_zero": True}, TOKENS),
        ("Embedding", {"input_dim": 6, "output_dim": 3}, TOKENS),
        ("Masking", {"mask_value": 1.0}, np.stack([TOKENS, np.ones_like(TOKENS)], -1).astype("float32")),
    ):
        ours, theirs = (getattr(side.layers, name)(**options).compute_mask(data) for side in (kgraph, keras))
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            np.testing.assert_array_equal(ours, np.asarray(theirs))
