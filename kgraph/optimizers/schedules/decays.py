"""Learning rates that fall by a formula."""

from __future__ import annotations

from typing import Any

from kgraph import ops
from kgraph.optimizers.schedules.schedule import BuiltInSchedule, check_steps


class ExponentialDecay(BuiltInSchedule):
    """``initial_learning_rate * decay_rate^(step / decay_steps)``.

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: how many steps make one factor ``decay_rate``; positive.
        decay_rate: that factor.
        staircase: whether the exponent is rounded down, so that the rate stays for ``decay_steps`` steps.
        name: stands before the names of its nodes.

    Raises:
        ValueError: ``decay_steps`` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        super().__init__(name)
        check_steps("ExponentialDecay", "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase

    def _rate(self, step: Any) -> Any:
        periods = step / self.decay_steps
        return self.initial_learning_rate * ops.power(
            self.decay_rate, ops.floor(periods) if self.staircase else periods
        )


class InverseTimeDecay(BuiltInSchedule):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``.

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: the unit in which steps are counted; positive.
        decay_rate: how fast the rate falls.
        staircase: whether ``step / decay_steps`` is rounded down.
        name: stands before the names of its nodes.

    Raises:
        ValueError: ``decay_steps`` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        super().__init__(name)
        check_steps("InverseTimeDecay", "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.staircase = staircase

    def _rate(self, step: Any) -> Any:
        periods = step / self.decay_steps
        periods = ops.floor(periods) if self.staircase else periods
        return self.initial_learning_rate / (1.0 + self.decay_rate * periods)


class PolynomialDecay(BuiltInSchedule):
    """``(initial_learning_rate - end_learning_rate) * (1 - step / decay_steps)^power + end_learning_rate``.

    After ``decay_steps`` the rate stays where it is; with ``cycle`` it rises again, and falls over twice, three times,
    ... as many steps: ``decay_steps`` is then multiplied by ``ceil(step / decay_steps)``.

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: how many steps the way down takes; positive.
        end_learning_rate: the rate at its end.
        power: 1 for a straight line.
        cycle: whether the rate rises again.
        name: stands before the names of its nodes.

    Raises:
        ValueError: ``decay_steps`` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        super().__init__(name)
        check_steps("PolynomialDecay", "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle

    def _rate(self, step: Any) -> Any:
        periods = step / self.decay_steps
        done = periods / ops.maximum(ops.ceil(periods), 1.0) if self.cycle else ops.minimum(periods, 1.0)
        height = self.initial_learning_rate - self.end_learning_rate
        return height * ops.power(1.0 - done, self.power) + self.end_learning_rate
