"""Adam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.moments import advance, advance_square, step_size
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, named
from kgraph.variable import Variable


class Adam(Optimizer):
    """Gradient descent by moving averages of the gradient and of its square.

    At step ``t``: ``m <- m + (1-beta_1)·(g - m)``, ``v <- v + (1-beta_2)·(g² - v)`` and
    ``w <- w - step_size·m / (sqrt(v) + epsilon)``, where ``step_size = lr·sqrt(1-beta_2^t) / (1-beta_1^t)`` makes up
    for averages that start at 0.

    Args:
        learning_rate: a number or a schedule.
        beta_1: how much of ``m`` stays at each step.
        beta_2: how much of ``v`` stays at each step.
        epsilon: keeps the quotient finite.
        amsgrad: whether to divide by the largest ``v`` so far.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
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
        self.amsgrad = amsgrad
        self._momentums: list[Variable] = []
        self._velocities: list[Variable] = []
        self._velocity_hats: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        if self.amsgrad:
            self._velocity_hats = self.add_optimizer_variables(variables, "velocity_hat")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        place = self._get_variable_index(variable)
        rate = step_size(self, learning_rate, self.beta_1, self.beta_2, variable.type.dtype)
        momentum = advance(self, self._momentums[place], gradient, self.beta_1, "momentum")
        velocity = advance_square(self, self._velocities[place], gradient, self.beta_2, "velocity")
        if self.amsgrad:
            slot = self._velocity_hats[place]
            velocity = named(ops.maximum(slot.value, velocity), "velocity_hat")
            self.assign(slot, velocity)
        stepped = apply("adam_step", variable, momentum, velocity, rate, epsilon=self.epsilon)
        self.assign(variable, named(stepped, "value"))
