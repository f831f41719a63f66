"""How arrays lie in memory, for the ops that move elements rather than compute with them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

import numpy as np

from kgraph.op import OpError
from kgraph.types import DTYPES, INTS

#: Elements in one task: enough to outweigh handing it out, few enough to keep several threads busy.
TASK_ELEMENTS: Final = 16384

_UNSIGNED: Final = {1: np.uint8, 4: np.uint32, 8: np.uint64}


def width(dtype: str) -> int:
    """Bytes of one element."""
    return np.dtype(DTYPES[dtype]).itemsize


def by_width(kernel: str, dtype: str) -> str:
    """The name of a kernel that only moves elements of ``dtype``, e.g. ``transpose_b4``."""
    return f"{kernel}_b{width(dtype)}"


def bit_pattern(value: float, dtype: str) -> int:
    """The bits of ``value`` as ``dtype``, read as an int: how a kernel named by width is given a number."""
    with np.errstate(over="ignore"):
        element = np.asarray(value).astype(DTYPES[dtype]).reshape(1)
    return int(element.view(_UNSIGNED[width(dtype)]).view(f"i{width(dtype)}")[0])


def check_number(value: float, dtype: str) -> None:
    """Refuses a number that an int dtype cannot hold.

    Raises:
        OpError: ``value`` has a fraction, or is beyond the ints of ``dtype``.
    """
    if dtype in INTS:
        bounds = np.iinfo(DTYPES[dtype])
        if value != value // 1 or not bounds.min <= value <= bounds.max:
            raise OpError(f"value {value!r} is not an {DTYPES[dtype]}")


def grain_of(unit_elements: int) -> int:
    """Units in one task where each unit is ``unit_elements`` elements of work."""
    return max(1, TASK_ELEMENTS // max(1, unit_elements))


def axis_index(axis: int, rank: int) -> int:
    """``axis`` counted from the front.

    Raises:
        OpError: a tensor of ``rank`` dimensions has no such axis.
    """
    if not -rank <= axis < rank:
        raise OpError(f"axis {axis} does not exist in a tensor of {rank} dimensions")
    return axis % rank


def around_axis(shape: Sequence[int], axis: int) -> tuple[int, int, int]:
    """``(outer, size, inner)``: the elements before, along and after ``axis``."""
    axis = axis_index(axis, len(shape))
    return prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])


def rows_of(shape: Sequence[int]) -> int:
    """The number of rows along the last axis."""
    return prod(shape[:-1])


def row_strides(shape: Sequence[int]) -> list[int]:
    """Elements between neighbours along each axis of a C-contiguous array."""
    return [prod(shape[axis + 1 :]) for axis in range(len(shape))]


def coalesce(shape: Sequence[int], strides: Sequence[int]) -> tuple[list[int], list[int]]:
    """The same walk over memory with as few axes as possible; at least one.

    Axes of size 1 vanish, and an axis that continues the one after it without a gap is joined to it.
    """
    sizes: list[int] = []
    steps: list[int] = []
    for size, stride in zip(shape, strides, strict=True):
        if size == 1:
            continue
        if sizes and steps[-1] == stride * size:
            sizes[-1] *= size
            steps[-1] = stride
        else:
            sizes.append(size)
            steps.append(stride)
    return sizes or [1], steps or [0]
