"""The noise layers: off outside of training, settled by their seed, and with the moments that they claim."""

from __future__ import annotations

import math

import numpy as np
import pytest
from layer_graphs import Traced

from kgraph import layers
from kgraph.layers.noise import Noise

RNG = np.random.default_rng(7)
X = RNG.normal(size=(300, 200)).astype("float32")

MAKERS = {
    "gaussian noise": lambda seed: layers.GaussianNoise(0.5, seed=seed),
    "gaussian dropout": lambda seed: layers.GaussianDropout(0.2, seed=seed),
    "alpha dropout": lambda seed: layers.AlphaDropout(0.2, seed=seed),
    "dropout": lambda seed: layers.Dropout(0.2, seed=seed),
}


@pytest.mark.parametrize("case", MAKERS)
def test_noise_passes_inputs_on_outside_of_training(case):
    layer = MAKERS[case](1)
    np.testing.assert_array_equal(layer(X), X)
    np.testing.assert_array_equal(layer(X, training=False), X)


@pytest.mark.parametrize("case", MAKERS)
def test_the_same_seed_gives_the_same_noise_and_each_call_another(case):
    first, second, other = (MAKERS[case](seed) for seed in (3, 3, 4))
    once = first(X, training=True)
    np.testing.assert_array_equal(second(X, training=True), once)
    for disturbed in (first(X, training=True), other(X, training=True)):
        assert (disturbed != once).mean() > 0.2


@pytest.mark.parametrize("case", MAKERS)
def test_noise_is_in_the_training_phase_of_a_graph_alone(case):
    x = layers.Input((200,), name="x")
    layer = MAKERS[case](2)
    traced = Traced([x], [layer(x)])
    np.testing.assert_array_equal(traced.run(False, x=X)[0], X)
    before = layer.seed_generator.state.numpy()
    assert (traced.run(True, x=X)[0] != X).any()
    assert (layer.seed_generator.state.numpy() != before).any()


def test_gaussian_noise_has_mean_0_and_the_deviation_asked_for():
    noise = layers.GaussianNoise(0.5, seed=1)(X, training=True) - X
    assert abs(noise.mean()) < 0.01
    assert abs(noise.std() - 0.5) < 0.01


def test_gaussian_dropout_has_mean_1_and_the_variance_of_dropout():
    factors = layers.GaussianDropout(0.2, seed=1)(np.ones_like(X), training=True)
    assert abs(factors.mean() - 1) < 0.01
    assert abs(factors.var() - 0.2 / 0.8) < 0.01


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_0_and_variance_1(rate):
    disturbed = layers.AlphaDropout(rate, seed=1)(X, training=True)
    assert abs(disturbed.mean() - X.mean()) < 0.03
    assert abs(disturbed.var() - 1) < 0.03


def test_alpha_dropout_sets_a_share_to_one_value_and_moves_the_others_alike():
    rate, least = 0.3, -1.7580993408473766
    disturbed = layers.AlphaDropout(rate, seed=1)(X, training=True)
    scale = 1 / math.sqrt((1 - rate) * (1 + rate * least**2))
    kept = scale * X - scale * least * rate
    dropped = np.isclose(disturbed, scale * least * (1 - rate), atol=1e-5)
    assert abs(dropped.mean() - rate) < 0.01
    np.testing.assert_allclose(disturbed[~dropped], kept[~dropped], rtol=1e-4, atol=1e-5)


def test_alpha_dropout_with_a_noise_shape_drops_whole_steps():
    disturbed = layers.AlphaDropout(0.5, (None, 5, 1), seed=1)(np.ones((60, 5, 8), "float32"), training=True)
    assert (disturbed == disturbed[:, :, :1]).all()
    assert len(np.unique(disturbed)) == 2


@pytest.mark.parametrize(
    ("layer", "shape", "axes"),
    [
        (layers.SpatialDropout1D(0.3, seed=1), (50, 7, 20), (1,)),
        (layers.SpatialDropout2D(0.3, seed=1), (50, 3, 4, 20), (1, 2)),
        (layers.SpatialDropout2D(0.3, "channels_first", 1), (50, 20, 3, 4), (2, 3)),
        (layers.SpatialDropout3D(0.3, "channels_first", 1), (50, 20, 2, 3, 4), (2, 3, 4)),
    ],
)
def test_spatial_dropout_drops_whole_features_and_scales_the_rest(layer, shape, axes):
    kept = layer(np.ones(shape, "float32"), training=True)
    assert (kept.max(axes) == kept.min(axes)).all()
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1 / 0.7)}
    assert abs((kept != 0).mean() - 0.7) < 0.05


def test_a_noise_of_strength_0_has_no_state_and_does_nothing():
    for layer in (layers.GaussianNoise(0), layers.GaussianDropout(0), layers.AlphaDropout(0), layers.Dropout(0)):
        np.testing.assert_array_equal(layer(X, training=True), X)
        assert layer.variables == []


def test_noise_on_ints_is_in_the_dtype_of_the_layer():
    ones = np.ones((3, 4), "int32")
    for layer in (layers.GaussianNoise(0.5), layers.GaussianDropout(0.5), layers.GaussianNoise(0.5, dtype="float64")):
        assert layer(ones, training=True).dtype == layer.dtype


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.GaussianNoise(2, name="g"), "layer g: stddev must be a number from 0 to 1, not 2"),
        (lambda: layers.GaussianDropout(1, name="g"), "layer g: rate must be a number from 0 to less than 1, not 1"),
        (lambda: layers.AlphaDropout(True, name="a"), "layer a: rate must be a number from 0 to less than 1, not True"),
        (lambda: layers.Dropout(0.5, noise_shape=3, name="d"), "layer d: noise_shape must hold sizes or None, not 3"),
        (lambda: layers.AlphaDropout(0.5, (1,), name="a")(X, training=True), r"layer a \(AlphaDropout\): noise_shape"),
        (lambda: layers.SpatialDropout1D(0.5, name="s")(X), r"layer s \(SpatialDropout1D\): expects inputs of 3 dimen"),
        (lambda: layers.SpatialDropout2D(0.5, "last"), "data_format must be one of 'channels_first', 'channels_last'"),
    ],
)
def test_noise_layers_say_what_they_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_noise_layer_without_what_it_disturbs_says_so():
    class Silent(Noise):
        def __init__(self):
            super().__init__(1)
            self.rate = self._strength("rate", 0.5)

    with pytest.raises(NotImplementedError, match="Silent has no `disturb`"):
        Silent()(X, training=True)
