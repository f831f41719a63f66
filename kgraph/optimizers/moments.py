"""Moving averages of gradients and of their squares, which Adam and its kin keep in slots."""

from __future__ import annotations

from typing import Any

from kgraph import ops
from kgraph.optimizers.optimizer import Optimizer
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


def advance(optimizer: Optimizer, slot: Variable, gradient: Any, beta: float, stem: str) -> Any:
    """``slot <- slot + (gradient - slot)·(1 - beta)``; gives the new value."""
    return _assigned(optimizer, slot, apply("moment", slot, gradient, beta=beta), stem)


def advance_square(optimizer: Optimizer, slot: Variable, gradient: Any, beta: float, stem: str) -> Any:
    """``slot <- slot + (gradient² - slot)·(1 - beta)``; gives the new value."""
    return _assigned(optimizer, slot, apply("second_moment", slot, gradient, beta=beta), stem)


def _assigned(optimizer: Optimizer, slot: Variable, value: Any, stem: str) -> Any:
    named(value, stem)
    optimizer.assign(slot, value)
    return value


def step_number(optimizer: Optimizer) -> Any:
    """The number of this step, from 1 on, in float64.

    What depends on it alone is a few scalar operations a step, and 1 - 0.999 in float32 is off by 1e-5 of itself.
    """
    return optimizer.shared("step", lambda: named(cast(optimizer.next_iteration(), "f64"), "step"))


def weight_so_far(optimizer: Optimizer, beta: float, stem: str) -> Any:
    """``1 - beta^t`` in float64: the sum of the weights in an average that started at 0, after ``t`` steps."""
    step = step_number(optimizer)
    return optimizer.shared((stem, beta), lambda: named(1.0 - ops.power(beta, step), stem))


def step_size(optimizer: Optimizer, learning_rate: Any, beta_1: float, beta_2: float, dtype: str) -> Any:
    """``learning_rate·sqrt(1 - beta_2^t) / (1 - beta_1^t)``: makes up for averages that start at 0."""

    def make() -> Any:
        first = weight_so_far(optimizer, beta_1, "momentum_weight")
        second = weight_so_far(optimizer, beta_2, "velocity_weight")
        return named(cast(cast(learning_rate, "f64") * ops.sqrt(second) / first, dtype), "step_size")

    return optimizer.shared(("step_size", dtype), make)
