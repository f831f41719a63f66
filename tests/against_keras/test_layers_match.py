"""Layers with the same weights give Keras's outputs and shapes."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both_models, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(11)
FLAT = RNG.normal(size=(4, 6)).astype("float32")
STEPS = RNG.normal(size=(4, 5, 6)).astype("float32")
IMAGES = RNG.normal(size=(3, 4, 5, 2)).astype("float32")
TOKENS = RNG.integers(0, 7, (4, 5)).astype("int32")
PADDED = np.where(np.arange(5)[:, None] < np.array([5, 2, 0, 3])[:, None, None], STEPS, 0).astype("float32")

#: layer, arguments, one input
ONE_INPUT = {
    "dense": ("Dense", {"units": 3}, FLAT),
    "dense with activation": ("Dense", {"units": 3, "activation": "tanh"}, FLAT),
    "dense without bias": ("Dense", {"units": 3, "use_bias": False}, FLAT),
    "dense of steps": ("Dense", {"units": 3, "activation": "softmax"}, STEPS),
    "dense of images": ("Dense", {"units": 3, "activation": "gelu"}, IMAGES),
    "activation": ("Activation", {"activation": "softplus"}, STEPS),
    "dropout": ("Dropout", {"rate": 0.5}, FLAT),
    "dropout of rows": ("Dropout", {"rate": 0.5, "noise_shape": (None, 1, 6), "seed": 3}, STEPS),
    "flatten": ("Flatten", {}, IMAGES),
    "flatten of channels first": ("Flatten", {"data_format": "channels_first"}, IMAGES),
    "flatten of flat": ("Flatten", {}, FLAT),
    "reshape": ("Reshape", {"target_shape": (5, 8)}, IMAGES),
    "reshape with a rest": ("Reshape", {"target_shape": (2, -1, 2)}, IMAGES),
    "embedding": ("Embedding", {"input_dim": 7, "output_dim": 3}, TOKENS),
    "embedding of floats": ("Embedding", {"input_dim": 7, "output_dim": 3}, TOKENS.astype("float32")),
    "masking": ("Masking", {}, PADDED),
    "masking another value": ("Masking", {"mask_value": 2.0}, np.where(PADDED == 0, 2, PADDED).astype("float32")),
    "batch normalization": ("BatchNormalization", {}, FLAT),
    "batch normalization of steps": ("BatchNormalization", {"epsilon": 0.1}, STEPS),
    "batch normalization of an inner axis": ("BatchNormalization", {"axis": 1}, IMAGES),
    "batch normalization of axis -2": ("BatchNormalization", {"axis": -2}, IMAGES),
    "batch normalization without beta": ("BatchNormalization", {"center": False}, FLAT),
    "batch normalization without gamma": ("BatchNormalization", {"scale": False}, FLAT),
}
WIDE, ROW = RNG.normal(size=(4, 5, 2)).astype("float32"), RNG.normal(size=(4, 1, 6)).astype("float32")
#: layer, arguments, several inputs
MANY_INPUTS = {
    "add": ("Add", {}, [STEPS, STEPS[::-1]]),
    "add of three": ("Add", {}, [STEPS, STEPS[::-1], 2 * STEPS]),
    "add of what broadcasts": ("Add", {}, [STEPS, ROW]),
    "add of fewer dimensions": ("Add", {}, [STEPS, FLAT]),
    "multiply": ("Multiply", {}, [FLAT, FLAT[::-1], FLAT + 1]),
    "multiply of what broadcasts": ("Multiply", {}, [ROW, STEPS]),
    "concatenate": ("Concatenate", {}, [STEPS, WIDE]),
    "concatenate along the steps": ("Concatenate", {"axis": 1}, [STEPS, ROW, STEPS]),
}
CASES = {**ONE_INPUT, **MANY_INPUTS}


def model_of(side, name, options, data):
    def inputs_of(array):
        return side.Input(array.shape[1:], dtype=str(array.dtype))

    inputs = [inputs_of(array) for array in data] if isinstance(data, list) else inputs_of(data)
    return side.Model(inputs, getattr(side.layers, name)(name="layer", **options)(inputs))


@pytest.mark.parametrize("case", CASES)
def test_a_layer_with_the_same_weights_predicts_the_same(case):
    name, options, data = CASES[case]
    ours, theirs = both_models(lambda side: model_of(side, name, options, data))
    assert_same(ours.predict(data, verbose=0), theirs.predict(data, verbose=0))
    assert_same(ours.predict_on_batch(data), theirs.predict_on_batch(data))


@pytest.mark.parametrize("case", CASES)
def test_a_layer_called_on_arrays_gives_the_same(case):
    name, options, data = CASES[case]
    ours, theirs = both_models(lambda side: model_of(side, name, options, data))
    assert_same(ours.get_layer("layer")(data), theirs.get_layer("layer")(data))


@pytest.mark.parametrize("case", CASES)
def test_a_layer_knows_its_shapes_weights_and_counts_as_in_keras(case):
    name, options, data = CASES[case]
    ours, theirs = both_models(lambda side: model_of(side, name, options, data))
    assert ours.output_shape == theirs.output_shape
    mine, other = ours.get_layer("layer"), theirs.get_layer("layer")
    shapes = [(None, *a.shape[1:]) for a in (data if isinstance(data, list) else [data])]
    asked = shapes if isinstance(data, list) else shapes[0]
    assert tuple(mine.compute_output_shape(asked)) == tuple(other.compute_output_shape(asked))
    assert [weight.name for weight in mine.weights] == [weight.name for weight in other.weights]
    assert [weight.shape for weight in mine.weights] == [tuple(weight.shape) for weight in other.weights]
    assert [w.name for w in mine.trainable_weights] == [w.name for w in other.trainable_weights]
    assert mine.count_params() == other.count_params()
    assert mine.supports_masking == other.supports_masking


@pytest.mark.parametrize("case", CASES)
def test_a_layer_that_keras_described_is_made_here_and_the_other_way(case):
    name, options, data = CASES[case]
    ours, theirs = both_models(lambda side: model_of(side, name, options, data))
    mine, other = ours.get_layer("layer"), theirs.get_layer("layer")
    from_keras = kgraph.layers.deserialize(keras.layers.serialize(other))
    from_kgraph = keras.layers.deserialize(kgraph.layers.serialize(mine))
    for layer, weights in ((from_keras, other), (from_kgraph, other)):
        if not layer.built:
            layer.build([a.shape for a in data] if isinstance(data, list) else data.shape)
        layer.set_weights(weights.get_weights())
    assert_same(from_keras(data), from_kgraph(data))


@pytest.mark.parametrize("case", CASES)
def test_configs_of_both_agree_in_what_both_say(case):
    name, options, data = CASES[case]
    ours, theirs = both_models(lambda side: model_of(side, name, options, data))
    mine, other = (model.get_layer("layer").get_config() for model in (ours, theirs))
    shared = (mine.keys() & other.keys()) - {"dtype"}
    seeds = {key for key in shared if "initializer" in key}
    assert {key: _plain(mine[key]) for key in shared - seeds} == {key: _plain(other[key]) for key in shared - seeds}
    for key in seeds:
        assert mine[key]["class_name"] == other[key]["class_name"]


def _plain(value):
    return tuple(value) if isinstance(value, list) else value


FUNCTIONS = {"add": "Add", "multiply": "Multiply", "concatenate": "Concatenate"}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_functional_forms_of_merges_are_those_of_keras(function):
    data = [STEPS, STEPS[::-1]]
    ours, theirs = (getattr(side.layers, function)(data) for side in (kgraph, keras))
    assert_same(ours, theirs)


def test_dropout_in_training_keeps_as_much_as_keras_and_scales_it_the_same():
    ones = np.ones((200, 200), "float32")
    for side in (kgraph, keras):
        kept = np.asarray(side.layers.Dropout(0.3, seed=1)(ones, training=True))
        np.testing.assert_allclose(np.unique(kept), [0, 1 / 0.7], rtol=1e-6)
        np.testing.assert_allclose((kept != 0).mean(), 0.7, atol=0.01)


def test_dropout_with_a_noise_shape_drops_whole_steps():
    for side in (kgraph, keras):
        kept = np.asarray(side.layers.Dropout(0.5, noise_shape=(None, 5, 1), seed=1)(STEPS * 0 + 1, training=True))
        assert (kept == kept[:, :, :1]).all()
        assert 0 < (kept != 0).mean() < 1
