"""GroupNormalization: groups of channels with the mean and variance of the sample taken out."""

from __future__ import annotations

from typing import Any

from kgraph import dims, ops
from kgraph.arguments import is_int, number, one_axis
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.scale_and_shift import ScaleAndShift, axes_within, known_sizes
from kgraph.ops.normalization import column_moments, normalize_columns
from kgraph.ops.operands import to_shape
from kgraph.tensor import apply, named, operand_type


class GroupNormalization(ScaleAndShift):
    """``(inputs - mean) / sqrt(variance + epsilon) * gamma + beta``, where a sample's neighbouring channels share both.

    Mean and variance are those of a group of channels, over all axes but the first. Weights ``gamma, beta``, each
    ``(channels,)``.

    Args:
        groups: how many there are; as many as channels where it is -1.
        axis: of the channels.
        epsilon: keeps the quotient finite.
        center, scale: whether there is a ``beta``, a ``gamma``.
        beta_initializer, gamma_initializer: how the weights begin.
        beta_regularizer, gamma_regularizer: penalties on them.
        beta_constraint, gamma_constraint: projections of them after each update.

    Raises:
        TypeError: ``axis`` is no int.
        ValueError: ``groups`` is no positive int and not -1; or, when called, the number of channels is unknown, not
            a multiple of ``groups``, or another than before.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )
        if not is_int(groups) or (groups < 1 and groups != -1):
            raise ValueError(f"groups must be a positive int, or -1 for as many as channels, not {groups!r}")
        self.groups = int(groups)
        self.axis = one_axis(axis)
        self.epsilon = float(number("epsilon", epsilon))

    def build(self, input_shape: Any) -> None:
        axes = axes_within(self.axis, input_shape)
        if axes == [0]:
            raise InputError("the channels cannot lie along the first axis, which is that of the samples")
        (channels,) = known_sizes(axes, input_shape)
        self.groups = channels if self.groups == -1 else self.groups
        if channels < 1 or channels % self.groups:
            raise InputError(f"the number of channels, {channels}, must be a multiple of groups, {self.groups}")
        self._width = channels // self.groups
        self.add_scale_and_shift((channels,), self.scale, self.center)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs: Any) -> Any:
        last = ops.moveaxis(inputs, self.axis, -1)
        shape = operand_type(last).shape
        samples, *places, channels = shape
        matrices = to_shape(last, [samples, dims.product(tuple(places)), channels])
        moments = self._shared_by_groups(column_moments(matrices))
        outputs = normalize_columns(matrices, moments, self.gamma, self.beta, self.epsilon)
        return ops.moveaxis(to_shape(outputs, shape), -1, self.axis)

    def _shared_by_groups(self, moments: Any) -> Any:
        """The moments of the channels, ``(2, n, channels)``, replaced by those of their groups."""
        pair, samples, channels = operand_type(moments).shape
        if self._width == 1:
            return moments
        grouped = [pair, samples, self.groups, self._width]
        merged = named(apply("merge_moments", to_shape(moments, [*grouped, 1])), "group_moments")
        return to_shape(apply("broadcast", merged, shape=grouped), [pair, samples, channels])

    def get_config(self) -> dict[str, Any]:
        settings = {"groups": self.groups, "axis": self.axis, "epsilon": self.epsilon}
        return {**super().get_config(), **settings}
