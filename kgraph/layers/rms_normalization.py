"""RMSNormalization: each sample divided by the root of the mean of its squares."""

from __future__ import annotations

from typing import Any

from kgraph import ops
from kgraph.arguments import number, some_axes
from kgraph.layers.layer import Layer
from kgraph.layers.scale_and_shift import AxesLike, axes_within, known_sizes


class RMSNormalization(Layer):
    """``inputs / sqrt(mean(inputs²) + epsilon) * scale``, with the mean over ``axis``.

    Weight ``scale``, of the shape of these axes. Inputs have any shape; the output has the same.

    Args:
        axis: one or several, over which the mean is taken.
        epsilon: keeps the quotient finite.

    Raises:
        TypeError: ``axis`` is not made of ints.
        ValueError: when called, the inputs lack one of the axes, or its size is unknown.
    """

    def __init__(self, axis: AxesLike = -1, epsilon: float = 1e-6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = some_axes(axis)
        self.epsilon = float(number("epsilon", epsilon))

    def build(self, input_shape: Any) -> None:
        axes = axes_within(self.axis, input_shape)
        self.scale = self.add_weight(name="scale", shape=known_sizes(axes, input_shape), initializer="ones")
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)

    def call(self, x: Any) -> Any:
        return ops.rms_normalization(x, self.scale, self.axis, self.epsilon)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
