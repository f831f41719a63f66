"""Layers that permute, repeat, crop, pad and enlarge give Keras's values and shapes."""

from __future__ import annotations

import pytest
from layer_sides import (
    Case,
    check_configs_of_the_other_side,
    check_description,
    check_outputs,
    check_training,
    normal,
)
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

FLAT, STEPS, IMAGES, VOLUMES = normal(4, 6), normal(4, 5, 6), normal(3, 4, 5, 2), normal(2, 4, 5, 6, 2)
FIRST = {"data_format": "channels_first"}

CASES = {
    "permute": Case("Permute", {"dims": (2, 1)}, STEPS),
    "permute images": Case("Permute", {"dims": [3, 1, 2]}, IMAGES),
    "repeat vector": Case("RepeatVector", {"n": 3}, FLAT),
    "cropping 1d": Case("Cropping1D", {}, STEPS),
    "cropping 1d at the end": Case("Cropping1D", {"cropping": (0, 2)}, STEPS),
    "cropping 2d of nothing": Case("Cropping2D", {}, IMAGES),
    "cropping 2d": Case("Cropping2D", {"cropping": ((1, 0), (2, 1))}, IMAGES),
    "cropping 2d by axis": Case("Cropping2D", {"cropping": (1, 2)}, IMAGES),
    "cropping 2d of channels first": Case("Cropping2D", {"cropping": ((1, 1), (0, 1)), **FIRST}, IMAGES),
    "cropping 3d": Case("Cropping3D", {}, VOLUMES),
    "cropping 3d of channels first": Case("Cropping3D", {"cropping": ((0, 1), (2, 0), (0, 0)), **FIRST}, VOLUMES),
    "padding 1d": Case("ZeroPadding1D", {}, STEPS),
    "padding 1d of channels first": Case("ZeroPadding1D", {"padding": (2, 0), **FIRST}, STEPS),
    "padding 2d": Case("ZeroPadding2D", {}, IMAGES),
    "padding 2d of channels first": Case("ZeroPadding2D", {"padding": ((1, 0), (2, 3)), **FIRST}, IMAGES),
    "padding 3d": Case("ZeroPadding3D", {}, VOLUMES),
    "padding 3d of channels first": Case("ZeroPadding3D", {"padding": (0, 1, 2), **FIRST}, VOLUMES),
    "upsampling 1d": Case("UpSampling1D", {}, STEPS),
    "upsampling 2d": Case("UpSampling2D", {}, IMAGES),
    "upsampling 2d of columns": Case("UpSampling2D", {"size": (1, 3)}, IMAGES),
    "upsampling 2d of channels first": Case("UpSampling2D", {"size": 2, **FIRST}, IMAGES),
    "bilinear": Case("UpSampling2D", {"interpolation": "bilinear"}, IMAGES),
    "bilinear of channels first": Case("UpSampling2D", {"size": (3, 1), "interpolation": "bilinear", **FIRST}, IMAGES),
    "bicubic": Case("UpSampling2D", {"size": (2, 3), "interpolation": "bicubic"}, IMAGES),
    "lanczos3": Case("UpSampling2D", {"size": (3, 2), "interpolation": "lanczos3"}, IMAGES),
    "lanczos5": Case("UpSampling2D", {"interpolation": "LANCZOS5"}, IMAGES),
    "upsampling 3d": Case("UpSampling3D", {}, VOLUMES),
    "upsampling 3d of channels first": Case("UpSampling3D", {"size": (1, 2, 3), **FIRST}, VOLUMES),
}
TRAINED = (
    "permute images",
    "repeat vector",
    "cropping 2d of channels first",
    "padding 3d of channels first",
    "upsampling 2d of channels first",
    "bicubic",
)


@pytest.mark.parametrize("case", CASES)
def test_a_layer_of_shapes_gives_what_it_gives_in_keras(case):
    check_outputs(CASES[case], phases=(False,))


@pytest.mark.parametrize("case", CASES)
def test_a_layer_of_shapes_describes_itself_as_in_keras(case):
    check_description(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_a_layer_of_shapes_is_made_from_configs_of_either_side(case):
    check_configs_of_the_other_side(CASES[case])


@pytest.mark.parametrize("case", TRAINED)
def test_training_through_a_layer_of_shapes_moves_weights_as_in_keras(case):
    check_training(CASES[case])


UNKNOWN = {
    "cropping": ("Cropping2D", {"cropping": (1, 2)}, IMAGES),
    "padding": ("ZeroPadding1D", {"padding": (1, 2)}, STEPS),
    "upsampling": ("UpSampling2D", {"size": (2, 3)}, IMAGES),
    "permuting": ("Permute", {"dims": (2, 1)}, STEPS),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_unknown_dimensions_stay_unknown_and_values_are_those_of_keras(case):
    name, options, data = UNKNOWN[case]
    shape = (*(None for _ in data.shape[1:-1]), data.shape[-1])
    models = []
    for side in (kgraph, keras):
        inputs = side.Input(shape)
        models.append(side.Model(inputs, getattr(side.layers, name)(**options)(inputs)))
    ours, theirs = models
    assert ours.output_shape == theirs.output_shape
    assert_same(ours.predict_on_batch(data), theirs.predict_on_batch(data))


REFUSED = {
    "dims": ("Permute", {"dims": (1, 3)}),
    "n": ("RepeatVector", {"n": 0}),
    "cropping": ("Cropping2D", {"cropping": (1, 2, 3)}),
    "negative cropping": ("Cropping1D", {"cropping": -1}),
    "padding": ("ZeroPadding3D", {"padding": (1, 2)}),
    "size": ("UpSampling2D", {"size": (0, 2)}),
    "data_format": ("UpSampling3D", {"data_format": "channels_middle"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_both_refuse_the_same_arguments(case):
    layer, options = REFUSED[case]
    for side in (kgraph, keras):
        with pytest.raises(ValueError, match=next(iter(options))):
            getattr(side.layers, layer)(**options)


@pytest.mark.parametrize("layer", ["Cropping1D", "Cropping2D", "Cropping3D"])
def test_both_refuse_to_crop_everything(layer):
    data = {"Cropping1D": STEPS, "Cropping2D": IMAGES, "Cropping3D": VOLUMES}[layer]
    for side in (kgraph, keras):
        with pytest.raises(ValueError, match="cropping"):
            getattr(side.layers, layer)(cropping=3)(data)
