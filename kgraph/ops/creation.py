"""Tensors made of numbers. Shapes may hold what ``ops.shape`` gives; the dtype is the default float if not given."""

from __future__ import annotations

import math

from kgraph import dims
from kgraph.dimension import Dimension, as_dim
from kgraph.ops.comparison import greater_equal, where
from kgraph.ops.elementwise import add, divide, exp, log, multiply, power, subtract
from kgraph.ops.operands import (
    DTypeLike,
    ShapeLike,
    TensorLike,
    as_float,
    axis_of,
    broadcast_all,
    dtype_or_floatx,
    shape_list,
    shape_of,
    to_shape,
)
from kgraph.tensor import apply, cast, operand_type, spread
from kgraph.types import short_dtype


def zeros(shape: ShapeLike, dtype: DTypeLike = None) -> TensorLike:
    """Zeros of ``shape``."""
    return full(shape, 0, dtype_or_floatx(dtype))


def ones(shape: ShapeLike, dtype: DTypeLike = None) -> TensorLike:
    """Ones of ``shape``."""
    return full(shape, 1, dtype_or_floatx(dtype))


def empty(shape: ShapeLike, dtype: DTypeLike = None) -> TensorLike:
    """Zeros of ``shape``: nothing here is ever without a value."""
    return zeros(shape, dtype)


def full(shape: ShapeLike, fill_value: TensorLike, dtype: DTypeLike = None) -> TensorLike:
    """``fill_value``, which may be a tensor, broadcast to ``shape``."""
    wanted = shape_list("full", shape)
    chosen = dtype_or_floatx(dtype)
    if isinstance(fill_value, (bool, int, float)):
        convert = {"f": float, "i": int, "b": bool}[chosen[0]]
        return apply("full", shape=wanted, value=convert(fill_value), dtype=chosen)
    return spread(fill_value, chosen, tuple(wanted))


def zeros_like(x: TensorLike, dtype: DTypeLike = None) -> TensorLike:
    """Zeros of the shape of ``x``, and of its dtype where none is given."""
    return full_like(x, 0, dtype)


def ones_like(x: TensorLike, dtype: DTypeLike = None) -> TensorLike:
    """Ones of the shape of ``x``, and of its dtype where none is given."""
    return full_like(x, 1, dtype)


def full_like(x: TensorLike, fill_value: TensorLike, dtype: DTypeLike = None) -> TensorLike:
    """``fill_value`` broadcast to the shape of ``x``, in its dtype where none is given."""
    given = operand_type(x)
    shape = [Dimension(dim) if isinstance(dim, str) else dim for dim in given.shape]
    return full(shape, fill_value, given.dtype if dtype is None else dtype)


def empty_like(x: TensorLike, dtype: DTypeLike = None) -> TensorLike:
    """Zeros of the shape of ``x``: nothing here is ever without a value."""
    return zeros_like(x, dtype)


def arange(
    start: float | Dimension, stop: float | Dimension | None = None, step: float = 1, dtype: DTypeLike = None
) -> TensorLike:
    """``start``, ``start + step``, ... below ``stop``; from 0 where only one bound is given. Ints are int32.

    Raises:
        ValueError: ``step`` is 0, or a bound is a ``Dimension`` and the rest are not ints.
    """
    first, last = (0, start) if stop is None else (start, stop)
    if step == 0:
        raise ValueError("ops.arange: step cannot be 0")
    whole = not any(isinstance(number, float) for number in (first, last, step))
    chosen = short_dtype(dtype) if dtype is not None else "i32" if whole else dtype_or_floatx(None)
    if isinstance(first, Dimension) or isinstance(last, Dimension):
        if not whole or step < 0:
            raise ValueError(f"ops.arange: from {first!r} to {last!r} takes a positive int as step, not {step!r}")
        length = dims.floor_divide(dims.add(dims.subtract(as_dim(last), as_dim(first)), int(step) - 1), int(step))
    else:
        length = max(0, math.ceil((last - first) / step))
    places = apply("iota", shape=[length], axis=0, dtype="i32" if whole else chosen)
    scaled = places if step == 1 else multiply(places, step)
    return cast(scaled if not isinstance(first, Dimension) and first == 0 else add(scaled, first), chosen)


def linspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> TensorLike:
    """``num`` numbers at equal distances from ``start`` to ``stop``, which is the last of them with ``endpoint``.

    Returns:
        The numbers along a new axis, and with ``retstep`` their distance too.

    Raises:
        ValueError: ``num`` is negative, or the bounds do not broadcast.
    """
    if num < 0:
        raise ValueError(f"ops.linspace: num must be 0 or more, not {num}")
    start, stop = as_float(start), as_float(stop)
    shape = broadcast_all("linspace", (start, stop))
    place = axis_of("linspace", len(shape) + 1, axis)
    step = divide(subtract(stop, start), float(max(num - 1 if endpoint else num, 1)))
    first = spread(start, operand_type(step).dtype, shape)
    first, step = (to_shape(x, [*shape[:place], 1, *shape[place:]]) for x in (first, step))
    along = [1] * place + [num] + [1] * (len(shape) - place)
    numbers = add(multiply(apply("iota", shape=along, axis=place, dtype=operand_type(step).dtype), step), first)
    numbers = numbers if dtype is None else cast(numbers, short_dtype(dtype))
    return (numbers, to_shape(step, shape)) if retstep else numbers


def logspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    base: TensorLike = 10,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> TensorLike:
    """``base`` to the numbers of ``linspace``."""
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    numbers = power(as_float(base), exponents)
    return numbers if dtype is None else cast(numbers, short_dtype(dtype))


def geomspace(
    start: TensorLike,
    stop: TensorLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> TensorLike:
    """``num`` numbers from ``start`` to ``stop``, each the same factor of the one before; both have the same sign."""
    start, stop = as_float(start), as_float(stop)
    factors = exp(linspace(0.0, log(divide(stop, start)), num, endpoint, axis=axis))
    place = axis_of("geomspace", len(shape_of(factors)), axis)
    shape = shape_of(factors)
    first = spread(start, operand_type(factors).dtype, (*shape[:place], *shape[place + 1 :]))
    numbers = multiply(to_shape(first, [*shape[:place], 1, *shape[place + 1 :]]), factors)
    return numbers if dtype is None else cast(numbers, short_dtype(dtype))


def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[TensorLike]:
    """Each vector along its own axis of a grid, and repeated along the others.

    ``"ij"`` gives the axes in the vectors' order; ``"xy"`` exchanges the first two.

    Raises:
        ValueError: ``indexing`` is neither, or an operand has more than one dimension.
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"ops.meshgrid: indexing is 'xy' or 'ij', not {indexing!r}")
    if any(len(shape_of(one)) > 1 for one in x):
        raise ValueError(f"ops.meshgrid: takes vectors, not shapes {[list(shape_of(one)) for one in x]}")
    order = list(range(len(x)))
    if indexing == "xy" and len(x) > 1:
        order[:2] = 1, 0
    sizes = [operand_type(x[i]).size for i in order]
    places = [[size if i == place else 1 for place, size in enumerate(sizes)] for i in map(order.index, range(len(x)))]
    along = [to_shape(one, place) for one, place in zip(x, places, strict=True)]
    return [spread(one, operand_type(one).dtype, tuple(sizes)) for one in along]


def eye(N: int | Dimension, M: int | Dimension | None = None, k: int = 0, dtype: DTypeLike = None) -> TensorLike:
    """Ones where the column is the row plus ``k``, in a matrix ``(N, M)`` of zeros; ``M`` is ``N`` where not given."""
    shape = shape_list("eye", (N, N if M is None else M))
    rows, columns = (apply("iota", shape=shape, axis=axis, dtype="i32") for axis in (0, 1))
    return cast(apply("equal", columns, add(rows, k) if k else rows), dtype_or_floatx(dtype))


def identity(n: int, dtype: DTypeLike = None) -> TensorLike:
    """The identity matrix ``(n, n)``."""
    return eye(n, dtype=dtype)


def tri(
    N: int | Dimension, M: int | Dimension | None = None, k: int = 0, dtype: DTypeLike = None
) -> TensorLike:
    """Ones up to the ``k``-th diagonal of a matrix ``(N, M)``, zeros above; ``M`` is ``N`` where not given."""
    shape = shape_list("tri", (N, N if M is None else M))
    rows, columns = (apply("iota", shape=shape, axis=axis, dtype="i32") for axis in (0, 1))
    return cast(greater_equal(add(rows, k) if k else rows, columns), dtype_or_floatx(dtype))


def tril(x: TensorLike, k: int = 0) -> TensorLike:
    """``x`` with zeros above the ``k``-th diagonal of its last two axes."""
    return where(greater_equal(*_diagonal(x, "tril", k)), x, zeros_like(x))


def triu(x: TensorLike, k: int = 0) -> TensorLike:
    """``x`` with zeros below the ``k``-th diagonal of its last two axes."""
    return where(greater_equal(*reversed(_diagonal(x, "triu", k))), x, zeros_like(x))


def _diagonal(x: TensorLike, function: str, k: int) -> tuple[TensorLike, TensorLike]:
    """For the last two axes: the row plus ``k``, and the column."""
    shape = shape_of(x)
    if len(shape) < 2:
        raise ValueError(f"ops.{function}: x must have at least 2 dimensions, not {len(shape)}")
    rows, columns = (apply("iota", shape=list(shape[-2:]), axis=axis, dtype="i32") for axis in (0, 1))
    return (add(rows, k) if k else rows), columns
