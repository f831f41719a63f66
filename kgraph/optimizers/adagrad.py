"""Adagrad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.initializers import Constant
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class Adagrad(Optimizer):
    """Divides the gradient by the root of the sum of all its squares so far.

    ``a <- a + g²`` and ``w <- w - lr·g / sqrt(a + epsilon)``.

    Args:
        learning_rate: a number or a schedule.
        initial_accumulator_value: where ``a`` starts.
        epsilon: keeps the quotient finite.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = ("initial_accumulator_value", "epsilon")

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        initial_accumulator_value: float = 0.1,
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
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon
        self._accumulators: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        start = Constant(self.initial_accumulator_value)
        self._accumulators = self.add_optimizer_variables(variables, "accumulator", start)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        rate = cast(learning_rate, variable.type.dtype)
        slot = self._accumulators[self._get_variable_index(variable)]
        total = named(slot.value + ops.square(gradient), "accumulator")
        self.assign(slot, total)
        stepped = apply("rmsprop_step", variable, gradient, total, rate, epsilon=self.epsilon)
        self.assign(variable, named(stepped, "value"))
