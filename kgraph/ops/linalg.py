"""Linear algebra on the last two axes, batched by the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from kgraph.broadcasting import broadcast_shapes, promote
from kgraph.dimension import as_dimension
from kgraph.ops.comparison import equal, greater, less, logical_and, where
from kgraph.ops.contraction import matmul
from kgraph.ops.core import stop_gradient
from kgraph.ops.creation import arange, eye, triu
from kgraph.ops.elementwise import absolute, log, mod, multiply, power, sign, sqrt, square, subtract
from kgraph.ops.indexing import take_along_axis
from kgraph.ops.operands import Axes, TensorLike, as_bool, as_float, axes_of, axis_of, rank_of, shape_of
from kgraph.ops.reductions import argmax, max, min, prod, sum
from kgraph.ops.shaping import broadcast_to, concatenate, expand_dims, squeeze, swapaxes
from kgraph.tensor import apply, cast, operand_type, spread, take_slice

#: Solves ``a x = b``, both of one dtype and batch.
Solution: TypeAlias = Callable[[TensorLike, TensorLike], TensorLike]


def norm(
    x: TensorLike, ord: float | str | None = None, axis: Axes = None, keepdims: bool = False
) -> TensorLike:
    """The norm of vectors along one axis, or of matrices along two.

    Of a vector it is ``sum(abs(x)**ord)**(1/ord)``, with 2 by default; ``inf``, ``-inf`` and 0 are the largest, the
    smallest, and the number of those not 0. Of a matrix, 1 and -1 are the largest and the smallest sum of a column, and
    ``inf`` and ``-inf`` of a row. ``"fro"``, and no ``ord``, are the root of the sum of squares over all the axes.

    Raises:
        ValueError: another ``ord`` of matrices, which their singular values would say, or more than two axes.
    """
    x = as_float(x)
    if ord is None:
        return sqrt(sum(square(x), axis, keepdims))
    axes = axes_of("norm", rank_of(x), axis)
    if ord == "fro" or (ord == 2 and len(axes) == 1):
        return sqrt(sum(square(x), axes, keepdims))
    if len(axes) == 2 and ord in (1, -1, math.inf, -math.inf):
        in_order = axes if not isinstance(axis, Sequence) else [axis_of("norm", rank_of(x), one) for one in axis]
        return _matrix_norm(x, float(ord), in_order, keepdims)
    if len(axes) != 1 or isinstance(ord, str):
        text = f"takes a number as ord and one axis, or two and ord 'fro', 1, -1, inf or -inf; not ord {ord!r}"
        raise ValueError(f"ops.norm: {text}, axis {axis!r}")
    return _vector_norm(x, float(ord), axes, keepdims)


def _vector_norm(x: TensorLike, ord: float, axes: list[int], keepdims: bool) -> TensorLike:
    if math.isinf(ord):
        return (max if ord > 0 else min)(absolute(x), axes, keepdims)
    if ord == 0:
        return cast(sum(as_bool(x), axes, keepdims), operand_type(x).dtype)
    return power(sum(power(absolute(x), ord), axes, keepdims), 1.0 / ord)


def _matrix_norm(x: TensorLike, ord: float, axes: list[int], keepdims: bool) -> TensorLike:
    summed, compared = axes if abs(ord) == 1 else axes[::-1]
    totals = sum(absolute(x), summed, keepdims=True)
    found = (max if ord > 0 else min)(totals, compared, keepdims=True)
    return found if keepdims else squeeze(found, axes)


def _square_matrices(function: str, x: TensorLike, name: str = "x") -> TensorLike:
    """``x`` as floats.

    Raises:
        ValueError: it holds no square matrices.
    """
    shape = shape_of(x)
    if len(shape) < 2 or (isinstance(shape[-1], int) and isinstance(shape[-2], int) and shape[-1] != shape[-2]):
        raise ValueError(f"ops.{function}: {name} must hold square matrices, not shape {list(shape)}")
    return as_float(x)


def _places(x: TensorLike) -> list[TensorLike]:
    """The row and the column of each element of the matrices."""
    shape = list(shape_of(x))
    return [apply("iota", shape=shape, axis=len(shape) - back, dtype="i32") for back in (2, 1)]


def _main_diagonal(x: TensorLike) -> TensorLike:
    return sum(where(equal(*_places(x)), x, 0.0), -1)


def _transposed(x: TensorLike) -> TensorLike:
    return swapaxes(x, -1, -2)


# --- triangular factors ----------------------------------------------------------------------------------------------


def cholesky(x: TensorLike, upper: bool = False) -> TensorLike:
    """The lower triangular ``L`` with ``L Lᵀ = x``, or its transpose if ``upper``; NaN where ``x`` is not positive.

    What is factored is ``(x + xᵀ) / 2``.

    Raises:
        ValueError: ``x`` holds no square matrices.
    """
    factor = apply("cholesky", _square_matrices("cholesky", x))
    return _transposed(factor) if upper else factor


def cholesky_inverse(x: TensorLike, upper: bool = False) -> TensorLike:
    """The inverse of ``x xᵀ`` for a lower triangular ``x``, or of ``xᵀ x`` for an upper one.

    Raises:
        ValueError: ``x`` holds no square matrices.
    """
    x = _square_matrices("cholesky_inverse", x)
    inverse = solve_triangular(x, eye(as_dimension(shape_of(x)[-1]), dtype=operand_type(x).dtype), lower=not upper)
    pair = (inverse, _transposed(inverse)) if upper else (_transposed(inverse), inverse)
    return matmul(*pair)


def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> TensorLike:
    """The ``x`` of ``a x = b``, where ``a`` is upper triangular, or lower: the other part of it is not looked at.

    Shapes ``(..., n, n)``, and ``(..., n, m)`` or ``(n)``, as is the result's.

    Raises:
        ValueError: ``a`` holds no square matrices.
    """
    return _solved("solve_triangular", a, b, lambda a, b: apply("solve_triangular", a, b, lower=lower))


def _solved(function: str, a: TensorLike, b: TensorLike, solution: Solution) -> TensorLike:
    """``solution(a, b)`` with dtypes and batches that agree; a vector ``b`` gains an axis and loses it again."""
    a = _square_matrices(function, a, "a")
    if rank_of(b) == 1:
        return squeeze(_solved(function, a, expand_dims(b, -1), solution), -1)
    rows, size = shape_of(b)[-2], shape_of(a)[-1]
    if rows != size and isinstance(rows, int) and isinstance(size, int):
        raise ValueError(f"ops.{function}: a has {size} columns, but b {rows} rows")
    dtype = promote([operand_type(a).dtype, operand_type(as_float(b)).dtype])
    batch = broadcast_shapes(shape_of(a)[:-2], shape_of(b)[:-2])
    a, b = (spread(x, dtype, (*batch, size, shape_of(x)[-1])) for x in (a, b))
    return solution(a, b)


# --- by elimination --------------------------------------------------------------------------------------------------


class _Factors:
    """``x`` with its rows in another order as ``L U``.

    Attributes:
        packed: ``U`` and, left of its diagonal, ``L`` without its ones.
        order: which row of ``x`` each row is, int32 ``(..., n)``.
    """

    def __init__(self, x: TensorLike) -> None:
        both = apply("lu", x)
        front = (slice(None),) * (rank_of(x) - 2)
        self.packed = take_slice(both, (*front, slice(None, -1)))
        self.order = cast(take_slice(both, (*front, -1)), "i32")

    def solve(self, b: TensorLike) -> TensorLike:
        places = broadcast_to(expand_dims(self.order, -1), [as_dimension(dim) for dim in shape_of(b)])
        forward = apply("solve_triangular", self.packed, take_along_axis(b, places, -2), lower=True, ones=True)
        return apply("solve_triangular", self.packed, forward, lower=False)

    def diagonal(self) -> TensorLike:
        """The diagonal of ``U``."""
        return _main_diagonal(self.packed)

    def sign(self) -> TensorLike:
        """-1 where an odd number of exchanges makes the order, else 1: every pair in the wrong order is one."""
        left, right = expand_dims(self.order, -1), expand_dims(self.order, -2)
        exchanges = sum(logical_and(greater(left, right), less(*_places(self.packed))), (-2, -1))
        return cast(subtract(1, multiply(mod(exchanges, 2), 2)), operand_type(self.packed).dtype)


def lu_factor(x: TensorLike) -> tuple[TensorLike, TensorLike]:
    """``L`` (its ones left out) and ``U`` in one matrix, whose product is ``x`` with rows exchanged; and the exchanges.

    Returns:
        The factors, and for each row the one that it was exchanged with, in their order, as int32.

    Raises:
        ValueError: ``x`` holds no square matrices of known size.
    """
    x = _square_matrices("lu_factor", x)
    size = shape_of(x)[-1]
    if not isinstance(size, int):
        raise ValueError("ops.lu_factor: the size of the matrices must be known")
    factors = _Factors(x)
    return factors.packed, _exchanges(factors.order, size)


def _exchanges(order: TensorLike, size: int) -> TensorLike:
    """The order of rows as exchanges: where each row stands once those before it are in their places."""
    now = broadcast_to(arange(size), [as_dimension(dim) for dim in shape_of(order)])
    found = []
    for i in range(size):
        wanted, here = (take_slice(row, (..., slice(i, i + 1))) for row in (order, now))
        place = cast(expand_dims(argmax(equal(now, wanted), -1), -1), "i32")
        found.append(place)
        now = where(equal(arange(size), place), here, where(equal(arange(size), i), wanted, now))
    return concatenate(found, -1) if found else order


def solve(a: TensorLike, b: TensorLike) -> TensorLike:
    """The ``x`` of ``a x = b``; infinite or NaN where ``a`` is singular.

    Shapes ``(..., n, n)``, and ``(..., n, m)`` or ``(n)``, as is the result's.

    Raises:
        ValueError: ``a`` holds no square matrices.
    """
    return _solved("solve", a, b, lambda a, b: _Factors(a).solve(b))


def inv(x: TensorLike) -> TensorLike:
    """The inverse; infinite or NaN where ``x`` is singular.

    Raises:
        ValueError: ``x`` holds no square matrices.
    """
    x = _square_matrices("inv", x)
    return solve(x, eye(as_dimension(shape_of(x)[-1]), dtype=operand_type(x).dtype))


def det(x: TensorLike) -> TensorLike:
    """The determinant.

    Raises:
        ValueError: ``x`` holds no square matrices.
    """
    factors = _Factors(_square_matrices("det", x))
    return multiply(prod(factors.diagonal(), -1), factors.sign())


def slogdet(x: TensorLike) -> tuple[TensorLike, TensorLike]:
    """The sign of the determinant, and the logarithm of its size.

    Raises:
        ValueError: ``x`` holds no square matrices.
    """
    factors = _Factors(_square_matrices("slogdet", x))
    diagonal = factors.diagonal()
    return multiply(prod(sign(diagonal), -1), factors.sign()), sum(log(absolute(diagonal)), -1)


def logdet(x: TensorLike) -> TensorLike:
    """The logarithm of the determinant of a positive definite matrix, from its Cholesky factor.

    Raises:
        ValueError: ``x`` holds no square matrices.
    """
    return multiply(sum(log(_main_diagonal(cholesky(x))), -1), 2.0)


# --- by reflections --------------------------------------------------------------------------------------------------


def qr(x: TensorLike, mode: str = "reduced") -> tuple[TensorLike, TensorLike]:
    """``Q`` with orthogonal columns of length 1 and upper triangular ``R``, whose product is ``x``.

    Shapes ``(..., m, n)`` -> ``(..., m, k)``, ``(..., k, n)``, where ``k`` is the smaller of the two, or ``m`` in the
    mode ``complete``, whose columns beyond ``n`` are constants to differentiation.

    Raises:
        ValueError: the mode is another, or the sizes are not known.
    """
    x = as_float(x)
    rows, columns = (*[None] * 2, *shape_of(x))[-2:]
    if mode not in ("reduced", "complete") or not isinstance(rows, int) or not isinstance(columns, int):
        text = f"takes matrices of known sizes and mode 'reduced' or 'complete', not {list(shape_of(x))} and {mode!r}"
        raise ValueError(f"ops.qr: {text}")
    q = apply("qr", take_slice(x, (..., slice(None, rows if rows < columns else columns))))
    r = triu(matmul(_transposed(q), x))
    if mode == "reduced" or rows <= columns:
        return q, r
    front, more = [0] * (rank_of(x) - 2), rows - columns
    wide = apply("pad", stop_gradient(x), before=[*front, 0, 0], after=[*front, 0, more], value=0)
    rest = take_slice(apply("qr", wide), (..., slice(columns, None)))
    return concatenate([q, rest], -1), apply("pad", r, before=[*front, 0, 0], after=[*front, more, 0], value=0)
