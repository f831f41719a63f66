"""Dot: products of two tensors, summed over an axis of each, sample by sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.arguments import some_axes
from kgraph.layers.input_spec import InputError
from kgraph.layers.layer import Layer
from kgraph.layers.merging import list_of_shapes, text_of

_LABELS = "abcdefghijklmnopqrstuvwxyz"


class Dot(Layer):
    """The sum of ``x * y`` over one axis of each of two inputs, for every sample.

    Shapes ``(n, *a, k, *b)``, ``(n, *c, k, *d) -> (n, *a, *b, *c, *d)``, or ``(n, 1)`` where nothing but ``n`` is left.
    There is no mask after it.

    Args:
        axes: the axis of both inputs, or one of each; negative ones count from the end. The batch is axis 0.
        normalize: whether the inputs are divided by their norm along the axis first, which makes it a cosine.

    Raises:
        TypeError: ``axes`` is not made of ints.
        ValueError: ``axes`` are not two; or, when called, there are not two inputs, one lacks the axis, or the axes
            differ in size.
    """

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axes = some_axes(axes, "axes")
        self._both = [self.axes] * 2 if isinstance(self.axes, int) else self.axes
        if len(self._both) != 2:
            raise ValueError(f"axes must be an int, or two, not {len(self._both)}: {axes!r}")
        self.normalize = bool(normalize)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        shapes = list_of_shapes(input_shape)
        if len(shapes) != 2:
            raise InputError(f"takes 2 inputs, not {len(shapes)}")
        sizes = [shape[axis] for shape, axis in zip(shapes, self._places(map(len, shapes)), strict=True)]
        if None not in sizes and sizes[0] != sizes[1]:
            pair = f"{sizes[0]} in {text_of(shapes[0])}, but {sizes[1]} in {text_of(shapes[1])}"
            raise InputError(f"axes {self.axes} of the inputs must be equal: they are {pair}")

    def _places(self, ranks: Any) -> list[int]:
        """The axis of each input, counted from the front."""
        places = []
        for index, (axis, rank) in enumerate(zip(self._both, ranks, strict=True)):
            if not -rank < axis < rank or axis == 0:
                raise InputError(f"input {index} has {rank} dimensions: no axis {axis} beside its batch")
            places.append(axis % rank)
        return places

    def call(self, inputs: Any) -> Any:
        ranks = [ops.ndim(x) for x in inputs]
        places = self._places(ranks)
        if self.normalize:
            inputs = [ops.normalize(x, axis=place) for x, place in zip(inputs, places, strict=True)]
        batch, first, second = _LABELS[0], _LABELS[1 : ranks[0]], _LABELS[ranks[0] : sum(ranks) - 1]
        summed = first[places[0] - 1]
        second = second.replace(second[places[1] - 1], summed)
        kept = (first + second).replace(summed, "")
        product = ops.einsum(f"{batch}{first},{batch}{second}->{batch}{kept}", *inputs)
        return product if kept else ops.expand_dims(product, 1)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def dot(inputs: Sequence[Any], axes: int | Sequence[int] = -1, **kwargs: Any) -> Any:
    """``Dot(axes, **kwargs)(inputs)``."""
    return Dot(axes=axes, **kwargs)(inputs)
