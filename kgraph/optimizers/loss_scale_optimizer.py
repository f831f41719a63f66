"""A loss scale that finds its own size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, Final

from kgraph import ops
from kgraph.initializers import Constant
from kgraph.optimizers.accumulation import only_where
from kgraph.optimizers.optimizer import OPTIONS, Optimizer
from kgraph.registry import serialize_keras_object
from kgraph.tensor import named, scope
from kgraph.variable import Variable

#: What the scale is multiplied by when gradients were finite for long, and when one was not.
_GROWTH: Final = 2.0
_RETREAT: Final = 0.5
#: What the options of an inner optimizer are where they change nothing; ``None`` for those not named.
_NEUTRAL: Final = {"dynamic": True, "use_ema": False, "ema_momentum": 0.99}


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a scale, divides the gradients again, and leaves out steps whose gradients overflow.

    The scale doubles after ``dynamic_growth_steps`` steps with finite gradients in a row, and is halved at each step
    with others, in which the inner optimizer and all variables stay as they are.

    Args:
        inner_optimizer: makes the steps.
        initial_scale: the first scale.
        dynamic_growth_steps: how many finite steps double it.
        name: stands before the paths of its variables.
        kwargs: options of the inner optimizer, which are refused here unless they change nothing.

    Raises:
        ValueError: ``inner_optimizer`` is none, or an option that belongs to it.
        TypeError: an argument that does not exist.
    """

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        for argument, value in kwargs.items():
            if argument not in OPTIONS and argument != "dynamic":
                raise TypeError(f"LossScaleOptimizer has no argument {argument!r}")
            if value != _NEUTRAL.get(argument):
                raise ValueError(f"LossScaleOptimizer: give {argument}={value!r} to the inner optimizer")
        if not isinstance(inner_optimizer, Optimizer):
            raise ValueError(f"LossScaleOptimizer: inner_optimizer must be an Optimizer, not {inner_optimizer!r}")
        super().__init__(0.0, name=name)
        self.inner_optimizer = inner_optimizer
        self.inner_optimizer.loss_scale_factor = None
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps

    def build(self, variables: Sequence[Variable]) -> None:
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int64", name="step_counter")
        self.dynamic_scale = self.add_variable((), Constant(self.initial_scale), "float32", name="dynamic_scale")
        self.inner_optimizer.build(variables)
        super().build(variables)

    @property
    def variables(self) -> list[Variable]:
        """Its own, then those of the inner optimizer."""
        return [*super().variables, *self.inner_optimizer.variables]

    @property
    def slot_groups(self) -> list[list[Variable]]:
        return self.inner_optimizer.slot_groups

    @property
    def learning_rate(self) -> Any:
        """That of the inner optimizer."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate: Any) -> None:
        self.inner_optimizer.learning_rate = learning_rate

    @property
    def iterations(self) -> Any:
        """Those of the inner optimizer."""
        return self.inner_optimizer.iterations

    def scale_loss(self, loss: Any) -> Any:
        scale = ops.cast(self.dynamic_scale.value, ops.dtype(loss)) if self.built else self.initial_scale
        return named(loss * scale, "scaled")

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        variables = self._chosen(grads, trainable_variables)
        with self._step():
            checks = [ops.all(ops.isfinite(gradient)) for gradient in grads if gradient is not None]
            is_finite = named(reduce(ops.logical_and, checks), "is_finite")
            scale, count = self.dynamic_scale.value, self.step_counter.value
            unscaled = [None if g is None else g / ops.cast(scale, ops.dtype(g)) for g in grads]
            with only_where(is_finite, dict.fromkeys([*variables, *self.inner_optimizer.variables])):
                self.inner_optimizer.apply(unscaled, variables)
            with scope(f"update/{self._scope}", absolute=True):
                self._adapt(is_finite, scale, count)

    def _adapt(self, is_finite: Any, scale: Any, count: Any) -> None:
        grows = ops.equal(count, self.dynamic_growth_steps - 1)
        counts = ops.logical_and(is_finite, ops.logical_not(grows))
        self.step_counter.assign(named(ops.where(counts, count + 1, 0), "step_counter"))
        factor = ops.where(is_finite, ops.where(grows, _GROWTH, 1.0), _RETREAT)
        self.dynamic_scale.assign(named(scale * factor, "dynamic_scale"))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }
