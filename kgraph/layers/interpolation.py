"""Values between those of a regular grid: weighted sums of the nearest ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from kgraph import dims, ops
from kgraph.dims import Dim
from kgraph.ops.operands import TensorLike, as_float, shape_of
from kgraph.tensor import apply, operand_type


def _triangle(distance: TensorLike) -> TensorLike:
    """``max(0, 1 - d)``."""
    return ops.relu(ops.subtract(1.0, distance))


def _cubic(distance: TensorLike) -> TensorLike:
    """Keys's cubic convolution (1981) with ``a = -1/2``: one cubic up to 1, another up to 2, 0 beyond."""
    d = distance
    near = (1.5 * d - 2.5) * d * d + 1.0
    far = ((2.5 - 0.5 * d) * d - 4.0) * d + 2.0
    return ops.where(ops.less(d, 1.0), near, ops.where(ops.less(d, 2.0), far, 0.0))


def _lanczos(radius: float) -> Callable[[TensorLike], TensorLike]:
    """``sinc(d) * sinc(d / radius)`` up to ``radius``, 0 beyond."""

    def weight(distance: TensorLike) -> TensorLike:
        # Near 0 the product is 1 to float32's accuracy, and its quotient is not computed.
        is_near = ops.less_equal(distance, 1e-3)
        angle = ops.multiply(ops.where(is_near, 1.0, distance), math.pi)
        product = radius * ops.sin(angle) * ops.sin(ops.divide(angle, radius)) / ops.square(angle)
        return ops.where(is_near, 1.0, ops.where(ops.greater(distance, radius), 0.0, product))

    return weight


#: How much a grid point counts at a distance from it, in steps of the grid.
KERNELS: Final[Mapping[str, Callable[[TensorLike], TensorLike]]] = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
}


def enlarge(x: TensorLike, axis: int, factor: int, kernel: str) -> TensorLike:
    """``x`` with ``factor`` times as many points along ``axis``, in place of each point as many around it."""
    if factor == 1:
        return x
    x = as_float(x)
    weights = _weights(shape_of(x)[axis], factor, kernel, operand_type(x).dtype)
    return ops.moveaxis(ops.tensordot(x, weights, ((axis,), (1,))), -1, axis)


def _weights(length: Dim, factor: int, kernel: str, dtype: str) -> Any:
    """What each of ``length`` points counts for each of the new ones: ``(factor * length, length)``, rows sum to 1."""
    shape = [dims.multiply(factor, length), length]
    new, old = (apply("iota", shape=shape, axis=axis, dtype=dtype) for axis in (0, 1))
    places = ops.subtract(ops.multiply(ops.add(new, 0.5), 1.0 / factor), 0.5)
    weights = KERNELS[kernel](ops.absolute(ops.subtract(places, old)))
    return ops.divide(weights, ops.sum(weights, axis=1, keepdims=True))
