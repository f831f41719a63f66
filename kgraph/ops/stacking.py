"""Joining and parting along set axes, and matrices turned."""

from __future__ import annotations

from collections.abc import Sequence

from kgraph.ops.operands import TensorLike, axis_of, rank_of, shape_of, to_shape
from kgraph.ops.shaping import concatenate, flip, ravel, split, swapaxes


def append(x1: TensorLike, x2: TensorLike, axis: int | None = None) -> TensorLike:
    """``x2`` after ``x1`` along ``axis``; all elements of both in one dimension without one."""
    return concatenate([ravel(x1), ravel(x2)]) if axis is None else concatenate([x1, x2], axis)


def dstack(xs: Sequence[TensorLike]) -> TensorLike:
    """Behind each other: along the third axis. Vectors are rows, and what has less gains axes of 1."""
    return concatenate([_with_depth(x) for x in xs], 2)


def _with_depth(x: TensorLike) -> TensorLike:
    shape = shape_of(x)
    row = [1, *shape] if len(shape) == 1 else [*[1] * (2 - len(shape)), *shape]
    return to_shape(x, [*row, 1] if len(row) == 2 else row)


def array_split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[TensorLike]:
    """``x`` cut along ``axis`` into sections, the first ones longer by 1 where it does not divide.

    Raises:
        ValueError: the axis's size is not known.
    """
    if not isinstance(indices_or_sections, int):
        return split(x, indices_or_sections, axis)
    length = shape_of(x)[axis_of("array_split", rank_of(x), axis)]
    if not isinstance(length, int):
        raise ValueError(f"ops.array_split: the size of axis {axis} must be known")
    part, longer = divmod(length, indices_or_sections)
    return split(x, [i * part + min(i, longer) for i in range(1, indices_or_sections)], axis)


def vsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[TensorLike]:
    """``split`` along the first axis."""
    return split(x, indices_or_sections, 0)


def hsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[TensorLike]:
    """``split`` along the second axis, of vectors along their only one."""
    return split(x, indices_or_sections, min(rank_of(x) - 1, 1))


def dsplit(x: TensorLike, indices_or_sections: int | Sequence[int]) -> list[TensorLike]:
    """``split`` along the third axis."""
    return split(x, indices_or_sections, 2)


def fliplr(x: TensorLike) -> TensorLike:
    """``x`` backwards along its second axis."""
    return flip(x, 1)


def flipud(x: TensorLike) -> TensorLike:
    """``x`` backwards along its first axis."""
    return flip(x, 0)


def rot90(array: TensorLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> TensorLike:
    """``array`` turned ``k`` times by a right angle, from the first of ``axes`` towards the second.

    Raises:
        ValueError: the axes are one.
    """
    first, second = (axis_of("rot90", rank_of(array), axis) for axis in axes)
    if first == second:
        raise ValueError(f"ops.rot90: axes must be two different ones, not {axes}")
    turned = {0: (), 1: (second,), 2: (first, second), 3: (first,)}[k % 4]
    result = flip(array, list(turned)) if turned else array
    return swapaxes(result, first, second) if k % 2 else result
