"""Elements by index, by order, and indices as vectors."""

from __future__ import annotations

from kgraph.broadcasting import broadcast_shapes
from kgraph.dimension import Dimension, as_dimension
from kgraph.ops.comparison import less, where
from kgraph.ops.elementwise import add
from kgraph.ops.operands import (
    DTypeLike,
    TensorLike,
    as_float,
    as_index,
    as_number,
    axis_of,
    dtype_or_floatx,
    rank_of,
    shape_of,
    to_shape,
)
from kgraph.ops.reductions import max as reduce_max
from kgraph.ops.shaping import moveaxis, ravel, transpose
from kgraph.tensor import apply, as_array, is_symbolic, operand_type, spread
from kgraph.variable import Variable


def take(x: TensorLike, indices: TensorLike, axis: int | None = None) -> TensorLike:
    """Slices of ``x`` along ``axis`` by index; elements of the flat tensor without one. -1 is the last.

    Shapes ``(*a, n, *b)``, ``(*i)`` -> ``(*a, *i, *b)``.

    Raises:
        NodeError: when values come, an index is outside.
    """
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of("take", rank_of(x), axis)
    found = apply("gather", moveaxis(x, axis, 0), from_front(indices, as_dimension(shape_of(x)[axis])))
    if axis == 0:
        return found
    count = rank_of(indices)
    order = [*range(count, count + axis), *range(count), *range(count + axis, rank_of(found))]
    return transpose(found, order)


def from_front(indices: TensorLike, length: int | Dimension) -> TensorLike:
    """``indices`` with negative ones counted from the end; nothing is emitted where none can be negative."""
    indices = as_index(indices)
    is_known = not is_symbolic(indices) and not isinstance(indices, Variable)
    if is_known and not (as_array(indices) < 0).any():
        return indices
    return where(less(indices, 0), add(indices, length), indices)


def take_along_axis(x: TensorLike, indices: TensorLike, axis: int | None = None) -> TensorLike:
    """Elements of ``x`` by their index along ``axis``, at the same place along the others, which broadcast.

    Raises:
        ValueError: the two have different numbers of dimensions.
        NodeError: when values come, an index is outside.
    """
    if axis is None:
        x, indices, axis = ravel(x), ravel(indices), 0
    x_shape, i_shape = shape_of(x), shape_of(indices)
    if len(x_shape) != len(i_shape):
        raise ValueError(f"ops.take_along_axis: x has {len(x_shape)} dimensions, indices have {len(i_shape)}")
    axis = axis_of("take_along_axis", len(x_shape), axis)
    before = broadcast_shapes(x_shape[:axis], i_shape[:axis])
    after = broadcast_shapes(x_shape[axis + 1 :], i_shape[axis + 1 :])
    places = from_front(indices, as_dimension(x_shape[axis]))
    x = spread(x, operand_type(x).dtype, (*before, x_shape[axis], *after))
    places = spread(places, operand_type(places).dtype, (*before, i_shape[axis], *after))
    return apply("take_along_axis", x, places, axis=axis)


def one_hot(x: TensorLike, num_classes: int, axis: int = -1, dtype: DTypeLike = None) -> TensorLike:
    """1 at each index along a new axis of ``num_classes``, 0 elsewhere; all 0 for an index outside."""
    hot = apply("one_hot", as_index(x), depth=int(num_classes), dtype=dtype_or_floatx(dtype))
    return moveaxis(hot, -1, axis_of("one_hot", rank_of(hot), axis))


def multi_hot(inputs: TensorLike, num_classes: int, axis: int = -1, dtype: DTypeLike = None) -> TensorLike:
    """1 at every index of a sample, 0 elsewhere: ``(n, k) -> (n, num_classes)``, ``(k) -> (num_classes)``."""
    hot = one_hot(inputs, num_classes, axis, dtype)
    return reduce_max(hot, axis=1 if rank_of(inputs) > 1 else 0)


def sort(x: TensorLike, axis: int | None = -1) -> TensorLike:
    """``x`` in ascending order along ``axis``, or the flat tensor; NaN last."""
    return _ordered("sort", x, axis)


def argsort(x: TensorLike, axis: int | None = -1) -> TensorLike:
    """The indices, as int32, that put ``x`` in ascending order; equal elements keep theirs."""
    return _ordered("argsort", x, axis)


def argpartition(x: TensorLike, kth: int, axis: int | None = -1) -> TensorLike:
    """Indices, as int32, with that of the ``kth`` smallest element in its place: all are in order here.

    Raises:
        ValueError: there is no ``kth`` element.
    """
    length = operand_type(x).size if axis is None else shape_of(x)[axis_of("argpartition", rank_of(x), axis)]
    if isinstance(length, int) and not -length <= kth < length:
        raise ValueError(f"ops.argpartition: kth must be from {-length} to {length - 1} here, not {kth}")
    return argsort(x, axis)


def _ordered(op: str, x: TensorLike, axis: int | None) -> TensorLike:
    x = as_number(x)
    if axis is None:
        x, axis = to_shape(x, [operand_type(x).size]), 0
    return apply(op, x, axis=axis_of(op, rank_of(x), axis))


def top_k(x: TensorLike, k: int, sorted: bool = True) -> tuple[TensorLike, TensorLike]:
    """The ``k`` largest elements of each row, in descending order, and their int32 indices. They are always sorted."""
    x = as_number(x)
    return apply("top_k_values", x, k=int(k)), apply("top_k_indices", x, k=int(k))


def in_top_k(targets: TensorLike, predictions: TensorLike, k: int) -> TensorLike:
    """Whether each target is among the ``k`` classes predicted most: ``(n)``, ``(n, c)`` -> bool ``(n)``."""
    return apply("in_top_k", as_index(targets), as_float(predictions), k=int(k))
