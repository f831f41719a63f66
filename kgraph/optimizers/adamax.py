"""Adamax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.optimizers.moments import MomentOptimizer, advance, weight_so_far
from kgraph.tensor import cast, named
from kgraph.variable import Variable


class Adamax(MomentOptimizer):
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

    _momentums: list[Variable]
    _norms: list[Variable]

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
