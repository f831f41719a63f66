"""AdamW without a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.moments import advance_square, step_number, weight_so_far
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import cast, named
from kgraph.variable import Variable


class ScheduleFreeAdamW(Optimizer):
    """AdamW whose variables stand between a fast sequence ``z`` and its mean ``x``, in place of a falling rate.

    At step ``t``: ``v <- v + (1-beta_2)·(g² - v)`` and ``z <- z - lr_t·g / (sqrt(v / (1-beta_2^t)) + epsilon)``, with
    ``lr_t = lr·min(t / warmup_steps, 1)``; ``x <- x + (z - x) / t`` and ``w <- (1-beta_1)·z + beta_1·x``.

    Args:
        learning_rate: a number or a schedule.
        beta_1: the share of ``x`` in the variables; above 0.
        beta_2: how much of ``v`` stays at each step.
        epsilon: keeps the quotient finite.
        warmup_steps: how many steps the learning rate rises for.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon", "warmup_steps")

    def __init__(
        self,
        learning_rate: Rate = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        warmup_steps: int = 0,
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
        self.warmup_steps = warmup_steps
        self._momentums: list[Variable] = []
        self._velocities: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        for momentum, variable in zip(self._momentums, variables, strict=True):
            momentum.assign(variable.value)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        dtype = variable.type.dtype
        place = self._get_variable_index(variable)
        numbers = self.shared("numbers", lambda: self._numbers(learning_rate))
        rate, new_share, weight = (cast(number, dtype) for number in numbers)
        velocity = advance_square(self, self._velocities[place], gradient, self.beta_2, "velocity")
        slot = self._momentums[place]
        old = slot.value
        mean = (variable.value - (1.0 - self.beta_1) * old) / self.beta_1
        fast = named(old - rate * gradient / (ops.sqrt(velocity / weight) + self.epsilon), "momentum")
        self.assign(slot, fast)
        mean = named(mean + new_share * (fast - mean), "mean")
        self.assign(variable, named(fast + self.beta_1 * (mean - fast), "value"))

    def _numbers(self, learning_rate: Any) -> tuple[Any, Any, Any]:
        """The learning rate, the share of ``z`` in ``x``, and the weight of ``v`` in this step, in float64."""
        step = step_number(self)
        rate = cast(learning_rate, "f64")
        if self.warmup_steps:
            rate = rate * ops.minimum(step / float(self.warmup_steps), 1.0)
        weight = weight_so_far(self, self.beta_2, "velocity_weight")
        return named(rate, "rate"), named(1.0 / step, "new_share"), weight
