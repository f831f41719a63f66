"""RMSprop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.moments import advance, advance_square
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class RMSprop(Optimizer):
    """Divides the gradient by a moving root mean square of itself.

    ``v <- rho·v + (1-rho)·g²`` and ``w <- w - lr·g / sqrt(v + epsilon)``. Centered, ``v`` is less the square of
    a moving average of ``g``. With momentum, ``m <- momentum·m + lr·g / sqrt(v + epsilon)`` and ``w <- w - m``.

    Args:
        learning_rate: a number or a schedule.
        rho: how much of ``v`` stays at each step.
        momentum: the share of its last step that a variable goes on with.
        epsilon: keeps the quotient finite.
        centered: whether to divide by the deviation rather than the mean square.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
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
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        self._velocities: list[Variable] = []
        self._momentums: list[Variable] = []
        self._average_gradients: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        self._velocities = self.add_optimizer_variables(variables, "velocity")
        if self.momentum:
            self._momentums = self.add_optimizer_variables(variables, "momentum")
        if self.centered:
            self._average_gradients = self.add_optimizer_variables(variables, "average_gradient")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        rate = cast(learning_rate, variable.type.dtype)
        place = self._get_variable_index(variable)
        square = self._mean_square(gradient, place)
        if self.momentum:
            slot = self._momentums[place]
            step = rate * gradient / ops.sqrt(square + self.epsilon)
            momentum = named(self.momentum * slot.value + step, "momentum")
            self.assign(slot, momentum)
            self.assign(variable, named(variable.value - momentum, "value"))
        else:
            stepped = apply("rmsprop_step", variable, gradient, square, rate, epsilon=self.epsilon)
            self.assign(variable, named(stepped, "value"))

    def _mean_square(self, gradient: Any, place: int) -> Any:
        """The moving mean of the gradient's square, or its moving variance where centered."""
        velocity = advance_square(self, self._velocities[place], gradient, self.rho, "velocity")
        if not self.centered:
            return velocity
        average = advance(self, self._average_gradients[place], gradient, self.rho, "average_gradient")
        return named(velocity - ops.square(average), "variance")
