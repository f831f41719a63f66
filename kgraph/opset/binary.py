"""Functions of two tensors of one shape, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph.op import flat
from kgraph.opset.elementwise import binary

_SLOW = 8


def _quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` without numpy's warnings of division by zero."""

    def quiet(*operands: np.ndarray) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return function(*operands)

    return quiet


def _div_no_nan(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b == 0, 0, a / b).astype(np.result_type(a))


def _pow(a: np.ndarray, b: np.ndarray) -> Any:
    if a.dtype.kind != "i":
        return np.power(a, b)
    # numpy refuses negative exponents of ints.
    of_one = np.where(b % 2 == 0, a * a, a)
    return np.where(b >= 0, np.power(a, np.maximum(b, 0)), np.where(np.abs(a) == 1, of_one, 0)).astype(a.dtype)


def _where(condition: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A rule that passes the adjoint where the condition holds, and 0 elsewhere."""
    return lambda g: g.select(condition(g), g.dy, g.constant_like(g.dy, 0.0))


def _div_wrt_divisor(g: Any) -> Any:
    return g.neg(g.mul(g.dy, g.div(g.out, g.b)))


def _mod_wrt_divisor(g: Any) -> Any:
    return g.neg(g.mul(g.dy, g.floor_divide(g.a, g.b)))


def _pow_wrt_base(g: Any) -> Any:
    return g.mul(g.dy, g.mul(g.b, g.pow(g.a, g.sub(g.b, g.constant_like(g.b, 1.0)))))


def _pow_wrt_exponent(g: Any) -> Any:
    """``out * log(a)``; 0 where a base that is not positive has no logarithm."""
    one = g.constant_like(g.a, 1.0)
    positive = g.greater(g.a, g.constant_like(g.a, 0.0))
    return g.mul(g.dy, g.mul(g.out, g.log(g.select(positive, g.a, one))))


def _over_square_norm(g: Any, value: Any) -> Any:
    return g.div(g.mul(g.dy, value), g.add(g.square(g.a), g.square(g.b)))


binary("add", "`a + b`; ints wrap around.", np.add, (lambda g: g.dy, lambda g: g.dy), dtypes="R")
binary("sub", "`a - b`; ints wrap around.", np.subtract, (lambda g: g.dy, lambda g: g.neg(g.dy)), dtypes="R")
binary(
    "mul",
    "`a * b`; ints wrap around.",
    np.multiply,
    (lambda g: g.mul(g.dy, g.b), lambda g: g.mul(g.dy, g.a)),
    dtypes="R",
)
binary(
    "maximum",
    "The larger of `a` and `b`, NaN if either is; a tie's adjoint goes to `a`.",
    np.maximum,
    (_where(lambda g: g.greater_equal(g.a, g.b)), _where(lambda g: g.less(g.a, g.b))),
    dtypes="R",
)
binary(
    "minimum",
    "The smaller of `a` and `b`, NaN if either is; a tie's adjoint goes to `a`.",
    np.minimum,
    (_where(lambda g: g.less_equal(g.a, g.b)), _where(lambda g: g.greater(g.a, g.b))),
    dtypes="R",
)
binary(
    "mod",
    "`a - b * floor(a / b)`, of the sign of `b`; ints modulo 0 are 0, floats NaN.",
    _quietly(np.mod),
    (lambda g: g.dy, _mod_wrt_divisor),
    dtypes="R",
    low=-9.0,
    high=9.0,
    speed=_SLOW,
)
binary(
    "floor_divide",
    "`floor(a / b)`; an int over 0 is 0, a float an infinity or NaN.",
    _quietly(np.floor_divide),
    (flat, flat),
    dtypes="R",
    low=-9.0,
    high=9.0,
    speed=_SLOW,
)
binary("div", "`a / b`.", np.divide, (lambda g: g.div(g.dy, g.b), _div_wrt_divisor), low=1.0, high=4.0)
binary(
    "div_no_nan",
    "`a / b`, but 0 where `b` is 0, and so are its adjoints.",
    _div_no_nan,
    (lambda g: g.div_no_nan(g.dy, g.b), lambda g: g.neg(g.mul(g.dy, g.div_no_nan(g.out, g.b)))),
    low=1.0,
    high=4.0,
)
binary(
    "pow",
    "`a` to the `b`; floats are NaN where `a < 0` and `b` is not whole, ints wrap around and are cut towards 0.",
    _pow,
    (_pow_wrt_base, _pow_wrt_exponent),
    dtypes="R",
    low=0.5,
    high=3.0,
    speed=_SLOW,
)
binary(
    "atan2",
    "The angle in radians of the point at `b` to the right and `a` up.",
    np.arctan2,
    (lambda g: _over_square_norm(g, g.b), lambda g: g.neg(_over_square_norm(g, g.a))),
    speed=_SLOW,
)

binary("equal", "`a == b`.", np.equal, dtypes="A", result="bool")
binary("not_equal", "`a != b`.", np.not_equal, dtypes="A", result="bool")
binary("less", "`a < b`.", np.less, dtypes="A", result="bool")
binary("less_equal", "`a <= b`.", np.less_equal, dtypes="A", result="bool")
binary("greater", "`a > b`.", np.greater, dtypes="A", result="bool")
binary("greater_equal", "`a >= b`.", np.greater_equal, dtypes="A", result="bool")

binary("logical_and", "True where both are.", np.logical_and, dtypes="bool")
binary("logical_or", "True where either is.", np.logical_or, dtypes="bool")
binary("logical_xor", "True where just one is.", np.logical_xor, dtypes="bool")
