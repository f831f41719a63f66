"""FTRL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.arguments import number
from kgraph.initializers import Constant
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import cast, named
from kgraph.variable import Variable


class Ftrl(Optimizer):
    """Follow the regularized leader: sparse weights by an l1 penalty that is solved for, not descended.

    With ``p = -learning_rate_power`` and ``l2 = l2_regularization_strength + beta / (2·lr)``:
    ``n' = n + g²``, ``z <- z + g + 2·l2_shrinkage·w - (n'^p - n^p) / lr · w``,
    ``w <- (clip(z, -l1, l1) - z) / (n'^p / lr + 2·l2)`` and ``n <- n'``.

    Args:
        learning_rate: a number or a schedule.
        learning_rate_power: 0 or less; how fast the learning rate falls as squares add up.
        initial_accumulator_value: where ``n`` starts; 0 or more.
        l1_regularization_strength: ``l1``; 0 or more.
        l2_regularization_strength: 0 or more.
        l2_shrinkage_regularization_strength: adds to the gradient as an l2 penalty would; 0 or more.
        beta: ``beta`` in the paper.
        weight_decay: see ``Optimizer``, as for all that follow.

    Raises:
        ValueError: an argument is negative (the power positive) that must not be.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = (
        "learning_rate_power",
        "initial_accumulator_value",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
        "beta",
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
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
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = initial_accumulator_value
        self.l1_regularization_strength = l1_regularization_strength
        self.l2_regularization_strength = l2_regularization_strength
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength
        self.beta = beta
        self._accumulators: list[Variable] = []
        self._linears: list[Variable] = []
        if not number("Ftrl: learning_rate_power", learning_rate_power) <= 0:
            raise ValueError(f"Ftrl: learning_rate_power must be 0 or less, not {learning_rate_power}")
        for argument in self.hyperparameters[1:5]:
            if not number(f"Ftrl: {argument}", getattr(self, argument)) >= 0:
                raise ValueError(f"Ftrl: {argument} must be 0 or more, not {getattr(self, argument)}")

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        start = Constant(self.initial_accumulator_value)
        self._accumulators, self._linears = self.add_optimizer_variables(
            variables, ["accumulator", "linear"], [start, "zeros"]
        )

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        rate = cast(learning_rate, variable.type.dtype)
        place = self._get_variable_index(variable)
        squares, linears = self._accumulators[place], self._linears[place]
        shrunk = gradient + 2.0 * self.l2_shrinkage_regularization_strength * variable.value
        total = named(squares.value + ops.square(gradient), "accumulator")
        power = self._powered(total)
        linear = linears.value + shrunk - (power - self._powered(squares.value)) / rate * variable.value
        self.assign(linears, named(linear, "linear"))
        self.assign(squares, total)
        l2 = self.l2_regularization_strength + self.beta / (2.0 * rate)
        l1 = self.l1_regularization_strength
        solved = (ops.clip(linear, -l1, l1) - linear) / (power / rate + 2.0 * l2)
        self.assign(variable, named(solved, "value"))

    def _powered(self, squares: Any) -> Any:
        if self.learning_rate_power == -0.5:
            return ops.sqrt(squares)
        return ops.power(squares, -self.learning_rate_power)
