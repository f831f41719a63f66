"""The activation layers give Keras's values and gradients."""

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
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

STEPS = 3 * normal(4, 5, 6)
IMAGES = normal(3, 4, 5, 2)

CASES = {
    "relu": Case("ReLU", {}, STEPS),
    "relu with all arguments": Case("ReLU", {"max_value": 2.0, "negative_slope": 0.1, "threshold": 0.5}, STEPS),
    "relu with a threshold": Case("ReLU", {"threshold": 1.0}, STEPS),
    "relu with a bound": Case("ReLU", {"max_value": 1}, STEPS),
    "relu with a slope and a bound": Case("ReLU", {"negative_slope": 0.2, "max_value": 6.0}, STEPS),
    "leaky relu": Case("LeakyReLU", {}, STEPS),
    "leaky relu with a slope": Case("LeakyReLU", {"negative_slope": 0.05}, STEPS),
    "elu": Case("ELU", {}, STEPS),
    "elu with a factor": Case("ELU", {"alpha": 0.3}, STEPS),
    "prelu": Case("PReLU", {}, STEPS),
    "prelu shared": Case("PReLU", {"shared_axes": [1, 2], "alpha_initializer": "ones"}, IMAGES),
    "prelu shared along one axis": Case("PReLU", {"shared_axes": 1, "alpha_regularizer": "l2"}, STEPS),
    "softmax": Case("Softmax", {}, STEPS),
    "softmax along an axis": Case("Softmax", {"axis": 1}, STEPS),
    "softmax over two axes": Case("Softmax", {"axis": (1, 2)}, IMAGES),
    "softmax over a list of one": Case("Softmax", {"axis": [-1]}, STEPS),
}
TRAINED = ("relu with all arguments", "leaky relu", "elu", "prelu", "prelu shared", "softmax over two axes")


@pytest.mark.parametrize("case", CASES)
def test_an_activation_layer_gives_what_it_gives_in_keras(case):
    check_outputs(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_an_activation_layer_describes_itself_as_in_keras(case):
    check_description(CASES[case])


@pytest.mark.parametrize("case", CASES)
def test_an_activation_layer_is_made_from_configs_of_either_side(case):
    check_configs_of_the_other_side(CASES[case])


@pytest.mark.parametrize("case", TRAINED)
def test_training_through_an_activation_layer_moves_weights_as_in_keras(case):
    check_training(CASES[case])


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)])
@pytest.mark.parametrize("dtype", ["bool", "float32"])
def test_a_mask_of_softmax_leaves_out_the_same(axis, dtype):
    mask = (normal(4, 5, 1) > -0.3).astype(dtype)
    mask[0] = 0
    ours, theirs = (side.layers.Softmax(axis=axis)(STEPS, mask=mask) for side in (kgraph, keras))
    assert_same(ours, theirs)


def test_prelu_refuses_negative_axes_which_in_keras_mean_others():
    """``shared_axes=[-1]`` shares the last axis but one in Keras."""
    layer = keras.layers.PReLU(shared_axes=[-1])
    layer.build((None, 4, 5, 2))
    assert layer.alpha.shape == (4, 1, 2)
    with pytest.raises(ValueError, match="shared_axes must count from 1"):
        kgraph.layers.PReLU(shared_axes=[-1])


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        ("ReLU", {"max_value": -1.0}),
        ("ReLU", {"negative_slope": None}),
        ("ReLU", {"threshold": -0.5}),
        ("LeakyReLU", {"negative_slope": -1}),
        ("LeakyReLU", {"negative_slope": None}),
    ],
)
def test_both_refuse_the_same_arguments(layer, options):
    for side in (kgraph, keras):
        with pytest.raises(ValueError, match=next(iter(options))):
            getattr(side.layers, layer)(**options)


def test_keras_2s_name_of_the_slope_is_taken_with_a_warning():
    for side in (kgraph, keras):
        with pytest.warns(UserWarning, match="alpha"):
            layer = side.layers.LeakyReLU(alpha=0.5)
        np.testing.assert_allclose(np.asarray(layer(-np.ones((2, 2), "float32"))), -0.5)
