"""Gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph.arguments import number
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class SGD(Optimizer):
    """Gradient descent, with momentum where asked for.

    ``w <- w - lr·g``; with momentum ``m <- momentum·m - lr·g`` and ``w <- w + m``, in Nesterov's form
    ``w <- w + momentum·m - lr·g`` with the new ``m``.

    Args:
        learning_rate: a number or a schedule.
        momentum: the share of its last step that a variable goes on with, from 0 to 1.
        nesterov: whether to use Nesterov's form.
        weight_decay: see ``Optimizer``, as for all that follow.

    Raises:
        ValueError: ``momentum`` is not within 0 and 1.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("momentum", "nesterov")

    def __init__(
        self,
        learning_rate: Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
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
        if not 0 <= number("SGD: momentum", momentum) <= 1:
            raise ValueError(f"SGD: momentum must be between 0 and 1, not {momentum}")
        self.momentum = momentum
        self.nesterov = nesterov
        self._momentums: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        if self.momentum:
            self._momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        rate = cast(learning_rate, variable.type.dtype)
        if not self.momentum:
            self.assign(variable, named(apply("sgd_step", variable, gradient, rate), "value"))
            return
        slot = self._momentums[self._get_variable_index(variable)]
        momentum = named(apply("momentum", slot, gradient, rate, momentum=self.momentum), "momentum")
        self.assign(slot, momentum)
        if self.nesterov:
            step = apply("nesterov_step", variable, momentum, gradient, rate, momentum=self.momentum)
        else:
            step = apply("add", variable, momentum)
        self.assign(variable, named(step, "value"))
