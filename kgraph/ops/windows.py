"""Windows of a signal: ``x`` is how many points they have, a number."""

from __future__ import annotations

import math
from collections.abc import Callable

from kgraph.ops.creation import arange, ones
from kgraph.ops.elementwise import absolute, add, cos, divide, i0, maximum, multiply, sqrt, square, subtract
from kgraph.ops.operands import TensorLike, as_float
from kgraph.tensor import as_array


def _window(x: TensorLike, shape: Callable[[TensorLike], TensorLike]) -> TensorLike:
    """``shape`` of the way from -1 to 1; a single point is 1."""
    points = int(as_array(x))
    if points == 1:
        return ones(1)
    return shape(subtract(divide(multiply(as_float(arange(points)), 2.0), max(points - 1, 1)), 1.0))


def _cosines(x: TensorLike, *weights: float) -> TensorLike:
    """The sum of ``weights[k] * cos(k * pi * t)``."""

    def shape(t: TensorLike) -> TensorLike:
        total = multiply(t, 0.0)
        for k, weight in enumerate(weights):
            total = add(total, multiply(cos(multiply(t, k * math.pi)), weight))
        return total

    return _window(x, shape)


def bartlett(x: TensorLike) -> TensorLike:
    """A triangle that is 0 at both ends."""
    return _window(x, lambda t: subtract(1.0, absolute(t)))


def hanning(x: TensorLike) -> TensorLike:
    """A raised cosine that is 0 at both ends."""
    return _cosines(x, 0.5, 0.5)


def hamming(x: TensorLike) -> TensorLike:
    """A raised cosine that is 0.08 at both ends."""
    return _cosines(x, 0.54, 0.46)


def blackman(x: TensorLike) -> TensorLike:
    """Two cosines that are 0 at both ends, with their slopes."""
    return _cosines(x, 0.42, 0.5, 0.08)


def kaiser(x: TensorLike, beta: float) -> TensorLike:
    """``i0(beta * sqrt(1 - t²)) / i0(beta)``: the larger ``beta``, the narrower."""

    def shape(t: TensorLike) -> TensorLike:
        height = sqrt(maximum(subtract(1.0, square(t)), 0.0))
        return divide(i0(multiply(height, beta)), i0(beta))

    return _window(x, shape)
