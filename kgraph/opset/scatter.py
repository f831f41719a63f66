"""Ops that bring rows together by index: the largest, the smallest, the product. Their sum is ``scatter_add``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Draw, Lower, OpError, define, draw, sample
from kgraph.opset.layout import grain_of
from kgraph.types import TensorType


def _type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    indices, x = inputs
    if x.shape[: indices.rank] != indices.shape:
        raise OpError(f"the first dimensions of x {x} must be those of indices {indices}")
    if attrs["rows"] == 0 and isinstance(indices.size, int) and indices.size:
        raise OpError(f"rows is 0, so there is none for indices {indices}")
    return (attrs["rows"], *x.shape[indices.rank :])


def _lower(kernel: str) -> Lower:
    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        indices, x = inputs
        rows, row = output.known_shape[0], prod(output.known_shape[1:])
        # Every task reads all indices, so there are few of them.
        grain = max(1, -(-rows // 8), grain_of(row))
        return Call(f"{kernel}_{x.dtype}_{indices.dtype}", rows, grain, (rows, row, prod(indices.known_shape)))

    return lower


def _reference(function: Any, start_of: Callable[[np.dtype], Any]) -> Callable[..., Any]:
    def reference(indices: np.ndarray, x: np.ndarray, *, rows: int) -> np.ndarray:
        result = np.full((rows, *x.shape[indices.ndim :]), start_of(x.dtype), x.dtype)
        function.at(result, indices, x)
        return result

    return reference


def _least(dtype: np.dtype) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _most(dtype: np.dtype) -> Any:
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


def _extremum_grad(g: Any) -> Any:
    """Equal extrema of a row share its adjoint."""
    ones, zeros = g.constant_like(g.x, 1.0), g.constant_like(g.x, 0.0)
    chosen = g.select(g.equal(g.x, g.gather(g.out, g.indices)), ones, zeros)
    count = g.gather(g.scatter_add(g.indices, chosen, rows=g.attrs["rows"]), g.indices)
    return g.div_no_nan(g.mul(g.gather(g.dy, g.indices), chosen), count)


def _product_grad(g: Any) -> Any:
    """The product of the other factors: of those that are not 0, where no other one is."""
    rows, zero = {"rows": g.attrs["rows"]}, g.constant_like(g.x, 0.0)
    is_zero, one = g.equal(g.x, zero), g.constant_like(g.x, 1.0)
    factor = g.select(is_zero, one, g.x)
    zeros = g.gather(g.scatter_add(g.indices, g.select(is_zero, one, zero), **rows), g.indices)
    others = g.div(g.gather(g.scatter_mul(g.indices, factor, **rows), g.indices), factor)
    alone = g.equal(zeros, g.select(is_zero, one, zero))
    return g.mul(g.gather(g.dy, g.indices), g.select(alone, others, zero))


def _indices(*shape: int, limit: int, dtype: str = "i32") -> Draw:
    return draw(*shape, low=0, high=limit, dtype=dtype)


_SAMPLES: Final = (
    sample(_indices(6, limit=4), draw(6, 3), rows=4),
    sample(_indices(2, 3, limit=5, dtype="i64"), draw(2, 3, 2), rows=5),
    sample(_indices(9, limit=3), draw(9), rows=3),
    sample(_indices(limit=2), draw(3), rows=2),
    sample(_indices(1, limit=1), draw(1, 1), rows=1),
    sample(_indices(0, limit=1), draw(0, 2), rows=3),
)


def _scatter(name: str, doc: str, function: Any, start_of: Callable[[np.dtype], Any], grad: Any) -> None:
    define(
        f"{name}(indices: I[*t], x: R[*_]; rows: dim) -> R[?]",
        doc,
        infer=_type,
        lower=_lower(name),
        grad=(None, grad),
        reference=_reference(function, start_of),
        fault="index {value:.0f} at position {position} is outside [0, {limit})",
        samples=_SAMPLES,
    )


_scatter(
    "scatter_max",
    "The largest elements among the rows of `x` of each index, NaN if any is; without one, the least that there is.",
    np.maximum,
    _least,
    _extremum_grad,
)
_scatter(
    "scatter_min",
    "The smallest elements among the rows of `x` of each index, NaN if any is; without one, the most that there is.",
    np.minimum,
    _most,
    _extremum_grad,
)
_scatter(
    "scatter_mul",
    "The product of the rows of `x` of each index; 1 without one.",
    np.multiply,
    lambda dtype: 1,
    _product_grad,
)
