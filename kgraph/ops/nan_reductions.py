"""Reductions that leave out NaN. ``axis`` and ``keepdims`` are as in ``kgraph.ops.reductions``."""

from __future__ import annotations

import math

from kgraph.ops import reductions
from kgraph.ops.comparison import isnan, logical_not, where
from kgraph.ops.elementwise import divide, sqrt, square, subtract
from kgraph.ops.operands import Axes, DTypeLike, TensorLike, as_float, as_number
from kgraph.tensor import cast, operand_type


def _without_nan(x: TensorLike, instead: float) -> TensorLike:
    x = as_number(x)
    return where(isnan(x), instead, x) if operand_type(x).is_float else x


def _count(x: TensorLike, axis: Axes, keepdims: bool) -> TensorLike:
    """How many elements there are."""
    return cast(reductions.sum(logical_not(isnan(x)), axis, keepdims), operand_type(x).dtype)


def _or_nan(found: TensorLike, x: TensorLike, axis: Axes, keepdims: bool) -> TensorLike:
    """``found``, or NaN where there was nothing else."""
    if not operand_type(x).is_float:
        return found
    return where(reductions.all(isnan(x), axis, keepdims), math.nan, found)


def nansum(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The sum; 0 of nothing."""
    return reductions.sum(_without_nan(x, 0), axis, keepdims)


def nanprod(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The product; 1 of nothing."""
    return reductions.prod(_without_nan(x, 1), axis, keepdims)


def nanmean(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The mean; NaN of nothing."""
    x = as_float(x)
    return divide(nansum(x, axis, keepdims), _count(x, axis, keepdims))


def nanvar(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The mean square of what is off the mean; NaN of nothing."""
    x = as_float(x)
    return nanmean(square(subtract(x, nanmean(x, axis, keepdims=True))), axis, keepdims)


def nanstd(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """``sqrt(nanvar(x))``."""
    return sqrt(nanvar(x, axis, keepdims))


def nanmax(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The largest element; NaN of nothing."""
    return _or_nan(reductions.max(_without_nan(x, -math.inf), axis, keepdims), x, axis, keepdims)


def nanmin(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The smallest element; NaN of nothing."""
    return _or_nan(reductions.min(_without_nan(x, math.inf), axis, keepdims), x, axis, keepdims)


def nanargmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> TensorLike:
    """Where the largest element stands; -1 where there is nothing."""
    found = reductions.argmax(_without_nan(x, -math.inf), axis, keepdims)
    return _or_nowhere(found, x, axis, keepdims)


def nanargmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> TensorLike:
    """Where the smallest element stands; -1 where there is nothing."""
    found = reductions.argmin(_without_nan(x, math.inf), axis, keepdims)
    return _or_nowhere(found, x, axis, keepdims)


def _or_nowhere(found: TensorLike, x: TensorLike, axis: int | None, keepdims: bool) -> TensorLike:
    return where(reductions.all(isnan(x), axis, keepdims), -1, found) if operand_type(x).is_float else found


def nancumsum(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> TensorLike:
    """Running sums, NaN counting as 0."""
    return reductions.cumsum(_without_nan(x, 0), axis, dtype)


def nancumprod(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> TensorLike:
    """Running products, NaN counting as 1."""
    return reductions.cumprod(_without_nan(x, 1), axis, dtype)
