"""What an index such as ``x[:, 1:, None]`` means for a shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kgraph import dims
from kgraph.dims import Dim, Shape


@dataclass(slots=True)
class SlicePlan:
    """A slice of every axis (``begin``, ``shape``, ``step``), then a reshape to ``result``."""

    begin: list[Dim] = field(default_factory=list)
    shape: list[Dim] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    result: list[Dim] = field(default_factory=list)


def plan_slice(shape: Shape, key: Any) -> SlicePlan:
    """The plan of ``x[key]`` for an ``x`` of ``shape``: ints, slices, ``None`` and ``...``.

    Raises:
        IndexError: too many indices, or an int outside a known dimension.
        TypeError: an index of another kind.
    """
    plan = SlicePlan()
    axis = 0
    for part in _expand(key if isinstance(key, tuple) else (key,), len(shape)):
        if part is None:
            plan.result.append(1)
            continue
        if isinstance(part, slice):
            _take_range(plan, shape[axis], part)
        else:
            _take_one(plan, shape[axis], part, axis)
        axis += 1
    return plan


def _expand(key: tuple[Any, ...], rank: int) -> list[Any]:
    """``key`` with ``...`` (or its end) filled up with full slices."""
    used = sum(part is not None and part is not Ellipsis for part in key)
    if used > rank:
        raise IndexError(f"{used} indices for a tensor of {rank} dimensions")
    filler = [slice(None)] * (rank - used)
    place = next((i for i, part in enumerate(key) if part is Ellipsis), len(key))
    return [*key[:place], *filler, *key[place + 1 :]]


def _take_one(plan: SlicePlan, dim: Dim, index: Any, axis: int) -> None:
    if isinstance(index, bool) or not hasattr(index, "__index__"):
        raise TypeError(f"axis {axis} is indexed by {type(index).__name__}; use ints, slices, None or ..., or ops.take")
    position = index.__index__()
    if isinstance(dim, int) and not -dim <= position < dim:
        raise IndexError(f"index {position} is outside axis {axis} of size {dim}")
    plan.begin.append(dims.add(dim, position) if position < 0 else position)
    plan.shape.append(1)
    plan.step.append(1)


def _take_range(plan: SlicePlan, dim: Dim, part: slice) -> None:
    step = 1 if part.step is None else int(part.step)
    if isinstance(dim, int):
        first, end, step = part.indices(dim)
        begin: Dim = first
        length: Dim = len(range(first, end, step))
    else:
        begin, length = _symbolic_range(dim, part, step)
    plan.begin.append(begin if length != 0 else 0)
    plan.shape.append(length)
    plan.step.append(step)
    plan.result.append(length)


def _symbolic_range(dim: Dim, part: slice, step: int) -> tuple[Dim, Dim]:
    """Begin and length in an unknown dimension, which is taken to be long enough for the bounds named."""
    if step < 0:
        if part.start is not None or part.stop is not None:
            raise IndexError("a negative step over an unknown dimension takes no bounds: use x[::-1] first")
        return dims.subtract(dim, 1), _steps(dim, -step)
    begin = _bound(dim, part.start, 0)
    return begin, _steps(dims.subtract(_bound(dim, part.stop, dim), begin), step)


def _bound(dim: Dim, bound: Any, default: Dim) -> Dim:
    if bound is None:
        return default
    position = bound.__index__()
    return dims.add(dim, position) if position < 0 else position


def _steps(length: Dim, step: int) -> Dim:
    return dims.floor_divide(dims.add(length, step - 1), step)
