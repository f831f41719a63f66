"""Lamb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.optimizers.moments import MomentOptimizer, advance, advance_square, weight_so_far
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class Lamb(MomentOptimizer):
    """Adam with steps in proportion to the norm of each variable, for large batches.

    ``m`` and ``v`` as in Adam; ``u = m / (1-beta_1^t) / (sqrt(v / (1-beta_2^t)) + epsilon)`` and
    ``w <- w - lr·(norm(w) / norm(u))·u``, where the quotient is 1 if either norm is 0.

    Args:
        learning_rate: a number or a schedule.
        beta_1: how much of ``m`` stays at each step.
        beta_2: how much of ``v`` stays at each step.
        epsilon: keeps the quotient finite.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    _momentums: list[Variable]
    _velocities: list[Variable]

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        dtype = variable.type.dtype
        place = self._get_variable_index(variable)
        momentum = advance(self, self._momentums[place], gradient, self.beta_1, "momentum")
        velocity = advance_square(self, self._velocities[place], gradient, self.beta_2, "velocity")
        first = cast(weight_so_far(self, self.beta_1, "momentum_weight"), dtype)
        second = cast(weight_so_far(self, self.beta_2, "velocity_weight"), dtype)
        step = named(momentum / first / (ops.sqrt(velocity / second) + self.epsilon), "step")
        rate = named(cast(learning_rate, dtype) * _trust(variable.value, step), "rate")
        self.assign(variable, named(apply("sgd_step", variable, step, rate), "value"))


def _trust(variable: Any, step: Any) -> Any:
    """``norm(variable) / norm(step)``; 1 where either is 0."""
    norm, step_norm = ops.norm(variable), ops.norm(step)
    both = ops.logical_and(ops.greater(norm, 0.0), ops.greater(step_norm, 0.0))
    return named(ops.where(both, ops.divide_no_nan(norm, step_norm), 1.0), "trust")
