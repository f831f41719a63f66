"""Adafactor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from kgraph import ops
from kgraph.optimizers.moments import step_number
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rates import Rate
from kgraph.tensor import apply, cast, named
from kgraph.variable import Variable


class Adafactor(Optimizer):
    """Mean squares of matrices kept as one number a row and one a column.

    At step ``t`` with ``b = 1 - t^beta_2_decay``, ``s = g² + epsilon_1`` and ``lr_t = min(lr, 1/sqrt(t))``: for
    matrices ``r <- b·r + (1-b)·mean(s, last axis)``, ``c <- b·c + (1-b)·mean(s, last but one)`` and
    ``v <- r·c / mean(r)``; for vectors and scalars ``v <- b·v + (1-b)·s``. Then ``u = g / sqrt(v)`` and
    ``w <- w - max(epsilon_2, rms(w))·lr_t·u / max(1, rms(u) / clip_threshold)``.

    Args:
        learning_rate: a number or a schedule.
        beta_2_decay: how fast the averages grow longer.
        epsilon_1: keeps ``v`` above 0.
        epsilon_2: keeps the steps of small variables above 0.
        clip_threshold: the largest root mean square of ``u``.
        relative_step: accepted for Keras, where the learning rate is at most ``1/sqrt(t)`` either way.
        weight_decay: see ``Optimizer``, as for all that follow.
    """

    hyperparameters: ClassVar[tuple[str, ...]] = (
        "beta_2_decay",
        "epsilon_1",
        "epsilon_2",
        "clip_threshold",
        "relative_step",
    )

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
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
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step
        self._rows: list[Variable] = []
        self._columns: list[Variable] = []
        self._velocities: list[Variable] = []

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            shape = variable.shape
            matrix = len(shape) >= 2
            self._rows.append(self._factor(variable, shape[:-1] if matrix else None, "row"))
            self._columns.append(self._factor(variable, (*shape[:-2], shape[-1]) if matrix else None, "column"))
            self._velocities.append(self.add_variable_from_reference(variable, "velocity"))

    def _factor(self, variable: Variable, shape: tuple[int, ...] | None, kind: str) -> Variable:
        # A vector has none. Keras keeps an int in their place, and its list of weights is to fit here.
        name = f"{variable.path.replace('/', '_')}_{kind}"
        if shape is None:
            return self.add_variable((), dtype="int32", name=name)
        return self.add_variable(shape, dtype=variable.dtype, name=name)

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        dtype = variable.type.dtype
        place = self._get_variable_index(variable)
        numbers = self.shared("numbers", lambda: self._numbers(learning_rate))
        rate, new_share = (cast(number, dtype) for number in numbers)
        square = ops.square(gradient) + self.epsilon_1
        velocity = self._factored(square, new_share, place) if variable.ndim >= 2 else None
        slot = self._velocities[place]
        if velocity is None:
            velocity = slot.value + new_share * (square - slot.value)
        self.assign(slot, named(velocity, "velocity"))
        step = named(gradient / ops.sqrt(velocity), "step")
        shortened = ops.maximum(_rms(step) / self.clip_threshold, 1.0)
        size = named(rate * ops.maximum(_rms(variable.value), self.epsilon_2) / shortened, "step_size")
        self.assign(variable, named(apply("sgd_step", variable, step, size), "value"))

    def _numbers(self, learning_rate: Any) -> tuple[Any, Any]:
        """The length of this step in relation to the variable, and the share of the new squares; in float64."""
        step = step_number(self)
        rate = ops.minimum(cast(learning_rate, "f64"), 1.0 / ops.sqrt(step))
        return named(rate, "rate"), named(ops.power(step, self.beta_2_decay), "new_share")

    def _factored(self, square: Any, new_share: Any, place: int) -> Any:
        """The mean squares of a matrix, from those of its rows and columns."""
        means = []
        for slot, axis, stem in ((self._rows[place], -1, "row"), (self._columns[place], -2, "column")):
            mean = named(slot.value + new_share * (ops.mean(square, axis) - slot.value), stem)
            self.assign(slot, mean)
            means.append(mean)
        row, column = means
        return ops.expand_dims(row / ops.mean(row, -1, keepdims=True), -1) * ops.expand_dims(column, -2)


def _rms(x: Any) -> Any:
    return ops.sqrt(ops.mean(ops.square(x)))
