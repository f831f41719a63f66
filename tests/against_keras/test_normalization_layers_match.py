"""The layers that normalise do what they do in Keras: outputs, weights, configs and training."""

from __future__ import annotations

import numpy as np
import pytest
from layer_sides import (
    Case,
    check_configs_of_the_other_side,
    check_description,
    check_outputs,
    check_training,
    normal,
)
from sides import assert_same, both, keras, kgraph

pytestmark = pytest.mark.keras

FLAT, STEPS, IMAGES = normal(6, 4), normal(4, 5, 6), normal(3, 4, 5, 8)

CASES = {
    "layer": Case("LayerNormalization", {}, STEPS),
    "layer of axes": Case("LayerNormalization", {"axis": [1, 2], "epsilon": 1e-2}, STEPS),
    "layer of an inner axis": Case("LayerNormalization", {"axis": 1, "center": False}, STEPS),
    "layer without gamma": Case("LayerNormalization", {"scale": False, "beta_initializer": "ones"}, FLAT),
    "layer with rms_scaling": Case("LayerNormalization", {"rms_scaling": True}, FLAT),
    "group": Case("GroupNormalization", {"groups": 2}, IMAGES),
    "group of flat": Case("GroupNormalization", {"groups": 2, "epsilon": 0.1}, FLAT),
    "group of one channel": Case("GroupNormalization", {"groups": -1, "scale": False}, IMAGES),
    "group of another axis": Case("GroupNormalization", {"groups": 2, "axis": 1, "center": False}, IMAGES),
    "rms": Case("RMSNormalization", {}, STEPS),
    "rms of axes": Case("RMSNormalization", {"axis": [1, 2], "epsilon": 1e-2}, STEPS),
    "unit": Case("UnitNormalization", {}, STEPS),
    "unit of axes": Case("UnitNormalization", {"axis": [1, 2]}, STEPS),
    "normalization of given moments": Case("Normalization", {"mean": [1.0] * 6, "variance": [4.0] * 6}, STEPS),
    "normalization turned around": Case("Normalization", {"mean": 1.0, "variance": 4.0, "invert": True}, STEPS),
}
#: Keras does not notice when weights of these are set: ``adapt`` is compared below.
ADAPTED = {
    "normalization": Case("Normalization", {}, STEPS),
    "normalization without axes": Case("Normalization", {"axis": None}, STEPS),
}
TRAINED = ("layer", "layer of an inner axis", "group", "group of another axis", "rms of axes", "unit")


@pytest.mark.parametrize("case", CASES)
def test_the_outputs_are_those_of_keras(case):
    check_outputs(CASES[case])


@pytest.mark.parametrize("case", CASES | ADAPTED)
def test_shapes_weights_and_configs_are_those_of_keras(case):
    check_description((CASES | ADAPTED)[case])


@pytest.mark.parametrize("case", CASES)
def test_each_side_reads_the_configs_of_the_other(case):
    check_configs_of_the_other_side(CASES[case])


@pytest.mark.parametrize("case", TRAINED)
def test_training_moves_the_weights_as_in_keras(case):
    check_training(CASES[case])


# --- adapt -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, None, (1, 2)], ids=str)
def test_adapt_finds_what_keras_finds(axis):
    data = 3 * STEPS + 2
    ours, theirs = both(lambda side: side.layers.Normalization(axis))
    for layer in (ours, theirs):
        layer.adapt(data)
    assert_same(ours.get_weights(), theirs.get_weights())
    assert_same(ours(data), theirs(data), rtol=1e-4, atol=1e-5)


def test_adapt_finds_in_batches_what_keras_finds_in_the_whole():
    ours, theirs = both(lambda side: side.layers.Normalization())
    ours.adapt([STEPS[:1], STEPS[1:]])
    theirs.adapt(STEPS)
    assert_same(ours.get_weights(), theirs.get_weights())


# --- spectral normalisation ------------------------------------------------------------------------------------------


def spectral(side):
    inner = side.layers.Dense(3, name="dense")
    return side.layers.SpectralNormalization(inner, power_iterations=2, name="layer")


def with_the_same_weights(ours, theirs):
    for layer in (ours, theirs):
        layer.build(FLAT.shape)
    values = [np.random.default_rng(5).normal(size=w.shape).astype("float32") for w in theirs.weights]
    for layer in (ours, theirs):
        layer.set_weights(values)


def test_spectral_normalization_gives_what_keras_gives_and_keeps_the_same_weights():
    ours, theirs = both(spectral)
    with_the_same_weights(ours, theirs)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    assert [w.name for w in ours.trainable_weights] == [w.name for w in theirs.trainable_weights]
    for training in (True, True, False):
        assert_same(ours(FLAT, training=training), theirs(FLAT, training=training), rtol=1e-4, atol=1e-5)
        assert_same(ours.get_weights(), theirs.get_weights(), rtol=1e-4, atol=1e-5)


def test_a_config_of_spectral_normalization_is_read_by_the_other_side():
    ours, theirs = both(spectral)
    made = kgraph.layers.deserialize(keras.layers.serialize(theirs))
    back = keras.layers.deserialize(kgraph.layers.serialize(ours))
    with_the_same_weights(made, back)
    assert made.power_iterations == back.power_iterations == 2
    assert_same(made(FLAT), back(FLAT))


def test_spectral_normalization_trains_as_in_keras():
    def model(side):
        inputs = side.Input(FLAT.shape[1:])
        made = side.Model(inputs, side.layers.Dense(1, name="after")(spectral(side)(inputs)))
        made.compile(side.optimizers.SGD(0.1), loss="mse")
        return made

    ours, theirs = both(model)
    values = [np.random.default_rng(6).normal(size=w.shape).astype("float32") for w in theirs.weights]
    for made in (ours, theirs):
        made.set_weights(values)
    for _ in range(3):
        losses = [made.train_on_batch(FLAT, FLAT[:, :1]) for made in (ours, theirs)]
        assert_same(*map(float, losses), rtol=1e-4)
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=2e-4, atol=2e-5)


# --- differences -----------------------------------------------------------------------------------------------------


def test_embeddings_under_spectral_normalization_stay_floats():
    """Keras casts the output to the dtype of the inputs, so that embeddings of ints become zeros."""
    index = np.array([[0, 3], [2, 2]], "int32")
    ours, theirs = both(lambda side: side.layers.SpectralNormalization(side.layers.Embedding(5, 3)))
    assert not np.any(keras.ops.convert_to_numpy(theirs(index)))
    assert np.abs(ours(index)).min() > 0
