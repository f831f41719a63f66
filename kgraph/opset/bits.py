"""Ints as bits and as divisors; what is left of a division cut towards 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph.op import flat
from kgraph.opset.elementwise import binary, unary

_SLOW = 8


def _quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` without numpy's warnings of division by zero."""

    def quiet(*operands: np.ndarray) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return function(*operands)

    return quiet


def _fmod_wrt_divisor(g: Any) -> Any:
    return g.neg(g.mul(g.dy, g.trunc(g.div(g.a, g.b))))


binary(
    "fmod",
    "`a - b * trunc(a / b)`, of the sign of `a`; ints modulo 0 are 0, floats NaN.",
    _quietly(np.fmod),
    (lambda g: g.dy, _fmod_wrt_divisor),
    dtypes="R",
    low=-9.0,
    high=9.0,
    speed=_SLOW,
)
binary(
    "nextafter",
    "The number after `a` that the dtype holds, on the way to `b`.",
    np.nextafter,
    (lambda g: g.dy, flat),
    speed=_SLOW,
)
binary("gcd", "The greatest common divisor, not negative.", np.gcd, dtypes="I", low=-60, high=60, speed=_SLOW)
binary("bit_and", "The bits that both have.", np.bitwise_and, dtypes="I", low=-99, high=99)
binary("bit_or", "The bits that either has.", np.bitwise_or, dtypes="I", low=-99, high=99)
binary("bit_xor", "The bits that just one has.", np.bitwise_xor, dtypes="I", low=-99, high=99)
binary(
    "shift_left",
    "The bits of `a` moved up by `b`; 0 where that is negative, or as many as there are.",
    np.left_shift,
    dtypes="I",
    low=-2,
    high=70,
)
binary(
    "shift_right",
    "The bits of `a` moved down by `b`, its sign coming in; all sign where `b` is negative, or as many as there are.",
    np.right_shift,
    dtypes="I",
    low=-9,
    high=70,
)
unary("bit_not", "The bits that `x` has not.", np.invert, dtypes="I", low=-99, high=99)
