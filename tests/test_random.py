"""Random tensors and the seeds that they come from."""

from __future__ import annotations

import random as python_random
from math import comb

import numpy as np
import pytest

from kgraph import ops, random
from kgraph.builder import Builder
from kgraph.tensor import lower, wrap
from kgraph.trace import Trace
from kgraph.types import TensorType
from kgraph.utils import set_random_seed


def test_draws_have_the_moments_asked_for() -> None:
    uniform = random.uniform((400, 500), -1.0, 3.0, seed=1)
    assert uniform.min() >= -1.0 and uniform.max() < 3.0
    assert uniform.mean() == pytest.approx(1.0, abs=0.02)
    normal = random.normal((400, 500), 2.0, 0.5, seed=1)
    assert (normal.mean(), normal.std()) == (pytest.approx(2.0, abs=0.01), pytest.approx(0.5, abs=0.01))
    whole = random.randint((1000,), 3, 6, seed=1)
    assert set(whole.tolist()) == {3, 4, 5} and whole.dtype == np.int32


def test_truncated_normal_numbers_have_the_quantiles_of_the_distribution() -> None:
    values = np.sort(random.truncated_normal((200_001,), dtype="float64", seed=5))
    # Of a standard normal distribution cut off at 2: P(|x| < 1) = 0.68269 / 0.95450.
    assert (np.abs(values) < 1.0).mean() == pytest.approx(0.68269 / 0.95450, abs=0.004)
    assert values[100_000] == pytest.approx(0.0, abs=0.01)
    assert np.abs(values).max() <= 2.0


def test_an_int_seed_gives_the_same_numbers_and_a_generator_others_each_time() -> None:
    np.testing.assert_array_equal(random.normal((5,), seed=3), random.normal((5,), seed=3))
    assert (random.normal((5,), seed=3) != random.normal((5,), seed=4)).any()
    generator = random.SeedGenerator(3)
    first, second = random.normal((5,), seed=generator), random.normal((5,), seed=generator)
    np.testing.assert_array_equal(first, random.normal((5,), seed=3))
    assert (first != second).any()
    assert (random.normal((5,)) != random.normal((5,))).any()


def test_setting_the_random_seed_repeats_all_draws() -> None:
    def draw() -> list[float]:
        set_random_seed(11)
        own = [float(random.uniform((), seed=seed)) for seed in (None, None, random.SeedGenerator())]
        return [*own, python_random.random(), float(np.random.random())]

    assert draw() == draw()


def test_a_generator_advances_in_a_graph_by_an_update() -> None:
    generator = random.SeedGenerator(9)
    trace = Trace(Builder("draws"))
    with trace.active():
        x = wrap(trace.builder.leaf("input", "x", TensorType("f32", ("N", 2))))
        draws = [random.uniform(ops.shape(x), seed=generator) for _ in range(2)]
        for name, draw in zip(("first", "second"), draws, strict=True):
            trace.builder.output(name, lower(trace, draw))
    trace.apply_updates()
    graph = trace.builder.finish()
    state = generator.state.path
    results = graph.run({"x": np.zeros((3, 2), np.float32), state: generator.state.numpy()})
    np.testing.assert_array_equal(results[state], [9, 2])
    np.testing.assert_array_equal(results["first"], random.uniform((3, 2), seed=generator))
    np.testing.assert_array_equal(results["second"], random.uniform((3, 2), seed=generator))


def test_dropout_keeps_the_mean_and_shares_noise_along_axes_of_1() -> None:
    x = np.ones((200, 300), np.float32)
    dropped = random.dropout(x, 0.25, seed=1)
    assert set(np.unique(dropped).tolist()) == {0.0, np.float32(1 / 0.75)}
    assert dropped.mean() == pytest.approx(1.0, abs=0.02)
    rows = random.dropout(x, 0.5, noise_shape=(200, 1), seed=1)
    assert (rows == rows[:, :1]).all()


@pytest.mark.parametrize("alpha", [0.05, 0.7, 1.0, 4.5, 300.0])
def test_gamma_numbers_have_the_moments_of_the_distribution(alpha: float) -> None:
    values = random.gamma((200_000,), alpha, dtype="float64", seed=3)
    assert values.mean() == pytest.approx(alpha, rel=0.03)
    assert values.var() == pytest.approx(alpha, rel=0.06)
    third = ((values - values.mean()) ** 3).mean() / values.std() ** 3
    assert third == pytest.approx(2 / np.sqrt(alpha), rel=0.15, abs=0.03)


@pytest.mark.parametrize(("a", "b"), [(0.01, 0.02), (0.5, 0.5), (2.0, 5.0), (800.0, 100.0)])
def test_beta_numbers_have_the_moments_of_the_distribution(a: float, b: float) -> None:
    values = random.beta((200_000,), a, b, seed=4)
    assert values.dtype == np.float32 and np.isfinite(values).all()
    assert values.mean() == pytest.approx(a / (a + b), rel=0.02)
    assert values.var() == pytest.approx(a * b / ((a + b) ** 2 * (a + b + 1)), rel=0.05)


@pytest.mark.parametrize(("count", "p"), [(1, 0.3), (20, 0.5), (1000, 0.02), (10**6, 0.7)])
def test_binomial_numbers_have_the_moments_of_the_distribution(count: int, p: float) -> None:
    values = random.binomial((100_000,), count, p, dtype="float64", seed=5)
    assert ((values == np.round(values)) & (values >= 0) & (values <= count)).all()
    assert values.mean() == pytest.approx(count * p, rel=0.02)
    assert values.var() == pytest.approx(count * p * (1 - p), rel=0.04)


def test_binomial_numbers_of_few_tries_have_the_probabilities_of_the_distribution() -> None:
    values = random.binomial((200_000,), 40, 0.3, seed=6)
    for k in (6, 12, 18):
        wanted = comb(40, k) * 0.3**k * 0.7 ** (40 - k)
        assert (values == k).mean() == pytest.approx(wanted, rel=0.05)


def test_categorical_draws_each_class_with_its_probability() -> None:
    logits = np.log(np.array([[0.1, 0.2, 0.7], [1.0, 0.0, 1.0]], np.float32), where=[[True] * 3, [True, False, True]],
                    out=np.full((2, 3), -np.inf, np.float32))  # fmt: skip
    drawn = random.categorical(logits, 100_000, seed=7)
    assert drawn.shape == (2, 100_000) and drawn.dtype == np.int32
    parts = [np.bincount(row, minlength=3) / 100_000 for row in drawn]
    np.testing.assert_allclose(parts, [[0.1, 0.2, 0.7], [0.5, 0.0, 0.5]], atol=0.005)
    with pytest.raises(ValueError, match="logits must be"):
        random.categorical(np.zeros(3), 2)


def test_parameters_broadcast_and_what_is_none_gives_nan() -> None:
    numbers = random.gamma((2, 3), np.array([0.0, -1.0, np.inf], np.float32), seed=1)
    np.testing.assert_array_equal(numbers, [[0.0, np.nan, np.inf]] * 2)
    numbers = random.binomial((4,), np.array([-1.0, 5.0, 5.0, np.inf]), np.array([0.5, 1.5, 1.0, 0.5]), seed=1)
    np.testing.assert_array_equal(numbers, [np.nan, np.nan, 5.0, np.nan])


def test_drawing_from_a_distribution_in_a_graph_gives_other_numbers_each_time_and_takes_unknown_dimensions() -> None:
    generator = random.SeedGenerator(2)
    trace = Trace(Builder("draws"))
    with trace.active():
        x = wrap(trace.builder.leaf("input", "x", TensorType("f32", ("N", 2))))
        first, second = (random.gamma(ops.shape(x), x, seed=generator) for _ in range(2))
        trace.builder.output("drawn", lower(trace, ops.stack([first, second])))
    trace.apply_updates()
    alphas = np.full((3, 2), 2.0, np.float32)
    drawn = trace.builder.finish().run({"x": alphas, generator.state.path: generator.state.numpy()})["drawn"]
    assert drawn.shape == (2, 3, 2) and (drawn[0] != drawn[1]).all()


def test_noise_takes_the_size_of_the_inputs_where_it_says_none() -> None:
    dropped = random.dropout(np.ones((500, 3, 4), np.float32), 0.5, noise_shape=(None, 1, None), seed=1)
    assert (dropped == dropped[:, :1]).all() and (dropped != dropped[:, :, :1]).any()


def test_shuffle_keeps_the_slices() -> None:
    x = np.arange(20).reshape(10, 2)
    shuffled = random.shuffle(x, seed=2)
    assert (shuffled != x).any()
    np.testing.assert_array_equal(np.sort(shuffled, 0), x)


@pytest.mark.parametrize("seed", [1.5, "one", True])
def test_a_seed_is_an_int(seed: object) -> None:
    with pytest.raises(TypeError, match="a seed is an int"):
        random.uniform((2,), seed=seed)


def test_dtypes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="random.normal: dtype must be float32 or float64, not 'int32'"):
        random.normal((2,), dtype="int32")
    with pytest.raises(ValueError, match="random.randint: dtype must be int32 or int64, not 'float32'"):
        random.randint((2,), 0, 3, dtype="float32")
