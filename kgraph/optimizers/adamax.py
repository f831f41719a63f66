"""Adamax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.moments import advance, weight_so_far
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import cast, named
from kgraph.variable import Variable


class Adamax(Optimizer):
    """Adam with the largest gradient in place of the mean square.

    At step ``t``: ``m <- m + (1-beta_1)·(g - m)``, ``u <- max(beta_2·u, |g|)`` and
    ``w <- w - lr / (1-beta_1^t) · m / (u + epsilon)``.

    Args:
        learning_rate: a number or a schedule.
        beta_1: how much of ``m`` stays at each step.
        beta_2: how much of ``u`` stays at each step.
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
        self._momentums: list[Variable] = []
        self._norms: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        self._momentums, self._norms = self.add_optimizer_variables(variables, ["momentum", "norm"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        dtype = variable.type.dtype
        place = self._get_variable_index(variable)
        rate = self.shared(("step_size", dtype), lambda: self._step_size(learning_rate, dtype))
        momentum = advance(self, self._momentums[place], gradient, self.beta_1, "momentum")
        slot = self._norms[place]
        norm = named(ops.maximum(self.beta_2 * slot.value, ops.abs(gradient)), "norm")
        self.assign(slot, norm)
        self.assign(variable, named(variable.value - rate * momentum / (norm + self.epsilon), "value"))

    def _step_size(self, learning_rate: Any, dtype: str) -> Any:
        weight = weight_so_far(self, self.beta_1, "momentum_weight")
        return named(cast(cast(learning_rate, "f64") / weight, dtype), "step_size")
