"""Adadelta."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.moments import advance_square
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class Adadelta(Optimizer):
    """Steps as long as the steps before, in proportion to the gradient now and before.

    ``v <- rho·v + (1-rho)·g²``, ``d = g·sqrt(s + epsilon) / sqrt(v + epsilon)``, ``s <- rho·s + (1-rho)·d²`` and
    ``w <- w - lr·d``.

    Args:
        learning_rate: a number or a schedule; 1 is what the paper has.
        rho: how much of ``v`` and ``s`` stays at each step.
        epsilon: keeps the quotient finite, and the first steps above 0.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("rho", "epsilon")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        rho: float = 0.95,
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
        self.rho = rho
        self.epsilon = epsilon
        self._accumulated_grads: list[Variable] = []
        self._accumulated_delta_vars: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        self._accumulated_grads, self._accumulated_delta_vars = self.add_optimizer_variables(
            variables, ["accumulated_grad", "accumulated_delta_var"]
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        rate = cast(learning_rate, variable.type.dtype)
        place = self._get_variable_index(variable)
        steps = self._accumulated_delta_vars[place]
        before = ops.sqrt(steps.value + self.epsilon)
        square = advance_square(self, self._accumulated_grads[place], gradient, self.rho, "accumulated_grad")
        step = named(gradient * before / ops.sqrt(square + self.epsilon), "step")
        advance_square(self, steps, step, self.rho, "accumulated_delta_var")
        self.assign(variable, named(apply("sgd_step", variable, step, rate), "value"))
