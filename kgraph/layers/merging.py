"""Layers that make one tensor of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from kgraph import ops
from kgraph.arguments import one_axis
from kgraph.broadcasting import shape_text
from kgraph.layers.input_spec import InputError
from kgraph.layers.layer import Layer
from kgraph.tensor import Tensor, operand_type, spread

Shapes = Sequence[Sequence[int | None]]


class Merge(Layer):
    """An elementwise function of several tensors of one batch.

    Shapes broadcast as in numpy; before that, a tensor of lower rank gains axes of size 1 after its batch axis. The
    output's mask keeps the timesteps that any input keeps, where every input has a mask.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def merge(self, a: Any, b: Any) -> Any:
        """The function of two tensors that broadcast."""
        raise NotImplementedError(f"{type(self).__name__} has no `merge`")

    def build(self, input_shape: Any) -> None:
        shapes = list_of_shapes(input_shape)
        sizes = {shape[0] for shape in shapes if shape} - {None}
        if len(sizes) > 1:
            raise InputError(f"inputs have different batch sizes: {_texts(shapes)}")
        for index, shape in enumerate(shapes[1:], start=1):
            if not _broadcasts(shapes[0][1:], shape[1:]):
                pair = f"input 0 is {text_of(shapes[0])}, input {index} is {text_of(shape)}"
                raise InputError(f"inputs do not broadcast: {pair}")

    def call(self, inputs: Any) -> Any:
        rank = max(operand_type(x).rank for x in inputs)
        return reduce(self.merge, [_of_rank(x, rank) for x in inputs])

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or any(mask is None for mask in previous_mask):
            return None
        return reduce(ops.logical_or, previous_mask)


class Add(Merge):
    """The sum of the inputs."""

    def merge(self, a: Any, b: Any) -> Any:
        return ops.add(a, b)


class Average(Merge):
    """The mean of the inputs."""

    def merge(self, a: Any, b: Any) -> Any:
        return ops.add(a, b)

    def call(self, inputs: Any) -> Any:
        return ops.divide(super().call(inputs), len(inputs))


class Subtract(Merge):
    """The first of two inputs without the second."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if len(input_shape) != 2:
            raise InputError(f"takes 2 inputs, not {len(input_shape)}")

    def merge(self, a: Any, b: Any) -> Any:
        return ops.subtract(a, b)


class Extremum(Merge):
    """The base of ``Maximum`` and ``Minimum``: what is masked in one input does not count beside the others."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        rank = max(operand_type(x).rank for x in inputs)
        masks = [None] * len(inputs) if mask is None else mask
        kept = [None if m is None else _of_rank(_full_mask(x, m), rank) for x, m in zip(inputs, masks, strict=True)]
        pairs = zip([_of_rank(x, rank) for x in inputs], kept, strict=True)
        return reduce(self._meet, pairs)[0]

    def _meet(self, first: tuple[Any, Any], second: tuple[Any, Any]) -> tuple[Any, Any]:
        """Two tensors, each with what is kept of it, as one; without masks where either has none."""
        (a, a_kept), (b, b_kept) = first, second
        if b_kept is not None:
            b = ops.where(b_kept, b, a)
        if a_kept is not None:
            a = ops.where(a_kept, a, b)
        kept = None if a_kept is None or b_kept is None else ops.logical_or(a_kept, b_kept)
        return self.merge(a, b), kept


class Maximum(Extremum):
    """The largest of the inputs, element by element; masked timesteps do not count where another input has a value."""

    def merge(self, a: Any, b: Any) -> Any:
        return ops.maximum(a, b)


class Minimum(Extremum):
    """The smallest of the inputs, element by element; masked timesteps do not count where another input has a value."""

    def merge(self, a: Any, b: Any) -> Any:
        return ops.minimum(a, b)


class Multiply(Merge):
    """The product of the inputs, element by element.

    A masked timestep of an input is a factor of 1: it leaves what the others say. Where every input has a mask and all
    mask a timestep, the product is 0.
    """

    def merge(self, a: Any, b: Any) -> Any:
        return ops.multiply(a, b)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return super().call(inputs)
        pairs = zip(inputs, mask, strict=True)
        product = super().call([x if m is None else ops.where(_full_mask(x, m), x, 1.0) for x, m in pairs])
        kept = self.compute_mask(inputs, mask)
        return product if kept is None else ops.where(_full_mask(product, kept), product, 0.0)


class Concatenate(Layer):
    """The inputs one after the other along ``axis``; all other dimensions are equal.

    Args:
        axis: counted from the end where negative.

    Raises:
        TypeError: ``axis`` is no int.
        ValueError: when called, the inputs are not several tensors, or differ along another axis.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = one_axis(axis)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        shapes = list_of_shapes(input_shape)
        rank = len(shapes[0])
        if not -rank <= self.axis < rank:
            raise InputError(f"inputs of shape {text_of(shapes[0])} have no axis {self.axis}")
        for index, shape in enumerate(shapes[1:], start=1):
            agree = len(shape) == rank and all(
                a == b or a is None or b is None or place == self.axis % rank
                for place, (a, b) in enumerate(zip(shapes[0], shape, strict=True))
            )
            if not agree:
                pair = f"input 0 is {text_of(shapes[0])}, input {index} is {text_of(shape)}"
                raise InputError(f"inputs may differ along axis {self.axis} alone, but {pair}")

    def call(self, inputs: Any) -> Any:
        return ops.concatenate(list(inputs), axis=self.axis)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        if previous_mask is None or all(mask is None for mask in previous_mask):
            return None
        masks = [_full_mask(x, mask) for x, mask in zip(inputs, previous_mask, strict=True)]
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def add(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Add(**kwargs)(inputs)``."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Subtract(**kwargs)(inputs)``."""
    return Subtract(**kwargs)(inputs)


def average(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Average(**kwargs)(inputs)``."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Maximum(**kwargs)(inputs)``."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Minimum(**kwargs)(inputs)``."""
    return Minimum(**kwargs)(inputs)


def multiply(inputs: Sequence[Any], **kwargs: Any) -> Any:
    """``Multiply(**kwargs)(inputs)``."""
    return Multiply(**kwargs)(inputs)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """``Concatenate(axis, **kwargs)(inputs)``."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def list_of_shapes(input_shape: Any) -> Shapes:
    """``input_shape``, once it is a list of shapes.

    Raises:
        InputError: the layer was called on one tensor, or on none.
    """
    if not input_shape or not all(isinstance(shape, (tuple, list)) for shape in input_shape):
        raise InputError("takes a list of tensors")
    return list(input_shape)


def _broadcasts(a: Sequence[int | None], b: Sequence[int | None]) -> bool:
    pairs = zip(reversed(a), reversed(b), strict=False)
    return all(x == y or x in (1, None) or y in (1, None) for x, y in pairs)


def text_of(shape: Sequence[int | None]) -> str:
    """``shape`` for a message."""
    return shape_text(tuple("None" if dim is None else dim for dim in shape))


def _texts(shapes: Shapes) -> str:
    return ", ".join(map(text_of, shapes))


def _of_rank(x: Any, rank: int) -> Any:
    """``x`` with axes of size 1 after its first, up to ``rank``."""
    missing = rank - operand_type(x).rank
    return ops.expand_dims(x, list(range(1, 1 + missing))) if missing else x


def _full_mask(x: Tensor, mask: Any) -> Any:
    """``mask`` for every element of ``x``; all of them where there is none."""
    shape = operand_type(x).shape
    if mask is None:
        return spread(True, "bool", shape)
    missing = len(shape) - operand_type(mask).rank
    return spread(ops.expand_dims(mask, list(range(-missing, 0))) if missing > 0 else mask, "bool", shape)
