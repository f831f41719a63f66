"""Adam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.optimizers.optimizer import Optimizer, Schedule
from kgraph.tensor import apply, cast, named
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

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str = "adam",
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, name, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad
        self._momentums: list[Variable] = []
        self._velocities: list[Variable] = []
        self._velocity_hats: list[Variable] = []

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.slots(variables, "momentum", "velocity")
        if self.amsgrad:
            (self._velocity_hats,) = self.slots(variables, "velocity_hat")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        dtype = variable.type.dtype
        place = self._get_variable_index(variable)
        step_size = self.shared(("step_size", dtype), lambda: self._step_size(learning_rate, dtype))
        slot = self._momentums[place]
        momentum = named(apply("moment", slot, gradient, beta=self.beta_1), "momentum")
        self.assign(slot, momentum)
        slot = self._velocities[place]
        velocity = named(apply("second_moment", slot, gradient, beta=self.beta_2), "velocity")
        self.assign(slot, velocity)
        if self.amsgrad:
            slot = self._velocity_hats[place]
            velocity = named(ops.maximum(slot.value, velocity), "velocity_hat")
            self.assign(slot, velocity)
        stepped = apply("adam_step", variable, momentum, velocity, step_size, epsilon=self.epsilon)
        self.assign(variable, named(stepped, "value"))

    def _step_size(self, learning_rate: Any, dtype: str) -> Any:
        # In float64, a few scalar operations a step: 1 - 0.999 in float32 is off by 1e-5 of itself.
        step = named(cast(self.next_iteration(), "f64"), "step")
        first = named(1.0 - ops.power(self.beta_1, step), "momentum_weight")
        second = named(1.0 - ops.power(self.beta_2, step), "velocity_weight")
        exact = cast(learning_rate, "f64") * ops.sqrt(second) / first
        return named(cast(exact, dtype), "step_size")

    def get_config(self) -> dict[str, Any]:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon, "amsgrad": self.amsgrad}
        return {**super().get_config(), **own}
