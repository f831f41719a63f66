"""What holds for every layer that needs no training phase to be told apart: one table, drawn through the same laws."""

from __future__ import annotations

import json

import numpy as np
import pytest
from layer_graphs import Traced

import kgraph
from kgraph import layers

RNG = np.random.default_rng(23)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


FLAT, STEPS, IMAGES, VOLUMES = normal(4, 6), normal(4, 5, 6), normal(3, 4, 5, 2), normal(2, 3, 4, 5, 2)
FIRST = "channels_first"

#: How to make a layer, and an input.
CASES = {
    "relu": (lambda: layers.ReLU(2.0, 0.1, 0.5), STEPS),
    "leaky relu": (layers.LeakyReLU, STEPS),
    "elu": (lambda: layers.ELU(0.5), STEPS),
    "prelu": (lambda: layers.PReLU("ones", shared_axes=[1]), STEPS),
    "softmax": (lambda: layers.Softmax((1, 2)), STEPS),
    "identity": (layers.Identity, STEPS),
    "activity regularization": (lambda: layers.ActivityRegularization(0.1), STEPS),
    "rescaling": (lambda: layers.Rescaling([1.0, 2.0], np.array([0.5, 0.0])), IMAGES),
    "permute": (lambda: layers.Permute((3, 1, 2)), IMAGES),
    "repeat vector": (lambda: layers.RepeatVector(3), FLAT),
    "cropping 1d": (lambda: layers.Cropping1D((1, 2)), STEPS),
    "cropping 2d": (lambda: layers.Cropping2D(1, FIRST), normal(2, 3, 4, 5)),
    "cropping 3d": (layers.Cropping3D, VOLUMES),
    "padding 1d": (lambda: layers.ZeroPadding1D((0, 2)), STEPS),
    "padding 2d": (lambda: layers.ZeroPadding2D(((1, 0), (0, 2))), IMAGES),
    "padding 3d": (lambda: layers.ZeroPadding3D(1, FIRST), VOLUMES),
    "upsampling 1d": (layers.UpSampling1D, STEPS),
    "upsampling 2d": (lambda: layers.UpSampling2D((2, 3), FIRST), IMAGES),
    "bilinear": (lambda: layers.UpSampling2D(2, interpolation="bilinear"), IMAGES),
    "bicubic": (lambda: layers.UpSampling2D((1, 2), FIRST, "bicubic"), IMAGES),
    "lanczos": (lambda: layers.UpSampling2D(2, interpolation="lanczos3"), IMAGES),
    "upsampling 3d": (lambda: layers.UpSampling3D((1, 2, 3)), VOLUMES),
    "einsum": (lambda: layers.EinsumDense("abc,cde->abde", (None, 2, 3), "relu", "de"), STEPS),
    "einsum with an ellipsis": (lambda: layers.EinsumDense("...a,ab->...b", 3, bias_axes="b"), IMAGES),
    "gaussian noise": (lambda: layers.GaussianNoise(0.5, seed=1), STEPS),
    "gaussian dropout": (lambda: layers.GaussianDropout(0.5, seed=1), STEPS),
    "alpha dropout": (lambda: layers.AlphaDropout(0.5, (None, 1, 6), seed=1), STEPS),
    "spatial dropout 1d": (lambda: layers.SpatialDropout1D(0.5, 1), STEPS),
    "spatial dropout 2d": (lambda: layers.SpatialDropout2D(0.5, FIRST, 1), IMAGES),
    "spatial dropout 3d": (lambda: layers.SpatialDropout3D(0.5, seed=1), VOLUMES),
    "time distributed": (lambda: layers.TimeDistributed(layers.Dense(3)), IMAGES),
    "subtract": (layers.Subtract, [STEPS, FLAT]),
    "average": (layers.Average, [STEPS, FLAT, STEPS]),
    "maximum": (layers.Maximum, [STEPS, -STEPS, FLAT]),
    "minimum": (layers.Minimum, [STEPS, -STEPS, FLAT]),
    "dot": (lambda: layers.Dot((2, 1), normalize=True), [STEPS, FLAT]),
}


def listed(data):
    return data if isinstance(data, list) else [data]


def inputs_for(data, unknown=1):
    """Symbolic inputs, the first dimensions unknown."""
    return [
        layers.Input((None,) * (unknown - 1) + array.shape[unknown:], name=f"x{index}")
        for index, array in enumerate(listed(data))
    ]


def called(layer, inputs, data):
    return layer(inputs if isinstance(data, list) else inputs[0])


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_layer_gives_the_same_on_arrays_and_as_a_graph(case, training):
    make, data = CASES[case]
    layer, inputs = make(), inputs_for(CASES[case][1])
    traced = Traced(inputs, [called(layer, inputs, data)])
    states = [variable.numpy() for variable in layer.variables]
    expected = layer(data, training=training)
    for variable, state in zip(layer.variables, states, strict=True):
        variable.assign(state)
    feeds = {f"x{index}": array for index, array in enumerate(listed(data))}
    np.testing.assert_allclose(traced.run(training, **feeds)[0], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_shapes_are_known_before_values_are(case):
    make, data = CASES[case]
    layer = make()
    inputs = inputs_for(data)
    shape = called(layer, inputs, data).shape
    assert shape == (None, *layer(data).shape[1:])
    asked = [x.shape for x in inputs] if isinstance(data, list) else inputs[0].shape
    assert tuple(layer.compute_output_shape(asked)) == shape
    assert tuple(make().compute_output_shape(asked)) == shape


@pytest.mark.parametrize("case", CASES)
def test_a_layer_made_from_its_config_in_json_is_equal(case):
    make, data = CASES[case]
    layer = make()
    expected = layer(data)
    config = json.loads(json.dumps(layers.serialize(layer)))
    for again in (layers.deserialize(config), type(layer).from_config(layer.get_config())):
        if not again.built:
            again.build([array.shape for array in data] if isinstance(data, list) else data.shape)
        again.set_weights(layer.get_weights())
        np.testing.assert_array_equal(again(data), expected)
        assert json.loads(json.dumps(layers.serialize(again))) == config


@pytest.mark.parametrize("case", [case for case, (_, data) in CASES.items() if not isinstance(data, list)])
def test_a_layer_stands_in_a_sequential_model_and_trains_there(case):
    make, data = CASES[case]
    model = kgraph.Sequential([make(), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(data, np.ones((len(data), 1), "float32"), epochs=2, batch_size=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("case", [case for case, (_, data) in CASES.items() if not isinstance(data, list)])
def test_an_empty_batch_gives_an_empty_batch(case):
    make, data = CASES[case]
    layer = make()
    full = layer(data)
    assert layer(data[:0]).shape == (0, *full.shape[1:])


#: What the layer needs to know is known; the rest comes with the data.
OPEN = ("relu", "leaky relu", "elu", "softmax", "rescaling", "cropping 1d", "cropping 3d", "padding 2d",
        "upsampling 1d", "upsampling 3d", "bilinear", "lanczos", "einsum with an ellipsis", "gaussian noise",
        "spatial dropout 1d", "alpha dropout", "average")  # fmt: skip


@pytest.mark.parametrize("case", OPEN)
def test_dimensions_that_only_data_tell_are_taken_from_them(case):
    make, data = CASES[case]
    layer = make()
    inputs = inputs_for(data, unknown=2)
    outputs = called(layer, inputs, data)
    model = kgraph.Model(inputs, outputs)
    np.testing.assert_allclose(model.predict_on_batch(data), layer(data), rtol=1e-6, atol=1e-6)
    assert outputs.shape[:1] == (None,)
