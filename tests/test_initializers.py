"""Initializers: what they draw, and from which seed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from kgraph import initializers
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


def test_uniform_values_keep_their_limit() -> None:
    values = initializers.GlorotUniform(seed=3)((30, 20))
    limit = math.sqrt(6 / 50)
    assert 0.95 * limit < np.abs(values).max() <= limit


def test_truncated_values_stay_within_two_deviations() -> None:
    values = initializers.TruncatedNormal(1.0, 0.5, seed=3)((1000, 100))
    assert np.abs(values - 1.0).max() <= 1.0 + 1e-6
    assert np.abs(values - 1.0).max() > 0.99


def test_the_fans_of_a_convolution_count_its_window() -> None:
    assert initializers.compute_fans((3, 3, 8, 16)) == (72, 144)
    assert initializers.compute_fans((8, 16)) == (8, 16)
    assert initializers.compute_fans((5,)) == (5, 5)
    assert initializers.compute_fans(()) == (1, 1)


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
        ({"mode": "fan"}, "mode must be one of fan_in, fan_out, fan_avg, not 'fan'"),
        ({"distribution": "odd"}, "distribution must be one of"),
    ],
)
def test_an_impossible_variance_scaling_is_refused(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        initializers.VarianceScaling(**arguments)
