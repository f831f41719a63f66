"""Moving averages of gradients and of their squares, which Adam and its kin keep in slots."""

from __future__ import annotations

from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class MomentOptimizer(Optimizer):
    """What Adamax, Nadam and Lamb are made of: two averages and a small number, with Adam's defaults.

    Args:
        learning_rate: a number or a schedule.
        beta_1: how much of the first average stays at each step.
        beta_2: how much of the second average stays at each step.
        epsilon: keeps the quotient finite.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon


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
