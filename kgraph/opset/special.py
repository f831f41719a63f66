"""Functions of one number that are seldom met: the cube root, the inverse of ``erf``, and Bessel's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kgraph.opset.elementwise import unary

_SLOW = 64


def _erfinv_one(x: float) -> float:
    """Newton's method on ``erf``, or above 1/2 on ``erfc``, which keeps its digits there."""
    size = abs(x)
    if size >= 1 or math.isnan(x):
        return math.copysign(math.inf, x) if size == 1 else math.nan
    y = math.sqrt(max(0.0, -math.log1p(-size))) if size > 0.5 else size
    for _ in range(60):
        above = (1 - size) - math.erfc(y) if size > 0.5 else math.erf(y) - size
        y -= above * math.sqrt(math.pi) / 2 * math.exp(y * y)
    return math.copysign(y, x)


def _bessel_one(x: float, order: int) -> float:
    """The power series, summed exactly; a power of two keeps its sum from overflowing where the terms do not."""
    term = x / 2 if order else 1.0
    terms: list[float] = []
    while term and math.isfinite(term) and abs(term) > 1e-20 * abs(sum(terms)):
        terms.append(term)
        term *= (x / 2) ** 2 / (len(terms) * (len(terms) + order))
    return math.fsum(term * 2.0**-64 for term in terms) * 2.0**64 if math.isfinite(term) else term


def _i0_one(x: float) -> float:
    return _bessel_one(x, 0)


def _i1_one(x: float) -> float:
    return _bessel_one(x, 1)


def _i1_grad(g: Any) -> Any:
    """``i0(x) - i1(x) / x``, which is 1/2 at 0."""
    zero = g.equal(g.x, g.constant_like(g.x, 0.0))
    slope = g.sub(g.i0(g.x), g.div_no_nan(g.out, g.x))
    return g.mul(g.dy, g.select(zero, g.constant_like(g.x, 0.5), slope))


def _cbrt_grad(g: Any) -> Any:
    return g.div(g.dy, g.mul(g.constant_like(g.out, 3.0), g.square(g.out)))


def _erfinv_grad(g: Any) -> Any:
    return g.mul(g.dy, g.mul(g.constant_like(g.out, math.sqrt(math.pi) / 2), g.exp(g.square(g.out))))


unary("cbrt", "The cube root, of the sign of `x`.", np.cbrt, _cbrt_grad, low=0.5, high=5.0, speed=_SLOW)
unary(
    "erfinv",
    "The number whose error function is `x`; NaN beyond 1.",
    np.vectorize(_erfinv_one, otypes=[np.float64]),
    _erfinv_grad,
    low=-0.95,
    high=0.95,
    speed=_SLOW,
)
unary(
    "i0",
    "The modified Bessel function of the first kind, of order 0.",
    np.vectorize(_i0_one, otypes=[np.float64]),
    lambda g: g.mul(g.dy, g.i1(g.x)),
    low=-5.0,
    high=5.0,
    speed=_SLOW,
)
unary(
    "i1",
    "The modified Bessel function of the first kind, of order 1.",
    np.vectorize(_i1_one, otypes=[np.float64]),
    _i1_grad,
    low=-5.0,
    high=5.0,
    speed=_SLOW,
)
