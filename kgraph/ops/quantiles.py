"""Medians and quantiles: what stands at a part of the way through the elements in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from kgraph.dimension import as_dimension
from kgraph.dims import product
from kgraph.ops.comparison import isnan, less_equal, logical_not, where
from kgraph.ops.elementwise import add, ceil, divide, floor, maximum, minimum, multiply, subtract
from kgraph.ops.indexing import sort, take_along_axis
from kgraph.ops.operands import Axes, TensorLike, as_float, axes_of, rank_of, shape_of, to_shape
from kgraph.ops.reductions import any as reduce_any
from kgraph.ops.reductions import sum as reduce_sum
from kgraph.ops.shaping import moveaxis
from kgraph.tensor import cast, operand_type


def _nearest(low: TensorLike, high: TensorLike, part: TensorLike) -> TensorLike:
    return where(less_equal(part, 0.5), low, high)


def _between(low: TensorLike, high: TensorLike, part: TensorLike) -> TensorLike:
    return add(multiply(low, subtract(1.0, part)), multiply(high, part))


#: What is made of the elements below and above a place, and how far it is from the one to the other.
_METHODS: Final[Mapping[str, Callable[[TensorLike, TensorLike, TensorLike], TensorLike]]] = {
    "linear": _between,
    "lower": lambda low, high, part: low,
    "higher": lambda low, high, part: high,
    "midpoint": lambda low, high, part: _between(low, high, 0.5),
    "nearest": _nearest,
}


def quantile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> TensorLike:
    """What stands at the part ``q`` of the way from the smallest element to the largest; NaN where there is one.

    Args:
        x: the elements.
        q: a number from 0 to 1, or a vector of them, which is the first axis of the result.
        axis: as in ``kgraph.ops.reductions``.
        method: what a place between two elements gives: ``linear``, ``lower``, ``higher``, ``midpoint`` or ``nearest``.
        keepdims: likewise.

    Raises:
        ValueError: ``method`` is none of these, or ``q`` has more than one dimension.
    """
    x = as_float(x)
    found = _quantile("quantile", x, q, axis, method, keepdims)
    return where(reduce_any(isnan(x), axis, keepdims), math.nan, found)


def nanquantile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> TensorLike:
    """``quantile`` of the elements that are not NaN; NaN where there is no other."""
    return _quantile("nanquantile", as_float(x), q, axis, method, keepdims)


def percentile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> TensorLike:
    """``quantile`` with ``q`` from 0 to 100."""
    return quantile(x, divide(q, 100.0), axis, method, keepdims)


def nanpercentile(
    x: TensorLike, q: TensorLike, axis: Axes = None, method: str = "linear", keepdims: bool = False
) -> TensorLike:
    """``nanquantile`` with ``q`` from 0 to 100."""
    return nanquantile(x, divide(q, 100.0), axis, method, keepdims)


def median(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The middle element in order, or the mean of the middle two."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


def nanmedian(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """``median`` of the elements that are not NaN."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


def _quantile(
    function: str, x: TensorLike, q: TensorLike, axis: Axes, method: str, keepdims: bool
) -> TensorLike:
    if method not in _METHODS:
        raise ValueError(f"ops.{function}: method is one of {', '.join(_METHODS)}, not {method!r}")
    q = as_float(q)
    if rank_of(q) > 1:
        raise ValueError(f"ops.{function}: q is a number or a vector, not of {rank_of(q)} dimensions")
    axes = axes_of(function, rank_of(x), axis)
    kept = [dim for i, dim in enumerate(shape_of(x)) if i not in axes]
    last = list(range(len(kept), rank_of(x)))
    moved = moveaxis(x, axes, last)
    length = product(shape_of(moved)[len(kept) :])
    ordered = sort(to_shape(moved, [*kept, length]))
    # NaN comes last, and is not counted.
    count = reduce_sum(logical_not(isnan(ordered)), -1, keepdims=True)
    dtype = operand_type(x).dtype
    place = multiply(to_shape(cast(q, dtype), [operand_type(q).size]), maximum(subtract(cast(count, dtype), 1.0), 0.0))
    low = floor(place)
    below = minimum(cast(low, "i32"), subtract(as_dimension(length), 1))
    above = minimum(cast(ceil(place), "i32"), subtract(as_dimension(length), 1))
    low_value, high_value = (take_along_axis(ordered, index, -1) for index in (below, above))
    found = moveaxis(_METHODS[method](low_value, high_value, subtract(place, low)), -1, 0)
    shape = [1 if i in axes else dim for i, dim in enumerate(shape_of(x))] if keepdims else kept
    return to_shape(found, [*shape_of(q), *shape])
