"""Arithmetic and functions of each element. Ints and bools become the default float where the formula needs floats."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from kgraph.ops.comparison import equal, greater, isnan, less, logical_and, logical_or, where
from kgraph.ops.operands import TensorLike, as_float, as_number
from kgraph.tensor import apply, binary, cast, common_dtype, operand_type
from kgraph.types import DTYPES

_LN_2: Final = math.log(2.0)
_LN_10: Final = math.log(10.0)


# --- two operands, promoted and broadcast ----------------------------------------------------------------------------


def add(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 + x2``."""
    return binary("add", x1, x2)


def subtract(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 - x2``."""
    return binary("sub", x1, x2)


def multiply(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 * x2``."""
    return binary("mul", x1, x2)


def divide(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 / x2``, a float also for ints."""
    return binary("div", x1, x2)


def true_divide(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 / x2``, a float also for ints."""
    return binary("div", x1, x2)


def divide_no_nan(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 / x2``, but 0 where ``x2`` is 0."""
    return binary("div_no_nan", x1, x2)


def floor_divide(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``floor(x1 / x2)``."""
    return binary("floor_divide", x1, x2)


def mod(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 - x2 * floor(x1 / x2)``: the remainder, of the sign of ``x2``."""
    return binary("mod", x1, x2)


def fmod(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 - x2 * trunc(x1 / x2)``: the remainder, of the sign of ``x1``."""
    return binary("fmod", x1, x2)


def power(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1`` to the ``x2``."""
    is_two = isinstance(x2, (int, float)) and not isinstance(x2, bool) and x2 == 2
    return cast(square(x1), common_dtype("pow", x1, x2)) if is_two else binary("pow", x1, x2)


def maximum(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The larger of the two; NaN where either is."""
    return binary("maximum", x1, x2)


def minimum(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The smaller of the two; NaN where either is."""
    return binary("minimum", x1, x2)


def fmax(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The larger of the two, or the other one where one is NaN."""
    return where(isnan(x1), x2, where(isnan(x2), x1, maximum(x1, x2)))


def fmin(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The smaller of the two, or the other one where one is NaN."""
    return where(isnan(x1), x2, where(isnan(x2), x1, minimum(x1, x2)))


def heaviside(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """0 where ``x1`` is below 0, 1 where it is above, ``x2`` where it is 0; NaN for NaN."""
    x1, x2 = as_float(x1), as_float(x2)
    step = where(greater(x1, 0), 1.0, where(less(x1, 0), 0.0, x1))
    return where(equal(x1, 0), x2, step)


def nextafter(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The number after ``x1`` that the dtype holds, on the way to ``x2``."""
    return binary("nextafter", as_float(x1), as_float(x2))


def ldexp(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 * 2**x2``.

    Raises:
        TypeError: ``x2`` does not hold ints.
    """
    given = operand_type(x2).dtype
    if given not in ("i32", "i64"):
        raise TypeError(f"ops.ldexp: the exponents x2 must be ints, not {DTYPES[given]}")
    x1 = as_float(x1)
    return multiply(x1, binary("pow", 2.0, cast(x2, operand_type(x1).dtype)))


def arctan2(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The angle of the point at ``x2`` to the right and ``x1`` up, in radians."""
    return binary("atan2", x1, x2)


def hypot(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``sqrt(x1² + x2²)``."""
    return sqrt(add(square(as_float(x1)), square(as_float(x2))))


def logaddexp(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``log(exp(x1) + exp(x2))``, without overflow."""
    x1, x2 = as_float(x1), as_float(x2)
    return add(maximum(x1, x2), apply("softplus", negative(abs(subtract(x1, x2)))))


def logaddexp2(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``log2(2**x1 + 2**x2)``, without overflow."""
    x1, x2 = as_float(x1), as_float(x2)
    beyond = apply("softplus", multiply(abs(subtract(x1, x2)), -_LN_2))
    return add(maximum(x1, x2), multiply(beyond, 1.0 / _LN_2))


# --- the sign and the whole part -------------------------------------------------------------------------------------


def negative(x: TensorLike) -> TensorLike:
    """``-x``."""
    return apply("neg", as_number(x))


def absolute(x: TensorLike) -> TensorLike:
    """``x`` without its sign."""
    return apply("abs", as_number(x))


def abs(x: TensorLike) -> TensorLike:
    """``x`` without its sign."""
    return absolute(x)


def fabs(x: TensorLike) -> TensorLike:
    """``x`` without its sign, as a float."""
    return absolute(as_float(x))


def signbit(x: TensorLike) -> TensorLike:
    """Whether ``x`` has a minus: also -0.0 has one."""
    below = less(x, 0)
    if not operand_type(x).is_float:
        return below
    return logical_or(below, logical_and(equal(x, 0), less(reciprocal(x), 0)))


def sign(x: TensorLike) -> TensorLike:
    """-1, 0 or 1; NaN for NaN."""
    return apply("sign", as_number(x))


def floor(x: TensorLike) -> TensorLike:
    """The nearest whole number below."""
    return apply("floor", as_float(x))


def ceil(x: TensorLike) -> TensorLike:
    """The nearest whole number above."""
    return apply("ceil", as_float(x))


def trunc(x: TensorLike) -> TensorLike:
    """The nearest whole number towards 0; ints and bools stay as they are."""
    return apply("trunc", x) if operand_type(x).is_float else cast(x, operand_type(x).dtype)


def round(x: TensorLike, decimals: int = 0) -> TensorLike:
    """The nearest number with so many decimals, halves to the even one; ints stay as they are."""
    if not operand_type(x).is_float:
        return as_number(x)
    if decimals == 0:
        return apply("round", x)
    return divide(apply("round", multiply(x, 10.0**decimals)), 10.0**decimals)


def clip(x: TensorLike, x_min: TensorLike = None, x_max: TensorLike = None) -> TensorLike:
    """``x`` between ``x_min`` and ``x_max``, either of which may be ``None`` or a tensor."""
    x = as_number(x)
    dtype = operand_type(x).dtype
    bounds = [bound for bound in (x_min, x_max) if bound is not None]
    plain = all(isinstance(bound, (int, float)) and common_dtype("maximum", x, bound) == dtype for bound in bounds)
    if plain and len(bounds) == 2:
        return apply("clip", x, low=x_min, high=x_max)
    low = x if x_min is None else maximum(x, x_min)
    return low if x_max is None else minimum(low, x_max)


def nan_to_num(x: TensorLike, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> TensorLike:
    """``x`` with NaN and infinities replaced; infinities by the largest finite numbers where nothing else is said."""
    given = operand_type(x)
    if not given.is_float:
        return x
    largest = float(np.finfo(given.numpy_dtype).max)
    below = where(equal(x, -math.inf), -largest if neginf is None else neginf, x)
    finite = where(equal(x, math.inf), largest if posinf is None else posinf, below)
    return where(isnan(x), nan, finite)


# --- powers, exponentials and logarithms -----------------------------------------------------------------------------


def square(x: TensorLike) -> TensorLike:
    """``x * x``."""
    return apply("square", as_number(x))


def sqrt(x: TensorLike) -> TensorLike:
    """The square root; NaN below 0."""
    return apply("sqrt", as_float(x))


def cbrt(x: TensorLike) -> TensorLike:
    """The cube root, of the sign of ``x``."""
    return apply("cbrt", as_float(x))


def rsqrt(x: TensorLike) -> TensorLike:
    """``1 / sqrt(x)``."""
    return apply("rsqrt", as_float(x))


def reciprocal(x: TensorLike) -> TensorLike:
    """``1 / x``."""
    return apply("reciprocal", as_float(x))


def exp(x: TensorLike) -> TensorLike:
    """e to the ``x``."""
    return apply("exp", as_float(x))


def exp2(x: TensorLike) -> TensorLike:
    """2 to the ``x``."""
    return apply("exp", multiply(as_float(x), _LN_2))


def expm1(x: TensorLike) -> TensorLike:
    """``exp(x) - 1``, exact near 0."""
    return apply("expm1", as_float(x))


def log(x: TensorLike) -> TensorLike:
    """The natural logarithm; NaN below 0."""
    return apply("log", as_float(x))


def log1p(x: TensorLike) -> TensorLike:
    """``log(1 + x)``, exact near 0."""
    return apply("log1p", as_float(x))


def log2(x: TensorLike) -> TensorLike:
    """The logarithm to the base 2."""
    return multiply(log(x), 1.0 / _LN_2)


def log10(x: TensorLike) -> TensorLike:
    """The logarithm to the base 10."""
    return multiply(log(x), 1.0 / _LN_10)


def erf(x: TensorLike) -> TensorLike:
    """The error function."""
    return apply("erf", as_float(x))


def erfc(x: TensorLike) -> TensorLike:
    """``1 - erf(x)``, exact where that is small."""
    return apply("erfc", as_float(x))


def erfinv(x: TensorLike) -> TensorLike:
    """The number whose error function is ``x``; NaN beyond 1."""
    return apply("erfinv", as_float(x))


def i0(x: TensorLike) -> TensorLike:
    """The modified Bessel function of the first kind, of order 0."""
    return apply("i0", as_float(x))


# --- angles ----------------------------------------------------------------------------------------------------------


def sin(x: TensorLike) -> TensorLike:
    """The sine of radians."""
    return apply("sin", as_float(x))


def cos(x: TensorLike) -> TensorLike:
    """The cosine of radians."""
    return apply("cos", as_float(x))


def tan(x: TensorLike) -> TensorLike:
    """The tangent of radians."""
    return apply("tan", as_float(x))


def sinc(x: TensorLike) -> TensorLike:
    """``sin(pi * x) / (pi * x)``, and 1 at 0."""
    x = as_float(x)
    at_zero = equal(x, 0)
    angle = multiply(where(at_zero, 1.0, x), math.pi)
    return where(at_zero, 1.0, divide(sin(angle), angle))


def deg2rad(x: TensorLike) -> TensorLike:
    """Degrees as radians."""
    return multiply(as_float(x), math.pi / 180.0)


def rad2deg(x: TensorLike) -> TensorLike:
    """Radians as degrees."""
    return multiply(as_float(x), 180.0 / math.pi)


def arcsin(x: TensorLike) -> TensorLike:
    """The angle in radians whose sine is ``x``."""
    return apply("asin", as_float(x))


def arccos(x: TensorLike) -> TensorLike:
    """The angle in radians whose cosine is ``x``."""
    return apply("acos", as_float(x))


def arctan(x: TensorLike) -> TensorLike:
    """The angle in radians whose tangent is ``x``."""
    return apply("atan", as_float(x))


def sinh(x: TensorLike) -> TensorLike:
    """``(exp(x) - exp(-x)) / 2``."""
    return apply("sinh", as_float(x))


def cosh(x: TensorLike) -> TensorLike:
    """``(exp(x) + exp(-x)) / 2``."""
    return apply("cosh", as_float(x))


def tanh(x: TensorLike) -> TensorLike:
    """``sinh(x) / cosh(x)``."""
    return apply("tanh", as_float(x))


def arcsinh(x: TensorLike) -> TensorLike:
    """The inverse of ``sinh``."""
    return apply("asinh", as_float(x))


def arccosh(x: TensorLike) -> TensorLike:
    """The inverse of ``cosh``; NaN below 1."""
    return apply("acosh", as_float(x))


def arctanh(x: TensorLike) -> TensorLike:
    """The inverse of ``tanh``."""
    return apply("atanh", as_float(x))
