"""Learning rate schedules against their formulas, on numbers and in graphs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tracing import run_traced

import kgraph as keras
from kgraph import ops
from kgraph.optimizers import SGD, schedules

STEPS = (0, 1, 3, 4, 5, 8, 10, 11, 19, 30)


def cosine(done: float, alpha: float = 0.0) -> float:
    return (1 - alpha) * 0.5 * (1 + math.cos(math.pi * done)) + alpha


def restarts(step: float, length: float, t_mul: float, m_mul: float) -> float:
    height = 1.0
    while step >= length:
        step, length, height = step - length, length * t_mul, height * m_mul
    return height * cosine(step / length)


CASES: dict[str, tuple[Callable[[], schedules.LearningRateSchedule], Callable[[float], float]]] = {
    "exponential": (lambda: schedules.ExponentialDecay(0.1, 10, 0.5), lambda t: 0.1 * 0.5 ** (t / 10)),
    "exponential stairs": (
        lambda: schedules.ExponentialDecay(0.1, 4, 0.5, staircase=True),
        lambda t: 0.1 * 0.5 ** (t // 4),
    ),
    "inverse time": (lambda: schedules.InverseTimeDecay(0.1, 10, 0.5), lambda t: 0.1 / (1 + 0.5 * t / 10)),
    "inverse time stairs": (
        lambda: schedules.InverseTimeDecay(0.1, 4, 0.5, staircase=True),
        lambda t: 0.1 / (1 + 0.5 * (t // 4)),
    ),
    "polynomial": (
        lambda: schedules.PolynomialDecay(0.1, 10, 0.02, power=2.0),
        lambda t: 0.08 * (1 - min(t, 10) / 10) ** 2 + 0.02,
    ),
    "polynomial in cycles": (
        lambda: schedules.PolynomialDecay(0.1, 10, 0.02, cycle=True),
        lambda t: 0.08 * (1 - t / (10 * max(1, math.ceil(t / 10)))) + 0.02,
    ),
    "piecewise": (
        lambda: schedules.PiecewiseConstantDecay([3, 10], [1.0, 0.5, 0.25]),
        lambda t: 1.0 if t <= 3 else 0.5 if t <= 10 else 0.25,
    ),
    "one piece": (lambda: schedules.PiecewiseConstantDecay([], [0.5]), lambda t: 0.5),
    "cosine": (lambda: schedules.CosineDecay(0.1, 10, alpha=0.2), lambda t: 0.1 * cosine(min(t, 10) / 10, 0.2)),
    "cosine with warmup": (
        lambda: schedules.CosineDecay(0.1, 10, warmup_target=0.5, warmup_steps=4),
        lambda t: 0.1 + 0.4 * t / 4 if t < 4 else 0.5 * cosine(min(t - 4, 10) / 10),
    ),
    "cosine with a warmup of no steps": (
        lambda: schedules.CosineDecay(0.1, 10, warmup_target=0.5),
        lambda t: 0.5 * cosine(min(t, 10) / 10),
    ),
    "cosine with restarts": (
        lambda: schedules.CosineDecayRestarts(0.1, 4, m_mul=0.5),
        lambda t: 0.1 * restarts(t, 4, 2, 0.5),
    ),
    "cosine with even restarts": (
        lambda: schedules.CosineDecayRestarts(0.1, 4, t_mul=1.0, m_mul=0.5),
        lambda t: 0.1 * restarts(t, 4, 1, 0.5),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_schedule_follows_its_formula(case: str) -> None:
    make, formula = CASES[case]
    schedule = make()
    expected = [formula(step) for step in STEPS]
    given = [schedule(step) for step in STEPS]
    assert {np.asarray(rate).dtype.name for rate in given} == {"float32"}
    np.testing.assert_allclose(given, expected, rtol=1e-6, atol=1e-9)
    traced = [run_traced(schedule, np.int64(step))[0] for step in STEPS]
    np.testing.assert_allclose(traced, given, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_a_config_makes_the_same_schedule_again(case: str) -> None:
    schedule = CASES[case][0]()
    config = schedules.serialize(schedule)
    again = schedules.deserialize(config)
    assert type(again) is type(schedule)
    assert again.get_config() == schedule.get_config()
    assert config["module"] == "keras.optimizers.schedules"


@pytest.mark.parametrize("t_mul", [1.5, 3.0, 5.0, 10.0])
def test_restarts_come_at_their_steps_whatever_the_logarithm_rounds_to(t_mul: float) -> None:
    schedule = schedules.CosineDecayRestarts(1.0, 1000, t_mul=t_mul)
    for count in range(1, 6):
        start = 1000 * sum(t_mul**period for period in range(count))
        assert float(schedule(round(start))) > 0.999
        assert float(schedule(round(start) - 1)) < 0.001


def test_steps_that_float32_cannot_tell_apart_have_rates_of_their_own() -> None:
    schedule = schedules.PiecewiseConstantDecay([2**24], [1.0, 0.5])
    assert [float(schedule(2**24 + more)) for more in (0, 1)] == [1.0, 0.5]


def test_the_nodes_of_a_schedule_stand_under_its_name() -> None:
    _, _, graph = run_traced(schedules.ExponentialDecay(0.1, 10, 0.5, name="slower"), np.int64(3))
    assert "slower/rate" in graph


def test_a_model_trains_along_a_schedule() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    schedule = schedules.PiecewiseConstantDecay([0, 1], [0.5, 0.25, 0.0])
    model.compile(SGD(schedule), loss=lambda y_true, y_pred: ops.mean(y_true - y_pred, axis=-1))
    model.fit(np.ones((4, 1)), np.zeros((4, 1)), batch_size=1, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [[0.75]])
    assert model.optimizer.learning_rate == 0


def test_a_users_schedule_is_described_by_its_arguments() -> None:
    class Warm(schedules.LearningRateSchedule):
        def __init__(self, top: float, over: int = 4) -> None:
            self.top = top
            self.over = over

        def __call__(self, step: Any) -> Any:
            return self.top * ops.minimum((step + 1) / self.over, 1.0)

    with keras.utils.custom_object_scope({"Warm": Warm}):
        optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(SGD(Warm(0.5, over=2))))
    assert optimizer.get_config()["learning_rate"]["config"] == {"top": 0.5, "over": 2}
    assert [float(optimizer._learning_rate(step)) for step in (0, 1, 5)] == [0.25, 0.5, 0.5]


def test_a_schedule_without_a_call_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"schedule LearningRateSchedule has no __call__\(step\)"):
        schedules.LearningRateSchedule()(0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), "ExponentialDecay: decay_steps must be positive, not 0"),
        (lambda: schedules.InverseTimeDecay(0.1, -1, 0.5), "InverseTimeDecay: decay_steps must be positive, not -1"),
        (lambda: schedules.PolynomialDecay(0.1, 0), "PolynomialDecay: decay_steps must be positive, not 0"),
        (lambda: schedules.CosineDecay(0.1, 0), "CosineDecay: decay_steps must be positive, not 0"),
        (lambda: schedules.CosineDecayRestarts(0.1, 0), "first_decay_steps must be positive, not 0"),
        (lambda: schedules.PiecewiseConstantDecay([1], [0.1]), "1 boundaries need 2 values, not 1"),
        (lambda: schedules.PiecewiseConstantDecay([2, 1], [1, 2, 3]), r"boundaries must rise, but are \[2, 1\]"),
    ],
)
def test_numbers_that_make_no_schedule_are_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown learning rate schedule 'Sinking'"):
        schedules.deserialize({"class_name": "Sinking", "config": {}})
