"""Functions of one tensor, element by element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph.op import define, flat
from kgraph.opset.elementwise import binary, shapes, unary

_SLOW = 8

_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])
_ROOT_PI = math.sqrt(math.pi)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))


def _one_minus_square(g: Any) -> Any:
    return g.sub(g.constant_like(g.x, 1.0), g.square(g.x))


def _one_plus_square(g: Any) -> Any:
    return g.add(g.constant_like(g.x, 1.0), g.square(g.x))


def _times_bell(number: float) -> Callable[[Any], Any]:
    """The rule of a function whose slope is ``number * exp(-x²)``."""
    return lambda g: g.mul(g.dy, g.mul(g.constant_like(g.x, number), g.exp(g.neg(g.square(g.x)))))


# Exponentials and logarithms.
unary("exp", "e to the `x`.", np.exp, lambda g: g.mul(g.dy, g.out), speed=2)
unary(
    "expm1",
    "`exp(x) - 1`, exact near 0.",
    np.expm1,
    lambda g: g.mul(g.dy, g.add(g.out, g.constant_like(g.out, 1.0))),
    speed=2,
)
unary("log", "The natural logarithm; NaN below 0.", np.log, lambda g: g.div(g.dy, g.x), low=1.0, high=5.0, speed=2)
unary(
    "log1p",
    "`log(1 + x)`, exact near 0.",
    np.log1p,
    lambda g: g.div(g.dy, g.add(g.x, g.constant_like(g.x, 1.0))),
    low=0.0,
    high=3.0,
    speed=2,
)
unary("sqrt", "The square root; NaN below 0.", np.sqrt, lambda g: g.sqrt_grad(g.out, g.dy), low=1.0, high=5.0)
unary("rsqrt", "`1 / sqrt(x)`.", lambda x: 1 / np.sqrt(x), lambda g: g.rsqrt_grad(g.out, g.dy), low=1.0, high=5.0)
unary("reciprocal", "`1 / x`.", lambda x: 1 / x, lambda g: g.reciprocal_grad(g.out, g.dy), low=1.0, high=5.0)

# Trigonometric and hyperbolic functions.
unary("sin", "The sine of radians.", np.sin, lambda g: g.mul(g.dy, g.cos(g.x)), speed=_SLOW)
unary("cos", "The cosine of radians.", np.cos, lambda g: g.neg(g.mul(g.dy, g.sin(g.x))), speed=_SLOW)
unary(
    "tan",
    "The tangent of radians.",
    np.tan,
    lambda g: g.mul(g.dy, g.add(g.square(g.out), g.constant_like(g.out, 1.0))),
    low=-1.0,
    high=1.0,
    speed=_SLOW,
)
unary(
    "asin",
    "The angle in radians whose sine is `x`.",
    np.arcsin,
    lambda g: g.mul(g.dy, g.rsqrt(_one_minus_square(g))),
    low=-0.9,
    high=0.9,
    speed=_SLOW,
)
unary(
    "acos",
    "The angle in radians whose cosine is `x`.",
    np.arccos,
    lambda g: g.neg(g.mul(g.dy, g.rsqrt(_one_minus_square(g)))),
    low=-0.9,
    high=0.9,
    speed=_SLOW,
)
unary(
    "atan",
    "The angle in radians whose tangent is `x`.",
    np.arctan,
    lambda g: g.div(g.dy, _one_plus_square(g)),
    speed=_SLOW,
)
unary("sinh", "`(exp(x) - exp(-x)) / 2`.", np.sinh, lambda g: g.mul(g.dy, g.cosh(g.x)), speed=_SLOW)
unary("cosh", "`(exp(x) + exp(-x)) / 2`.", np.cosh, lambda g: g.mul(g.dy, g.sinh(g.x)), speed=_SLOW)
unary("tanh", "`sinh(x) / cosh(x)`.", np.tanh, lambda g: g.tanh_grad(g.out, g.dy), speed=2)
unary(
    "asinh",
    "The inverse of `sinh`.",
    np.arcsinh,
    lambda g: g.mul(g.dy, g.rsqrt(_one_plus_square(g))),
    speed=_SLOW,
)
unary(
    "acosh",
    "The inverse of `cosh`; NaN below 1.",
    np.arccosh,
    lambda g: g.mul(g.dy, g.rsqrt(g.sub(g.square(g.x), g.constant_like(g.x, 1.0)))),
    low=1.5,
    high=4.0,
    speed=_SLOW,
)
unary(
    "atanh",
    "The inverse of `tanh`.",
    np.arctanh,
    lambda g: g.div(g.dy, _one_minus_square(g)),
    low=-0.9,
    high=0.9,
    speed=_SLOW,
)

# What activations are made of.
unary("sigmoid", "`1 / (1 + exp(-x))`, without overflow.", _sigmoid, lambda g: g.sigmoid_grad(g.out, g.dy), speed=2)
unary(
    "softplus",
    "`log(1 + exp(x))`, without overflow.",
    lambda x: np.logaddexp(x, 0),
    lambda g: g.mul(g.dy, g.sigmoid(g.x)),
    speed=4,
)
unary("relu", "`max(x, 0)`.", lambda x: np.maximum(x, 0), lambda g: g.relu_grad(g.out, g.dy))
unary(
    "erf",
    "The error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to `x`.",
    _erf,
    _times_bell(2 / _ROOT_PI),
    speed=4,
)
unary("erfc", "`1 - erf(x)`, exact where that is small.", _erfc, _times_bell(-2 / _ROOT_PI), speed=_SLOW)

# Steps, flat almost everywhere.
unary("floor", "The nearest whole number below.", np.floor, flat)
unary("ceil", "The nearest whole number above.", np.ceil, flat)
unary("round", "The nearest whole number, halves to the even one.", np.round, flat)
unary("trunc", "The nearest whole number towards 0.", np.trunc, flat)

# Numbers of any dtype.
unary("neg", "`-x`.", np.negative, lambda g: g.neg(g.dy), dtypes="R")
unary("abs", "`x` without its sign; its slope at 0 is 0.", np.abs, lambda g: g.mul(g.dy, g.sign(g.x)), dtypes="R")
unary("sign", "-1, 0 or 1; NaN for NaN.", np.sign, flat, dtypes="R")
unary("square", "`x * x`.", np.square, lambda g: g.square_grad(g.x, g.dy), dtypes="R")

# Questions.
unary("isnan", "Whether `x` is NaN.", np.isnan, result="bool")
unary("isinf", "Whether `x` is an infinity.", np.isinf, result="bool")
unary("isfinite", "Whether `x` is neither NaN nor an infinity.", np.isfinite, result="bool")
unary("logical_not", "True where `x` is false.", np.logical_not, dtypes="bool")

define(
    "stop_gradient(x: A[*s]) -> A[*s]",
    "`x`, as a constant to differentiation.",
    grad=(flat,),
    reference=lambda x: x,
    samples=shapes(1),
    role="view",
)


def _gradient(
    name: str,
    doc: str,
    reference: Callable[..., Any],
    wrt_first: Callable[[Any], Any] | None,
    *,
    first: str = "y",
    low: float = -2.0,
    high: float = 2.0,
) -> None:
    """An op for the adjoint of a function's operand; linear in the adjoint ``dy`` of its result.

    Its own rules say ``g.inputs[1]`` for that operand: ``g.dy`` is the adjoint of the adjoint.
    """

    def wrt_dy(g: Any) -> Any:
        return getattr(g, name)(g.inputs[0], g.dy)

    grad = (wrt_first, wrt_dy)
    binary(name, doc, reference, grad, operands=(first, "dy"), low=low, high=high)


def _triple_product(number: float) -> Callable[[Any], Any]:
    """``number * adjoint * dy * first``, the slope in a first operand that stands squared."""

    def rule(g: Any) -> Any:
        first, dy = g.inputs
        return g.mul(g.mul(g.dy, dy), g.mul(first, g.constant_like(first, number)))

    return rule


def _sigmoid_grad_wrt_y(g: Any) -> Any:
    y, dy = g.inputs
    return g.mul(g.mul(g.dy, dy), g.sub(g.constant_like(y, 1.0), g.add(y, y)))


def _sqrt_grad_wrt_y(g: Any) -> Any:
    return g.neg(g.mul(g.dy, g.div(g.out, g.inputs[0])))


def _rsqrt_grad_wrt_y(g: Any) -> Any:
    y, dy = g.inputs
    return g.mul(g.mul(g.dy, dy), g.mul(g.square(y), g.constant_like(y, -1.5)))


def _square_grad_wrt_x(g: Any) -> Any:
    product = g.mul(g.dy, g.inputs[1])
    return g.add(product, product)


_gradient(
    "relu_grad",
    "The adjoint of `relu`'s operand: `dy` where the result `y > 0`, else 0.",
    lambda y, dy: np.where(y > 0, dy, 0),
    flat,
)
_gradient(
    "sigmoid_grad",
    "The adjoint of `sigmoid`'s operand, `dy * y * (1 - y)` of the result `y`.",
    lambda y, dy: dy * y * (1 - y),
    _sigmoid_grad_wrt_y,
)
_gradient(
    "tanh_grad",
    "The adjoint of `tanh`'s operand, `dy * (1 - y^2)` of the result `y`.",
    lambda y, dy: dy * (1 - y * y),
    _triple_product(-2.0),
)
_gradient(
    "sqrt_grad",
    "The adjoint of `sqrt`'s operand, `dy / (2 y)` of the result `y`.",
    lambda y, dy: dy / (2 * y),
    _sqrt_grad_wrt_y,
    low=1.0,
    high=5.0,
)
_gradient(
    "rsqrt_grad",
    "The adjoint of `rsqrt`'s operand, `-dy * y^3 / 2` of the result `y`.",
    lambda y, dy: -0.5 * dy * y**3,
    _rsqrt_grad_wrt_y,
)
_gradient(
    "reciprocal_grad",
    "The adjoint of `reciprocal`'s operand, `-dy * y^2` of the result `y`.",
    lambda y, dy: -dy * y * y,
    _triple_product(-2.0),
)
_gradient(
    "square_grad",
    "The adjoint of `square`'s operand `x`, `2 * dy * x`.",
    lambda x, dy: 2 * dy * x,
    _square_grad_wrt_x,
    first="x",
)
