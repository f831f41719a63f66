"""Learning rates that fall along half a cosine."""

from __future__ import annotations

import math
from typing import Any, Final

from kgraph import ops
from kgraph.optimizers.schedules.schedule import BuiltInSchedule, check_steps

#: Of a restart's number, which a logarithm gives: 5 may come out as 4.999999999999999.
_ROUNDING: Final = 1e-9


class CosineDecay(BuiltInSchedule):
    """``top * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)``, which stays after ``decay_steps``.

    ``top`` is ``initial_learning_rate``. With a ``warmup_target`` the rate first rises from ``initial_learning_rate``
    to that target in a straight line over ``warmup_steps``, and the target is ``top``.

    Args:
        initial_learning_rate: the rate of step 0.
        decay_steps: how many steps the way down takes; positive.
        alpha: the share of the rate that is left at the end.
        name: stands before the names of its nodes.
        warmup_target: the rate after the warmup; ``None`` for no warmup.
        warmup_steps: how many steps the way up takes.

    Raises:
        ValueError: ``decay_steps`` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        super().__init__(name)
        check_steps("CosineDecay", "decay_steps", decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = decay_steps
        self.alpha = alpha
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def _rate(self, step: Any) -> Any:
        if self.warmup_target is None:
            return self._decayed(self.initial_learning_rate, step)
        decayed = self._decayed(self.warmup_target, step - self.warmup_steps)
        if not self.warmup_steps:
            return decayed
        slope = (self.warmup_target - self.initial_learning_rate) / self.warmup_steps
        risen = self.initial_learning_rate + slope * step
        return ops.where(ops.less(step, self.warmup_steps), risen, decayed)

    def _decayed(self, top: float, step: Any) -> Any:
        done = ops.minimum(step / self.decay_steps, 1.0)
        return top * _half_cosine(done, 1.0, self.alpha)


class CosineDecayRestarts(BuiltInSchedule):
    """Falls along half a cosine, jumps up, and falls again, each time over ``t_mul`` times as many steps.

    In the ``i``-th period, from 0 on, at the part ``x`` of its way:
    ``initial_learning_rate * ((1 - alpha) * m_mul^i * (1 + cos(pi * x)) / 2 + alpha)``.

    Args:
        initial_learning_rate: the rate of step 0.
        first_decay_steps: how many steps the first way down takes; positive.
        t_mul: how much longer each period is than the one before.
        m_mul: how high each jump goes in relation to the one before.
        alpha: the share of ``initial_learning_rate`` that is left at the end of a period.
        name: stands before the names of its nodes.

    Raises:
        ValueError: ``first_decay_steps`` is not positive.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        super().__init__(name)
        check_steps("CosineDecayRestarts", "first_decay_steps", first_decay_steps)
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = first_decay_steps
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha

    def _rate(self, step: Any) -> Any:
        restarts, done = self._period(step / self.first_decay_steps)
        return self.initial_learning_rate * _half_cosine(done, ops.power(self.m_mul, restarts), self.alpha)

    def _period(self, periods: Any) -> tuple[Any, Any]:
        """How many restarts there were, and the part of the way since; from the step in units of the first period."""
        if self.t_mul == 1.0:
            restarts = ops.floor(periods)
            return restarts, periods - restarts
        # The first i periods take (1 - t_mul^i) / (1 - t_mul).
        restarts = ops.floor(ops.log(1.0 - periods * (1.0 - self.t_mul)) / math.log(self.t_mul) + _ROUNDING)
        length = ops.power(self.t_mul, restarts)
        return restarts, (periods - (1.0 - length) / (1.0 - self.t_mul)) / length


def _half_cosine(done: Any, height: Any, alpha: float) -> Any:
    return (1.0 - alpha) * (0.5 * height * (1.0 + ops.cos(math.pi * done))) + alpha
