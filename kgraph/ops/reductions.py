"""Reductions over some or all axes, and running totals.

``axis`` is an int, a tuple or ``None`` for all axes; negative ones count from the end. ``keepdims`` leaves them as 1.
"""

from __future__ import annotations

from kgraph.dims import product
from kgraph.ops.comparison import isclose
from kgraph.ops.elementwise import divide, maximum, minimum, multiply, sqrt, square, subtract
from kgraph.ops.operands import (
    Axes,
    DTypeLike,
    TensorLike,
    as_bool,
    as_float,
    as_number,
    axes_of,
    axis_of,
    rank_of,
    shape_of,
    to_shape,
)
from kgraph.tensor import apply, cast, operand_type, spread
from kgraph.types import short_dtype


def _reduce(op: str, function: str, x: TensorLike, axis: Axes, keepdims: bool) -> TensorLike:
    return apply(op, x, axes=axes_of(function, rank_of(x), axis), keepdims=bool(keepdims))


def sum(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The sum; 0 of no elements."""
    return _reduce("sum", "sum", as_number(x), axis, keepdims)


def mean(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The mean, a float also for ints; NaN of no elements."""
    return _reduce("mean", "mean", as_float(x), axis, keepdims)


def var(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """``mean(square(x - mean(x)))``."""
    x = as_float(x)
    return mean(square(subtract(x, mean(x, axis, keepdims=True))), axis, keepdims)


def std(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """``sqrt(var(x))``."""
    return sqrt(var(x, axis, keepdims))


def average(x: TensorLike, axis: Axes = None, weights: TensorLike = None) -> TensorLike:
    """``sum(x * weights) / sum(weights)``, or the mean; weights of one dimension go along the one axis given."""
    if weights is None:
        return mean(x, axis)
    x, weights = as_float(x), as_float(weights)
    if axis is not None and rank_of(weights) == 1 and rank_of(x) > 1:
        place = axes_of("average", rank_of(x), axis)[0]
        size = shape_of(weights)[0]
        weights = to_shape(weights, [size if i == place else 1 for i in range(rank_of(x))])
    weights = spread(weights, operand_type(weights).dtype, shape_of(x))
    return divide(sum(multiply(x, weights), axis), sum(weights, axis))


def prod(x: TensorLike, axis: Axes = None, keepdims: bool = False, dtype: DTypeLike = None) -> TensorLike:
    """The product; 1 of no elements."""
    product_of_all = _reduce("prod", "prod", as_number(x), axis, keepdims)
    return product_of_all if dtype is None else cast(product_of_all, short_dtype(dtype))


def max(x: TensorLike, axis: Axes = None, keepdims: bool = False, initial: float | None = None) -> TensorLike:
    """The largest element, and ``initial`` at least; NaN where there is one."""
    found = _reduce("max", "max", as_number(x), axis, keepdims)
    return found if initial is None else maximum(found, initial)


def min(x: TensorLike, axis: Axes = None, keepdims: bool = False, initial: float | None = None) -> TensorLike:
    """The smallest element, and ``initial`` at most; NaN where there is one."""
    found = _reduce("min", "min", as_number(x), axis, keepdims)
    return found if initial is None else minimum(found, initial)


def amax(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The largest element."""
    return max(x, axis, keepdims)


def amin(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The smallest element."""
    return min(x, axis, keepdims)


def ptp(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """The largest element less the smallest."""
    return subtract(max(x, axis, keepdims), min(x, axis, keepdims))


def any(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """Whether some element is not 0."""
    return _reduce("any", "any", as_bool(x), axis, keepdims)


def all(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """Whether no element is 0."""
    return _reduce("all", "all", as_bool(x), axis, keepdims)


def allclose(
    x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> TensorLike:
    """Whether all elements are close; see ``isclose``."""
    return all(isclose(x1, x2, rtol, atol, equal_nan))


def count_nonzero(x: TensorLike, axis: Axes = None) -> TensorLike:
    """How many elements are not 0, as int32."""
    return sum(as_bool(x), axis)


def argmax(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> TensorLike:
    """Where the largest element stands, as int32: the first one, in the flat tensor where there is no axis."""
    return _place("argmax", x, axis, keepdims)


def argmin(x: TensorLike, axis: int | None = None, keepdims: bool = False) -> TensorLike:
    """Where the smallest element stands, as int32: the first one, in the flat tensor where there is no axis."""
    return _place("argmin", x, axis, keepdims)


def _place(op: str, x: TensorLike, axis: int | None, keepdims: bool) -> TensorLike:
    x = as_number(x)
    shape = shape_of(x)
    if axis is None:
        found = apply(op, to_shape(x, [product(shape)]), axis=0)
        return to_shape(found, [1] * len(shape)) if keepdims else found
    position = axis_of(op, len(shape), axis)
    found = apply(op, x, axis=position)
    return to_shape(found, [*shape[:position], 1, *shape[position + 1 :]]) if keepdims else found


def logsumexp(x: TensorLike, axis: Axes = None, keepdims: bool = False) -> TensorLike:
    """``log(sum(exp(x)))``, without overflow."""
    return _reduce("logsumexp", "logsumexp", as_float(x), axis, keepdims)


def cumsum(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> TensorLike:
    """Running sums along ``axis``, or over the flat tensor."""
    return _running("cumsum", x, axis, dtype)


def cumprod(x: TensorLike, axis: int | None = None, dtype: DTypeLike = None) -> TensorLike:
    """Running products along ``axis``, or over the flat tensor."""
    return _running("cumprod", x, axis, dtype)


def _running(op: str, x: TensorLike, axis: int | None, dtype: DTypeLike) -> TensorLike:
    x = as_number(x) if dtype is None else cast(x, short_dtype(dtype))
    if axis is None:
        x, axis = to_shape(x, [operand_type(x).size]), 0
    return apply(op, x, axis=axis_of(op, rank_of(x), axis), reverse=False)
