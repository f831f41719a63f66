"""UnitNormalization: each sample brought to length 1."""

from __future__ import annotations

from typing import Any, Final

from kgraph import ops
from kgraph.arguments import some_axes
from kgraph.layers.same_shape import SameShape
from kgraph.layers.scale_and_shift import AxesLike, axes_within

#: A shorter sample is divided by this instead.
_SHORTEST: Final = 1e-12


class UnitNormalization(SameShape):
    """``inputs / sqrt(sum(inputs²))``, with the sum over ``axis``; zeros stay.

    Inputs have any shape; the output has the same.

    Args:
        axis: one or several, over which the length is taken.

    Raises:
        TypeError: ``axis`` is not made of ints.
        ValueError: when called, the inputs lack one of the axes.
    """

    def __init__(self, axis: AxesLike = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = some_axes(axis)

    def build(self, input_shape: Any) -> None:
        axes_within(self.axis, input_shape)

    def call(self, inputs: Any) -> Any:
        return ops.normalize(inputs, axis=self.axis, order=2, epsilon=_SHORTEST)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
