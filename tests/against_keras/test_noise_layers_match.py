"""The noise layers draw other numbers than Keras, with the same moments, and are off where Keras's are."""

from __future__ import annotations

import numpy as np
import pytest
from layer_sides import Case, check_configs_of_the_other_side, check_description, check_outputs, normal
from sides import keras, kgraph

pytestmark = pytest.mark.keras

FLAT, STEPS, IMAGES, VOLUMES = normal(4, 6), normal(4, 5, 6), normal(3, 4, 5, 2), normal(2, 4, 5, 6, 2)
FIRST = {"data_format": "channels_first"}

CASES = {
    "gaussian noise": Case("GaussianNoise", {"stddev": 0.5, "seed": 1}, FLAT),
    "gaussian dropout": Case("GaussianDropout", {"rate": 0.3}, FLAT),
    "alpha dropout": Case("AlphaDropout", {"rate": 0.3, "noise_shape": (None, 1, 6), "seed": 4}, STEPS),
    "spatial dropout 1d": Case("SpatialDropout1D", {"rate": 0.3, "seed": 2}, STEPS),
    "spatial dropout 2d": Case("SpatialDropout2D", {"rate": 0.3}, IMAGES),
    "spatial dropout 2d of channels first": Case("SpatialDropout2D", {"rate": 0.3, **FIRST}, IMAGES),
    "spatial dropout 3d": Case("SpatialDropout3D", {"rate": 0.3, **FIRST}, VOLUMES),
}


@pytest.mark.parametrize("case", CASES)
def test_outside_of_training_noise_is_off_on_both_sides(case):
    check_outputs(CASES[case], phases=(False,))


@pytest.mark.parametrize("case", CASES)
def test_a_noise_layer_describes_itself_as_in_keras(case):
    check_description(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_a_noise_layer_is_made_from_configs_of_either_side(case):
    check_configs_of_the_other_side(CASES[case])


MANY = np.random.default_rng(0).normal(size=(400, 500)).astype("float32")
MOMENTS = {
    "gaussian noise": ("GaussianNoise", {"stddev": 0.7}),
    "gaussian dropout": ("GaussianDropout", {"rate": 0.4}),
    "alpha dropout": ("AlphaDropout", {"rate": 0.4}),
    "alpha dropout, much of it": ("AlphaDropout", {"rate": 0.9}),
    "dropout": ("Dropout", {"rate": 0.4}),
}


@pytest.mark.parametrize("case", MOMENTS)
def test_noise_has_the_moments_and_quantiles_of_keras(case):
    name, options = MOMENTS[case]
    ours, theirs = (
        np.asarray(getattr(side.layers, name)(seed=3, **options)(MANY, training=True)) for side in (kgraph, keras)
    )
    np.testing.assert_allclose(ours.mean(), theirs.mean(), atol=0.015)
    np.testing.assert_allclose(ours.std(), theirs.std(), rtol=0.015)
    ranks = np.linspace(0.05, 0.95, 10)
    np.testing.assert_allclose(np.quantile(ours, ranks), np.quantile(theirs, ranks), rtol=0.02, atol=0.02)


SPATIAL = {
    "1d": ("SpatialDropout1D", {}, (60, 7, 30), (1,)),
    "2d": ("SpatialDropout2D", {}, (60, 3, 4, 30), (1, 2)),
    "2d of channels first": ("SpatialDropout2D", FIRST, (60, 30, 3, 4), (2, 3)),
    "3d": ("SpatialDropout3D", {}, (60, 3, 2, 2, 30), (1, 2, 3)),
    "3d of channels first": ("SpatialDropout3D", FIRST, (60, 30, 3, 2, 2), (2, 3, 4)),
}


@pytest.mark.parametrize("case", SPATIAL)
def test_spatial_dropout_drops_whole_features_as_keras_does(case):
    name, options, shape, axes = SPATIAL[case]
    for side in (kgraph, keras):
        kept = np.asarray(getattr(side.layers, name)(0.25, seed=5, **options)(np.ones(shape, "float32"), training=True))
        assert (kept.max(axes) == kept.min(axes)).all()
        np.testing.assert_allclose(np.unique(kept), [0, 1 / 0.75], rtol=1e-6)
        np.testing.assert_allclose((kept != 0).mean(), 0.75, atol=0.04)


@pytest.mark.parametrize("layer", ["GaussianDropout", "AlphaDropout"])
def test_a_rate_of_1_which_divides_by_0_in_keras_is_refused_at_once(layer):
    with pytest.raises(ZeroDivisionError):
        getattr(keras.layers, layer)(1)(FLAT, training=True)
    with pytest.raises(ValueError, match="rate must be a number from 0 to less than 1, not 1"):
        getattr(kgraph.layers, layer)(1)


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        ("GaussianNoise", {"stddev": 1.5}),
        ("GaussianDropout", {"rate": -0.1}),
        ("AlphaDropout", {"rate": 1.1}),
        ("SpatialDropout1D", {"rate": 2}),
        ("Dropout", {"rate": 0.5, "noise_shape": "ab"}),
        ("Dropout", {"rate": 0.5, "noise_shape": 3}),
        ("SpatialDropout2D", {"rate": 0.5, "data_format": "first"}),
    ],
)
def test_both_refuse_the_same_arguments(layer, options):
    for side in (kgraph, keras):
        with pytest.raises(ValueError, match=list(options)[-1]):
            getattr(side.layers, layer)(**options)
