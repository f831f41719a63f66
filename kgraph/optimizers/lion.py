"""Lion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.arguments import number
from kgraph.optimizers.moments import advance
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class Lion(Optimizer):
    """Steps of one length: the sign of a mean of gradient and momentum.

    ``w <- w - lr·sign(beta_1·m + (1-beta_1)·g)``, then ``m <- beta_2·m + (1-beta_2)·g``.

    Args:
        learning_rate: a number or a schedule.
        beta_1: the share of the momentum in a step, above 0 and at most 1.
        beta_2: how much of ``m`` stays at each step.
        weight_decay: see ``Optimizer``, as for all that follow.

    Raises:
        ValueError: ``beta_1`` is not above 0 and at most 1.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("beta_1", "beta_2")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
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
        if not 0 < number("Lion: beta_1", beta_1) <= 1:
            raise ValueError(f"Lion: beta_1 must be above 0 and at most 1, not {beta_1}")
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self._momentums: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        rate = cast(learning_rate, variable.type.dtype)
        slot = self._momentums[self._get_variable_index(variable)]
        direction = named(ops.sign(apply("moment", slot, gradient, beta=self.beta_1)), "direction")
        self.assign(variable, named(apply("sgd_step", variable, direction, rate), "value"))
        advance(self, slot, gradient, self.beta_2, "momentum")
