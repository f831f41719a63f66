"""Nadam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.optimizers.moments import MomentOptimizer, advance, advance_square, step_number, weight_so_far
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class Nadam(MomentOptimizer):
    """Adam with Nesterov's momentum.

    At step ``t``: ``m`` and ``v`` as in Adam; with ``u_t = beta_1·(1 - 0.96^t / 2)`` and ``p_t = u_1·...·u_t``

    ``w <- w - lr·(u_{t+1}·m / (1 - p_{t+1}) + (1 - u_t)·g / (1 - p_t)) / (sqrt(v / (1-beta_2^t)) + epsilon)``.

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
        dtype = variables[0].dtype if variables else None
        self._product = self.add_variable((), "ones", dtype, name="momentum_product")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        dtype = variable.type.dtype
        place = self._get_variable_index(variable)
        old_share, new_share, scale = (cast(number, dtype) for number in self.shared("numbers", self._numbers))
        momentum = advance(self, self._momentums[place], gradient, self.beta_1, "momentum")
        velocity = advance_square(self, self._velocities[place], gradient, self.beta_2, "velocity")
        ahead = named(old_share * momentum + new_share * gradient, "momentum_ahead")
        spread = named(scale * velocity, "velocity_corrected")
        rate = cast(learning_rate, dtype)
        stepped = apply("adam_step", variable, ahead, spread, rate, epsilon=self.epsilon)
        self.assign(variable, named(stepped, "value"))

    def _numbers(self) -> tuple[Any, Any, Any]:
        """The factors of ``m``, ``g`` and ``v`` in this step, in float64; counts ``p`` on."""
        step = step_number(self)
        now, ahead = (self.beta_1 * (1.0 - 0.5 * ops.power(0.96, number)) for number in (step, step + 1.0))
        product = named(cast(self._product.value, "f64") * now, "momentum_product")
        self.assign(self._product, product)
        old_share = named(ahead / (1.0 - product * ahead), "old_share")
        new_share = named((1.0 - now) / (1.0 - product), "new_share")
        scale = named(1.0 / weight_so_far(self, self.beta_2, "velocity_weight"), "velocity_scale")
        return old_share, new_share, scale
