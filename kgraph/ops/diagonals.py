"""Diagonals, and matrices that are made by their columns' and rows' numbers."""

from __future__ import annotations

from kgraph import dims
from kgraph.ops.comparison import equal, where
from kgraph.ops.creation import arange
from kgraph.ops.elementwise import power
from kgraph.ops.indexing import take_along_axis
from kgraph.ops.operands import TensorLike, as_number, axis_of, rank_of, shape_of, to_shape
from kgraph.ops.reductions import sum as reduce_sum
from kgraph.ops.shaping import moveaxis, ravel, squeeze
from kgraph.tensor import apply, operand_type, take_slice


def diag(x: TensorLike, k: int = 0) -> TensorLike:
    """The ``k``-th diagonal of a matrix, or the matrix of zeros that has a vector as that.

    Raises:
        ValueError: ``x`` is neither.
    """
    if rank_of(x) == 2:
        return diagonal(x, k)
    if rank_of(x) != 1:
        raise ValueError(f"ops.diag: takes a vector or a matrix, not {rank_of(x)} dimensions")
    size = dims.add(shape_of(x)[0], abs(k))
    rows, columns = (apply("iota", shape=[size, size], axis=axis, dtype="i32") for axis in (0, 1))
    padded = apply("pad", x, before=[max(k, 0)], after=[max(-k, 0)], value=0)
    return where(equal(columns, rows + k if k else rows), to_shape(padded, [1, size]), as_zero(x))


def as_zero(x: TensorLike) -> TensorLike:
    """0 in the dtype of ``x``."""
    return apply("full", shape=[], value=0, dtype=operand_type(x).dtype)


def diagflat(x: TensorLike, k: int = 0) -> TensorLike:
    """The matrix of zeros that has all elements of ``x``, in C order, as its ``k``-th diagonal."""
    return diag(ravel(x), k)


def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TensorLike:
    """The elements whose index along ``axis2`` is ``offset`` more than along ``axis1``, as a new last axis.

    Raises:
        ValueError: the axes are one, or their sizes are not known.
    """
    first, second = (axis_of("diagonal", rank_of(x), axis) for axis in (axis1, axis2))
    if first == second:
        raise ValueError(f"ops.diagonal: axis1 and axis2 must differ; both are {first}")
    moved = moveaxis(x, (first, second), (-2, -1))
    *_, rows, columns = shape_of(moved)
    if not isinstance(rows, int) or not isinstance(columns, int):
        raise ValueError(f"ops.diagonal: the sizes of axes {axis1} and {axis2} must be known")
    above, left = max(-offset, 0), max(offset, 0)
    length = max(0, min(rows - above, columns - left))
    front = (slice(None),) * (rank_of(x) - 2)
    square = take_slice(moved, (*front, slice(above, above + length), slice(left, left + length)))
    places = to_shape(arange(length), [*[1] * (rank_of(x) - 2), length, 1])
    return squeeze(take_along_axis(square, places, -1), -1)


def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TensorLike:
    """The sum of a diagonal; see ``diagonal``."""
    return reduce_sum(diagonal(x, offset, axis1, axis2), -1)


def vander(x: TensorLike, N: int | None = None, increasing: bool = False) -> TensorLike:
    """The powers of a vector's elements, a row each, the highest first unless ``increasing``: ``(n) -> (n, N)``.

    Raises:
        ValueError: ``x`` is no vector, or neither its length nor ``N`` is known.
    """
    length = shape_of(x)[0] if rank_of(x) == 1 else None
    count = length if N is None else N
    if length is None or not isinstance(count, int):
        raise ValueError("ops.vander: takes a vector, and N where its length is not known")
    powers = arange(count) if increasing else arange(count - 1, -1, -1)
    return power(to_shape(as_number(x), [length, 1]), powers)
