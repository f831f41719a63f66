"""Layers that permute, repeat, crop, pad, enlarge and rescale, against numpy."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kgraph import Model, config, layers

RNG = np.random.default_rng(3)
STEPS = RNG.normal(size=(2, 5, 3)).astype("float32")
IMAGES = RNG.normal(size=(2, 4, 5, 3)).astype("float32")
VOLUMES = RNG.normal(size=(2, 3, 4, 5, 2)).astype("float32")
FIRST = "channels_first"


def test_permute_and_repeat_vector_are_numpys():
    np.testing.assert_array_equal(layers.Permute((3, 1, 2))(IMAGES), IMAGES.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(layers.RepeatVector(4)(STEPS[:, 0]), np.repeat(STEPS[:, :1], 4, axis=1))


CROPPED = {
    "both ends": (layers.Cropping1D(1), STEPS, STEPS[:, 1:-1]),
    "the end": (layers.Cropping1D((0, 2)), STEPS, STEPS[:, :-2]),
    "by side": (layers.Cropping2D(((1, 0), (0, 3))), IMAGES, IMAGES[:, 1:, :-3]),
    "by axis": (layers.Cropping2D((0, 2)), IMAGES, IMAGES[:, :, 2:-2]),
    "channels first": (layers.Cropping2D((2, 0), FIRST), IMAGES, IMAGES[:, :, 2:-2]),
    "volumes": (layers.Cropping3D(((1, 0), (0, 1), (2, 2))), VOLUMES, VOLUMES[:, 1:, :-1, 2:-2]),
}


@pytest.mark.parametrize("case", CROPPED)
def test_cropping_cuts_off_the_borders(case):
    layer, data, expected = CROPPED[case]
    np.testing.assert_array_equal(layer(data), expected)


PADDED = {
    "steps": (layers.ZeroPadding1D((1, 2)), STEPS, [(0, 0), (1, 2), (0, 0)]),
    "steps of channels first": (layers.ZeroPadding1D(2, FIRST), STEPS, [(0, 0), (0, 0), (2, 2)]),
    "images": (layers.ZeroPadding2D(), IMAGES, [(0, 0), (1, 1), (1, 1), (0, 0)]),
    "images by side": (layers.ZeroPadding2D(((0, 1), (2, 3))), IMAGES, [(0, 0), (0, 1), (2, 3), (0, 0)]),
    "volumes of channels first": (
        layers.ZeroPadding3D((0, 1, 2), FIRST), VOLUMES, [(0, 0), (0, 0), (0, 0), (1, 1), (2, 2)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PADDED)
def test_padding_puts_zeros_around(case):
    layer, data, widths = PADDED[case]
    np.testing.assert_array_equal(layer(data), np.pad(data, widths))


def test_upsampling_repeats_elements():
    np.testing.assert_array_equal(layers.UpSampling1D(3)(STEPS), STEPS.repeat(3, 1))
    np.testing.assert_array_equal(layers.UpSampling2D((2, 3))(IMAGES), IMAGES.repeat(2, 1).repeat(3, 2))
    np.testing.assert_array_equal(layers.UpSampling2D((2, 3), FIRST)(IMAGES), IMAGES.repeat(2, 2).repeat(3, 3))
    expected = VOLUMES.repeat(2, 1).repeat(2, 3)
    np.testing.assert_array_equal(layers.UpSampling3D((2, 1, 2))(VOLUMES), expected)


def test_upsampling_keeps_the_dtype_of_ints():
    tokens = np.arange(6, dtype="int32").reshape(1, 3, 2)
    assert layers.UpSampling1D(2)(tokens).dtype == np.int32


def test_bilinear_points_lie_between_the_centres_of_pixels():
    row = np.array([0.0, 1.0, 3.0], "float32").reshape(1, 1, 3, 1)
    enlarged = layers.UpSampling2D((1, 2), interpolation="bilinear")(row)
    np.testing.assert_allclose(enlarged.ravel(), [0, 0.25, 0.75, 1.5, 2.5, 3], rtol=1e-6)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos3", "lanczos5"])
def test_interpolation_leaves_a_constant_picture_as_it_is(interpolation):
    layer = layers.UpSampling2D((2, 3), interpolation=interpolation)
    np.testing.assert_allclose(layer(np.full((1, 4, 5, 2), 7, "float32")), 7, rtol=1e-5)


def test_cubics_reproduce_straight_lines_away_from_the_border():
    line = np.arange(8, dtype="float32").reshape(1, 8, 1, 1)
    enlarged = layers.UpSampling2D((2, 1), interpolation="bicubic")(line).ravel()
    np.testing.assert_allclose(enlarged[4:-4], np.arange(2, 6, 0.5) - 0.25, rtol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "data"),
    [
        (layers.Cropping2D(((0, 1), (2, 0))), (None, None, 3), IMAGES),
        (layers.ZeroPadding2D((1, 2)), (None, None, 3), IMAGES),
        (layers.UpSampling2D(2), (None, None, 3), IMAGES),
        (layers.UpSampling2D(2, interpolation="bicubic"), (None, None, 3), IMAGES),
        (layers.Permute((2, 1)), (None, None), STEPS),
        (layers.RepeatVector(2), (None,), STEPS[:, 0]),
    ],
)
def test_sizes_may_be_unknown_until_data_come(layer, shape, data):
    inputs = layers.Input(shape)
    model = Model(inputs, layer(inputs))
    for batch in (data, data[:1]):
        np.testing.assert_allclose(model.predict_on_batch(batch), layer(batch), rtol=1e-6)


def test_cropping_more_than_the_data_hold_is_an_error_when_they_come():
    inputs = layers.Input((None, 3))
    model = Model(inputs, layers.Cropping1D(3)(inputs))
    assert model.predict_on_batch(np.zeros((2, 7, 3), "f")).shape == (2, 1, 3)
    with pytest.raises(ValueError, match="slice|crop"):
        model.predict_on_batch(STEPS)


def test_rescaling_is_a_line_in_the_dtype_of_the_layer():
    pixels = np.arange(12, dtype="uint8").astype("int32").reshape(2, 2, 3)
    np.testing.assert_allclose(layers.Rescaling(1 / 255)(pixels), pixels / 255, rtol=1e-6)
    rescaled = layers.Rescaling(np.array([1.0, 2.0, 3.0]), offset=[0, 0, 1], dtype="float64")(pixels)
    np.testing.assert_allclose(rescaled, pixels * [1, 2, 3] + [0, 0, 1])
    assert rescaled.dtype == np.float64


def test_identity_passes_any_structure_and_its_mask_on():
    layer = layers.Identity()
    given = layer({"a": STEPS, "b": [IMAGES]})
    np.testing.assert_array_equal(given["a"], STEPS)
    np.testing.assert_array_equal(given["b"][0], IMAGES)
    embedded = layers.Embedding(4, 2, mask_zero=True)(layers.Input((3,), dtype="int32"))
    assert layer(embedded)._keras_mask is not None


def test_activity_regularization_adds_its_penalty_a_sample():
    inputs = layers.Input((5, 3))
    model = Model(inputs, layers.ActivityRegularization(l1=0.1, l2=0.2)(inputs))
    model.compile(loss="mse")
    penalty = (0.1 * np.abs(STEPS).sum() + 0.2 * np.square(STEPS).sum()) / len(STEPS)
    assert model.evaluate(STEPS, STEPS, verbose=0) == pytest.approx(penalty, rel=1e-5)


def test_masking_with_an_infinite_value_makes_zeros():
    steps = np.array([[[1, 2], [np.inf, np.inf]]], "float32")
    np.testing.assert_array_equal(layers.Masking(np.inf)(steps), [[[1, 2], [0, 0]]])


def test_the_value_of_masking_may_be_an_array_and_is_kept_in_its_config():
    layer = layers.Masking(np.array([1.0, 2.0], "float32"))
    again = layers.Masking.from_config(json.loads(json.dumps(layer.get_config())))
    steps = np.array([[[1, 2], [2, 1]]], "float32")
    for one in (layer, again):
        np.testing.assert_array_equal(one(steps), [[[0, 0], [2, 1]]])


def test_a_lambda_may_say_the_shapes_of_several_outputs():
    layer = layers.Lambda(lambda x: [x, x[:, :, 0]], output_shape=[(5, 3), (5,)])
    assert layer.compute_output_shape((None, 5, 3)) == [(None, 5, 3), (None, 5)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Permute((0, 1)), r"dims must hold each of 1 to 2 once, not \(0, 1\)"),
        (lambda: layers.Permute((2, 1), name="p")(IMAGES), r"layer p \(Permute\): expects inputs of 3 dimensions"),
        (lambda: layers.RepeatVector(2.5), "n must be a positive int, not 2.5"),
        (lambda: layers.RepeatVector(2)(STEPS), "expects inputs of 2 dimensions, not 3"),
        (lambda: layers.Cropping1D((1, 2, 3)), r"cropping must be an int or 2 ints of at least 0, not \(1, 2, 3\)"),
        (lambda: layers.Cropping1D(-1), "cropping must be an int or 2 ints of at least 0, not -1"),
        (lambda: layers.Cropping2D((1, (1, -2))), r"entry 1 of cropping must be an int or 2 ints of at least 0"),
        (lambda: layers.Cropping2D(1.5), "cropping must be an int, 2 ints, or 2 pairs of ints, not 1.5"),
        (lambda: layers.Cropping3D(2, name="c")(VOLUMES), r"layer c \(Cropping3D\): cropping .* leaves nothing of"),
        (lambda: layers.ZeroPadding2D("ab"), "entry 0 of padding must be an int or 2 ints"),
        (lambda: layers.ZeroPadding3D(1)(IMAGES), "expects inputs of 5 dimensions, not 4"),
        (lambda: layers.UpSampling1D(0), "size must be a positive int, not 0"),
        (lambda: layers.UpSampling2D((1, 0)), r"size must be an int or 2 ints of at least 1, not \(1, 0\)"),
        (lambda: layers.UpSampling2D(data_format="nchw"), "data_format must be one of 'channels_first'"),
        (
            lambda: layers.UpSampling2D(interpolation="spline"),
            "interpolation must be one of 'nearest', 'bilinear', 'bicubic', 'lanczos3', 'lanczos5', not 'spline'",
        ),
    ],
)
def test_layers_of_shapes_say_what_they_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


FORMATTED = {
    "flatten": layers.Flatten,
    "cropping 2d": lambda **given: layers.Cropping2D(1, **given),
    "cropping 3d": layers.Cropping3D,
    "padding 1d": layers.ZeroPadding1D,
    "padding 2d": layers.ZeroPadding2D,
    "padding 3d": layers.ZeroPadding3D,
    "upsampling 2d": layers.UpSampling2D,
    "upsampling 3d": layers.UpSampling3D,
    "spatial dropout 2d": lambda **given: layers.SpatialDropout2D(0.5, **given),
    "spatial dropout 3d": lambda **given: layers.SpatialDropout3D(0.5, **given),
}


@pytest.mark.parametrize("case", FORMATTED)
def test_a_layer_that_is_not_told_where_channels_are_goes_by_the_setting(case):
    make = FORMATTED[case]
    assert make().data_format == "channels_last"
    config.set_image_data_format("channels_first")
    try:
        assert make().data_format == "channels_first"
        assert make(data_format="channels_last").data_format == "channels_last"
        steps = layers.Cropping1D(1)(STEPS), layers.SpatialDropout1D(0.5)(STEPS)
    finally:
        config.set_image_data_format("channels_last")
    assert [x.shape for x in steps] == [(STEPS.shape[0], STEPS.shape[1] - 2, STEPS.shape[2]), STEPS.shape]
