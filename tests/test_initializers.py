"""Initializers: what they draw, and from which seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tracing import run_traced

from kgraph import initializers, ops
from kgraph.initializers.drawn import compute_fans
from kgraph.random import SeedGenerator
from kgraph.utils import set_random_seed


def test_constants_fill_the_shape() -> None:
    np.testing.assert_array_equal(initializers.Zeros()((2, 3)), np.zeros((2, 3), np.float32))
    np.testing.assert_array_equal(initializers.Ones()((2,), "int32"), np.ones(2, np.int32))
    np.testing.assert_array_equal(initializers.Constant([1.0, 2.0])((2, 2)), [[1, 2], [1, 2]])
    np.testing.assert_array_equal(initializers.get(0.5)((2,)), [0.5, 0.5])


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / (300 + 500)),
        ("glorot_normal", 2 / (300 + 500)),
        ("he_normal", 2 / 300),
        ("he_uniform", 2 / 300),
        ("lecun_normal", 1 / 300),
        ("lecun_uniform", 1 / 300),
        ("random_normal", 0.05**2),
        ("random_uniform", 0.1**2 / 12),
        ("truncated_normal", (0.05 * 0.87962566) ** 2),
    ],
)
def test_random_values_have_the_variance_of_the_formula(name: str, variance: float) -> None:
    values = initializers.get(name)((300, 500))
    assert values.dtype == np.float32
    assert abs(values.mean()) < 5 * math.sqrt(variance / values.size)
    assert values.var() == pytest.approx(variance, rel=0.02)


def test_an_identity_is_a_diagonal() -> None:
    np.testing.assert_array_equal(initializers.Identity(2.0)((2, 3)), [[2, 0, 0], [0, 2, 0]])
    assert initializers.get("identity")((2, 2)).dtype == np.float32
    with pytest.raises(ValueError, match=r"Identity initializes matrices, not a weight of shape \(2, 2, 2\)"):
        initializers.Identity()((2, 2, 2))


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (2, 4, 3), (1, 1)])
def test_an_orthogonal_weight_has_columns_or_rows_at_right_angles(shape: tuple[int, ...]) -> None:
    values = initializers.Orthogonal(gain=3.0, seed=1)(shape)
    assert (values.shape, values.dtype) == (shape, np.float32)
    matrix = values.reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 9 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_weights_favour_no_direction() -> None:
    drawn = np.stack([initializers.Orthogonal(seed=seed)((2, 2)) for seed in range(2000)])
    angles = np.arctan2(drawn[:, 1, 0], drawn[:, 0, 0])
    counts, _ = np.histogram(angles, bins=8, range=(-math.pi, math.pi))
    assert np.abs(counts - 250).max() < 5 * math.sqrt(250)
    assert abs((np.linalg.det(drawn) > 0).mean() - 0.5) < 5 * 0.5 / math.sqrt(2000)


def test_an_orthogonal_vector_does_not_exist() -> None:
    with pytest.raises(ValueError, match=r"two or more axes, not one of shape \(4,\)"):
        initializers.Orthogonal()((4,))


def test_an_orthogonal_weight_is_drawn_at_once_also_where_code_is_traced() -> None:
    def use(x: Any) -> Any:
        return ops.matmul(x, initializers.Orthogonal(seed=2)((3, 3)))

    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(run_traced(use, x)[0], x @ initializers.Orthogonal(seed=2)((3, 3)), rtol=1e-5)


@pytest.mark.parametrize("side", ["real", "imag"])
def test_a_kernel_of_waves_is_a_part_of_a_fourier_transform(side: str) -> None:
    signal = np.random.default_rng(3).normal(size=8)
    kernel = initializers.STFT(side, window=None)((8, 1, 5), "float64")
    expected = np.fft.rfft(signal)
    np.testing.assert_allclose(signal @ kernel[:, 0], expected.real if side == "real" else expected.imag, atol=1e-12)


@pytest.mark.parametrize(("scaling", "norm"), [("density", 2), ("spectrum", 1)])
def test_a_window_is_scaled_to_norm_1(scaling: str, norm: int) -> None:
    flat = initializers.STFT(window="hann", scaling=scaling)((9, 2, 4), "float64")[:, :, 0]
    np.testing.assert_allclose(np.linalg.norm(flat, norm, axis=0), [1, 1])
    hann = np.hanning(9)
    np.testing.assert_allclose(flat[:, 1], hann / np.linalg.norm(hann, norm), atol=1e-12)


def test_windows_have_their_formulas() -> None:
    def window(name: Any, **options: Any) -> np.ndarray:
        return initializers.STFT(window=name, scaling=None, **options)((9, 1, 2), "float64")[:, 0, 0]

    np.testing.assert_allclose(window("hamming"), np.hamming(9))
    np.testing.assert_allclose(window("blackman"), np.blackman(9), atol=1e-12)
    np.testing.assert_allclose(window("boxcar"), np.ones(9))
    np.testing.assert_allclose(window("hann", periodic=True), np.hanning(10)[:-1], atol=1e-12)
    np.testing.assert_allclose(window(np.arange(9.0)), np.arange(9.0))
    assert initializers.STFT()((1, 1, 1)) == [[[1.0]]]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"side": "left"}, "side must be one of 'real', 'imag', not 'left'"),
        ({"window": "round"}, "window must be one of 'boxcar', 'hann', .*not 'round'"),
        ({"scaling": "loud"}, "scaling must be one of 'density', 'spectrum', None, not 'loud'"),
    ],
)
def test_an_impossible_kernel_of_waves_is_refused(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        initializers.STFT(**arguments)
    with pytest.raises(ValueError, match=r"window has shape \(3,\), but frames have 4 numbers"):
        initializers.STFT(window=np.ones(3))((4, 1, 3))


def test_a_seed_is_an_int_or_a_generator() -> None:
    with pytest.raises(ValueError, match="seed must be an int or a SeedGenerator, not 0.5"):
        initializers.HeNormal(seed=0.5)  # type: ignore[arg-type]


def test_uniform_values_keep_their_limit() -> None:
    values = initializers.GlorotUniform(seed=3)((30, 20))
    limit = math.sqrt(6 / 50)
    assert 0.95 * limit < np.abs(values).max() <= limit


def test_truncated_values_stay_within_two_deviations() -> None:
    values = initializers.TruncatedNormal(1.0, 0.5, seed=3)((1000, 100))
    assert np.abs(values - 1.0).max() <= 1.0 + 1e-6
    assert np.abs(values - 1.0).max() > 0.99


def test_the_fans_of_a_convolution_count_its_window() -> None:
    assert compute_fans((3, 3, 8, 16)) == (72, 144)
    assert compute_fans((8, 16)) == (8, 16)
    assert compute_fans((5,)) == (5, 5)
    assert compute_fans(()) == (1, 1)


def test_fans_count_the_axes_that_are_given() -> None:
    assert compute_fans((3, 4, 5, 6), [0, 2], [1, 3]) == (15, 24)
    assert compute_fans((3, 4, 5), None, [1]) == compute_fans((3, 4, 5))
    by_axes = initializers.HeNormal(seed=1, input_axes=[2], output_axes=[0, 1])
    assert by_axes((20, 30, 400)).std() == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert by_axes.get_config() == {"seed": 1, "input_axes": [2], "output_axes": [0, 1]}


def test_an_initializer_gives_the_same_values_at_every_call() -> None:
    for initializer in (initializers.GlorotUniform(seed=1), initializers.HeNormal()):
        np.testing.assert_array_equal(initializer((4, 4)), initializer((4, 4)))
    assert (initializers.HeNormal()((4, 4)) != initializers.HeNormal()((4, 4))).any()


def test_a_seed_generator_gives_other_values_at_each_call() -> None:
    initializer = initializers.RandomUniform(seed=SeedGenerator(1))
    assert (initializer((4, 4)) != initializer((4, 4))).any()
    again = initializers.deserialize(initializers.serialize(initializer))
    assert isinstance(again.seed, SeedGenerator)
    assert again.seed.seed == 1


def test_setting_the_random_seed_settles_unseeded_initializers() -> None:
    def draw() -> np.ndarray:
        set_random_seed(7)
        return initializers.get("glorot_uniform")((3, 3))

    np.testing.assert_array_equal(draw(), draw())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"scale": 0}, "scale must be above 0, not 0"),
        ({"mode": "fan"}, "mode must be one of 'fan_in', 'fan_out', 'fan_avg', not 'fan'"),
        ({"distribution": "odd"}, "distribution must be one of"),
    ],
)
def test_an_impossible_variance_scaling_is_refused(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        initializers.VarianceScaling(**arguments)
