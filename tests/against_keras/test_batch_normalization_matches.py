"""BatchNormalization in training: outputs, gradients and moving statistics, masks included, against Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(13)
FLAT = RNG.normal(2, 3, (12, 4)).astype("float32")
STEPS = RNG.normal(-1, 2, (6, 5, 4)).astype("float32")
IMAGES = RNG.normal(-1, 2, (4, 3, 5, 2)).astype("float32")
LENGTHS = np.array([5, 2, 4, 3, 1, 5])
PADDED = np.where(np.arange(5)[None, :, None] < LENGTHS[:, None, None], STEPS, 0).astype("float32")

CASES = {
    "flat": ({}, FLAT),
    "fast": ({"momentum": 0.5, "epsilon": 0.1}, FLAT),
    "steps": ({"momentum": 0.9}, STEPS),
    "images": ({"momentum": 0.9}, IMAGES),
    "inner axis": ({"axis": 1, "momentum": 0.9}, IMAGES),
    "without gamma": ({"scale": False}, FLAT),
    "without beta": ({"center": False, "momentum": 0.7}, FLAT),
}


def network(side, options, data, mask=False, trainable=True):
    inputs = side.Input(data.shape[1:])
    x = side.layers.Masking()(inputs) if mask else inputs
    x = side.layers.BatchNormalization(name="norm", trainable=trainable, **options)(x)
    model = side.Model(inputs, side.layers.Dense(1)(x))
    extra = {"weighting": "keras3"} if side.__name__ == "kgraph" else {}
    model.compile(side.optimizers.SGD(0.05), loss="mse", **extra)
    return model


def train_both(make, data, steps=4):
    ours, theirs = both_models(make)
    target = RNG.normal(size=(*data.shape[:-1], 1)).astype("float32")
    for _ in range(steps):
        mine, other = (model.train_on_batch(data, target) for model in (ours, theirs))
        assert_same(mine, float(other), rtol=1e-4)
        # Steps compound: float32 sums taken in another order move weights by this much.
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)
    assert_same(ours.predict(data, verbose=0), theirs.predict(data, verbose=0), rtol=5e-4, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_training_moves_weights_and_statistics_as_keras_does(case):
    options, data = CASES[case]
    train_both(lambda side: network(side, options, data), data)


def test_masked_steps_do_not_count_in_the_statistics():
    train_both(lambda side: network(side, {"momentum": 0.8}, PADDED, mask=True), PADDED)


def test_a_frozen_layer_uses_its_statistics_and_keeps_them():
    def make(side):
        return network(side, {}, FLAT, trainable=False)

    train_both(make, FLAT)
    ours, _ = both_models(make)
    before = ours.get_layer("norm").get_weights()
    ours.train_on_batch(FLAT, FLAT[:, :1])
    assert_same(ours.get_layer("norm").get_weights(), before, rtol=0, atol=0)


@pytest.mark.parametrize("training", [False, True])
def test_a_call_on_arrays_is_that_of_keras(training):
    ours, theirs = both_models(lambda side: network(side, {"momentum": 0.6}, STEPS))
    mine, other = (model.get_layer("norm")(STEPS, training=training) for model in (ours, theirs))
    assert_same(mine, other, rtol=1e-4, atol=1e-5)
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=1e-4, atol=1e-5)
