"""Initializers draw from Keras's distributions: mean, deviation and limits, by the same fans."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

from kgraph.initializers.drawn import compute_fans

pytestmark = pytest.mark.keras

SHAPE = (300, 200)
RANDOM = [
    ("RandomNormal", {}),
    ("RandomNormal", {"mean": 1.0, "stddev": 0.3}),
    ("RandomUniform", {}),
    ("RandomUniform", {"minval": -2.0, "maxval": 5.0}),
    ("TruncatedNormal", {}),
    ("TruncatedNormal", {"mean": 1.0, "stddev": 0.3}),
    *[(name, {}) for name in ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")],
    *[
        ("VarianceScaling", {"scale": 0.7, "mode": mode, "distribution": distribution})
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("truncated_normal", "untruncated_normal", "uniform")
    ],
]
#: Those that are cut off somewhere: all others are normal.
LIMITED = [
    (name, options)
    for name, options in RANDOM
    if name in ("RandomUniform", "TruncatedNormal", "GlorotUniform", "HeUniform", "LecunUniform")
    or options.get("distribution") in ("uniform", "truncated_normal")
]
CONSTANT = [
    ("Zeros", {}), ("Ones", {}), ("Constant", {}), ("Constant", {"value": 2.5}), ("Identity", {}),
    ("Identity", {"gain": 0.5}),
]  # fmt: skip
WAVES = [
    {}, {"side": "imag"}, {"window": "hamming", "scaling": "spectrum"}, {"window": None}, {"window": "boxcar"},
    {"window": "blackman", "periodic": True, "scaling": None}, {"window": "nuttall"}, {"window": np.arange(1.0, 8.0)},
]  # fmt: skip
NAMES = (
    "zero", "one", "identity", "orthogonal", "stft", "zeros", "ones",
    "random_normal", "random_uniform", "truncated_normal", "glorot_uniform",
    "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal", "variance_scaling", "uniform",
    "normal",
)  # fmt: skip


def drawn(name, options, shape=SHAPE):
    return [np.asarray(getattr(side.initializers, name)(seed=3, **options)(shape)) for side in (kgraph, keras)]


@pytest.mark.parametrize(("name", "options"), RANDOM, ids=str)
def test_the_distribution_is_that_of_keras(name, options):
    ours, theirs = drawn(name, options)
    count, deviation = ours.size, float(theirs.std())
    assert ours.dtype == theirs.dtype
    # Five standard errors of the mean, and of the deviation.
    assert ours.mean() == pytest.approx(theirs.mean(), abs=5 * deviation * math.sqrt(2 / count))
    assert ours.std() == pytest.approx(theirs.std(), rel=5 / math.sqrt(count))
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert np.quantile(ours, share) == pytest.approx(np.quantile(theirs, share), abs=0.03 * deviation)


@pytest.mark.parametrize(("name", "options"), LIMITED, ids=str)
def test_the_limits_are_those_of_keras(name, options):
    ours, theirs = drawn(name, options)
    width = float(theirs.max() - theirs.min())
    assert ours.min() == pytest.approx(theirs.min(), abs=width * 0.01)
    assert ours.max() == pytest.approx(theirs.max(), abs=width * 0.01)


@pytest.mark.parametrize("shape", [(40,), (7, 90), (3, 3, 8, 20), (5, 6, 30)])
@pytest.mark.parametrize("name", ["GlorotUniform", "HeNormal", "LecunUniform"])
def test_fans_count_as_in_keras(name, shape):
    ours, theirs = (
        np.concatenate([np.asarray(getattr(side.initializers, name)(seed=seed)(shape)).ravel() for seed in range(40)])
        for side in (kgraph, keras)
    )
    assert ours.std() == pytest.approx(theirs.std(), rel=5 / math.sqrt(ours.size) + 0.01)


@pytest.mark.parametrize("shape", [(), (9,), (4, 5), (3, 3, 8, 16), (2, 3, 4, 5, 6)])
def test_fans_themselves_are_those_of_keras(shape):
    from keras.src.initializers.random_initializers import compute_fans as their_fans

    assert compute_fans(shape) == their_fans(shape)


@pytest.mark.parametrize(("name", "options"), CONSTANT, ids=str)
def test_constants_are_those_of_keras(name, options):
    assert_same(*(getattr(side.initializers, name)(**options)((3, 4)) for side in (kgraph, keras)))


@pytest.mark.parametrize("options", WAVES, ids=str)
def test_the_waves_of_a_fourier_transform_are_those_of_keras(options):
    if isinstance(options.get("window", "hann"), str):
        pytest.importorskip("scipy", reason="Keras takes windows from scipy")
    assert_same(*(side.initializers.STFT(**options)((7, 1, 5)) for side in (kgraph, keras)))


@pytest.mark.parametrize("shape", [(4, 4), (3, 8), (2, 3, 4), (5, 2, 2)])
def test_orthogonal_weights_stand_at_right_angles_as_those_of_keras(shape):
    for side in (kgraph, keras):
        matrix = np.asarray(side.initializers.Orthogonal(gain=2.0, seed=1)(shape)).reshape(-1, shape[-1])
        product = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_weights_spread_as_those_of_keras():
    ours, theirs = (
        np.stack([np.asarray(side.initializers.Orthogonal(seed=seed)((3, 3))) for seed in range(400)])
        for side in (kgraph, keras)
    )
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=5 * math.sqrt(2 / 3 / 400))
    np.testing.assert_allclose((ours**2).mean(0), (theirs**2).mean(0), atol=5 * math.sqrt(2 * 4 / 45 / 400))


@pytest.mark.parametrize("axes", [([0], [1]), ([0, 2], [1]), (None, [1])])
def test_fans_by_axes_are_those_of_keras(axes):
    from keras.src.initializers.random_initializers import compute_fans as their_fans

    assert compute_fans((3, 4, 5), *axes) == their_fans((3, 4, 5), *axes)
    options = {"seed": 1, "input_axes": axes[0], "output_axes": axes[1]}
    drawn = [np.asarray(side.initializers.HeNormal(**options)((30, 40, 50))) for side in (kgraph, keras)]
    assert drawn[0].std() == pytest.approx(drawn[1].std(), rel=0.02)


def test_every_initializer_of_keras_is_there():
    names = {name for name in dir(keras.initializers) if not name.startswith("_")}
    assert names <= set(kgraph.initializers.__all__)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_means_what_it_means_in_keras(name):
    ours, theirs = kgraph.initializers.get(name), keras.initializers.get(name)
    assert type(ours).__name__ == type(theirs).__name__
    # Keras forgets the gain of an identity.
    assert ours.get_config() == {**theirs.get_config(), **({"gain": 1.0} if name == "identity" else {})}


@pytest.mark.parametrize(("name", "options"), [*RANDOM, *CONSTANT], ids=str)
def test_a_config_of_one_side_is_read_by_the_other(name, options):
    ours, theirs = (getattr(side.initializers, name)(**options) for side in (kgraph, keras))
    here = kgraph.initializers.deserialize(keras.initializers.serialize(theirs))
    there = keras.initializers.deserialize(kgraph.initializers.serialize(ours))
    if options != {"gain": 0.5}:
        assert here.get_config() == ours.get_config()
    assert there.get_config() == theirs.get_config()


@pytest.mark.parametrize("side", [kgraph, keras], ids=["kgraph", "keras"])
def test_one_initializer_draws_the_same_values_each_time_as_in_keras(side):
    initializer = side.initializers.GlorotUniform()
    np.testing.assert_array_equal(initializer((3, 4)), initializer((3, 4)))
    assert (np.asarray(side.initializers.GlorotUniform()((3, 4))) != np.asarray(initializer((3, 4)))).any()
