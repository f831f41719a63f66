"""Ops that pick elements by index. An index outside its axis is refused: negative ones too."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Final

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Draw, OpError, define, draw, sample
from kgraph.opset.layout import around_axis, axis_index, bit_pattern, by_width, grain_of
from kgraph.types import DTYPES, TensorType

_OUTSIDE: Final = "index {value:.0f} at position {position} is outside [0, {limit})"


def _indices(*shape: int, limit: int, dtype: str = "i32") -> Draw:
    return draw(*shape, low=0, high=limit, dtype=dtype)


# --- gather and scatter_add ------------------------------------------------------------------------------------------


def _gather_grad(g: Any) -> Any:
    return g.scatter_add(g.indices, g.dy, rows=g.type(g.x).shape[0])


def _lower_gather(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    x, indices = inputs
    row = prod(x.known_shape[1:])
    kernel = f"{by_width('gather', x.dtype)}_{indices.dtype}"
    return Call(kernel, prod(indices.known_shape), grain_of(row), (x.known_shape[0], row))


def _gather(x: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return x[indices]


define(
    "gather(x: A[n,*s], indices: I[*t]) -> A[*t,*s]",
    "Rows of `x` by index: `x[indices]`.",
    lower=_lower_gather,
    grad=(_gather_grad, None),
    reference=_gather,
    fault=_OUTSIDE,
    samples=(
        sample(draw(5, 3), _indices(4, limit=5)),
        sample(draw(5, 3), _indices(2, 3, limit=5, dtype="i64")),
        sample(draw(7), _indices(9, limit=7)),
        sample(draw(1, 1), _indices(1, limit=1)),
        sample(draw(4, 2, 2), _indices(limit=4)),
        sample(draw(4, 2), _indices(0, limit=4)),
    ),
)


def _scatter_add_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    indices, dy = inputs
    if dy.shape[: indices.rank] != indices.shape:
        raise OpError(f"the first dimensions of dy {dy} must be those of indices {indices}")
    if attrs["rows"] == 0 and isinstance(indices.size, int) and indices.size:
        raise OpError(f"rows is 0, so there is none for indices {indices}")
    return (attrs["rows"], *dy.shape[indices.rank :])


def _scatter_add_grad(g: Any) -> Any:
    return g.gather(g.dy, g.indices)


def _lower_scatter_add(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    indices, dy = inputs
    rows, row = output.known_shape[0], prod(output.known_shape[1:])
    positions = prod(indices.known_shape)
    # Every task reads all indices, so there are few of them.
    grain = max(1, -(-rows // 8), grain_of(row))
    return Call(f"scatter_add_{dy.dtype}_{indices.dtype}", rows, grain, (rows, row, positions))


def _scatter_add(indices: np.ndarray, dy: np.ndarray, *, rows: int) -> np.ndarray:
    total = np.zeros((rows, *dy.shape[indices.ndim :]), dy.dtype)
    np.add.at(total, indices, dy)
    return total


define(
    "scatter_add(indices: I[*t], dy: R[*_]; rows: dim) -> R[?]",
    "Zeros of `rows` rows, to which each row of `dy` is added at its index, in order: the gradient of `gather`.",
    infer=_scatter_add_type,
    lower=_lower_scatter_add,
    grad=(None, _scatter_add_grad),
    reference=_scatter_add,
    fault=_OUTSIDE,
    samples=(
        sample(_indices(6, limit=4), draw(6, 3), rows=4),
        sample(_indices(2, 3, limit=5, dtype="i64"), draw(2, 3, 2), rows=5),
        sample(_indices(9, limit=3), draw(9), rows=3),
        sample(_indices(limit=2), draw(3), rows=2),
        sample(_indices(1, limit=1), draw(1, 1), rows=1),
        sample(_indices(0, limit=1), draw(0, 2), rows=3),
    ),
)

# --- take_along_axis and add_along_axis ------------------------------------------------------------------------------


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _take_along_axis_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    x, indices = inputs
    axis = axis_index(attrs["axis"], x.rank)
    if x.rank != indices.rank or _without(x.shape, axis) != _without(indices.shape, axis):
        raise OpError(f"x {x} and indices {indices} may differ along axis {axis} alone")
    return indices.shape


def _take_along_axis_grad(g: Any) -> Any:
    axis = axis_index(g.attrs["axis"], g.type(g.x).rank)
    return g.add_along_axis(g.indices, g.dy, axis=axis, size=g.type(g.x).shape[axis])


def _lower_take_along_axis(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    x, indices = inputs
    _, limit, _ = around_axis(x.known_shape, attrs["axis"])
    outer, size, inner = around_axis(indices.known_shape, attrs["axis"])
    kernel = f"{by_width('take_along_axis', x.dtype)}_{indices.dtype}"
    return Call(kernel, outer, grain_of(size * inner), (limit, size, inner))


def _take_along_axis(x: np.ndarray, indices: np.ndarray, *, axis: int) -> np.ndarray:
    return np.take_along_axis(x, indices.astype(np.int64), axis)


define(
    "take_along_axis(x: A[*_], indices: I[*_]; axis: int) -> A[?]",
    "Elements of `x` by their index along `axis`, at the same place along the other axes.",
    infer=_take_along_axis_type,
    lower=_lower_take_along_axis,
    grad=(_take_along_axis_grad, None),
    reference=_take_along_axis,
    fault=_OUTSIDE,
    samples=(
        sample(draw(3, 5), _indices(3, 2, limit=5), axis=1),
        sample(draw(4, 3), _indices(6, 3, limit=4, dtype="i64"), axis=0),
        sample(draw(2, 4, 3), _indices(2, 5, 3, limit=4), axis=-2),
        sample(draw(1), _indices(1, limit=1), axis=0),
        sample(draw(3, 5), _indices(3, 0, limit=5), axis=1),
    ),
)


def _add_along_axis_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    shape = inputs[0].shape
    axis = axis_index(attrs["axis"], len(shape))
    return shape[:axis] + (attrs["size"],) + shape[axis + 1 :]


def _add_along_axis_grad(g: Any) -> Any:
    return g.take_along_axis(g.dy, g.indices, axis=g.attrs["axis"])


def _lower_add_along_axis(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    indices, dy = inputs
    _, limit, _ = around_axis(output.known_shape, attrs["axis"])
    outer, size, inner = around_axis(indices.known_shape, attrs["axis"])
    kernel = f"add_along_axis_{dy.dtype}_{indices.dtype}"
    return Call(kernel, outer, grain_of((size + limit) * inner), (limit, size, inner))


def _add_along_axis(indices: np.ndarray, dy: np.ndarray, *, axis: int, size: int) -> np.ndarray:
    shape = list(dy.shape)
    shape[axis] = size
    total = np.zeros(shape, dy.dtype)
    places: list[np.ndarray] = list(np.indices(dy.shape))
    places[axis] = indices
    np.add.at(total, tuple(places), dy)
    return total


define(
    "add_along_axis(indices: I[*s], dy: R[*s]; axis: int, size: dim) -> R[?]",
    "Zeros of `size` along `axis`, to which each element of `dy` is added at its index: "
    "the gradient of `take_along_axis`.",
    infer=_add_along_axis_type,
    lower=_lower_add_along_axis,
    grad=(None, _add_along_axis_grad),
    reference=_add_along_axis,
    fault=_OUTSIDE,
    samples=(
        sample(_indices(3, 4, limit=5), draw(3, 4), axis=1, size=5),
        sample(_indices(6, 3, limit=4, dtype="i64"), draw(6, 3), axis=0, size=4),
        sample(_indices(2, 5, 3, limit=2), draw(2, 5, 3), axis=-2, size=2),
        sample(_indices(1, limit=1), draw(1), axis=0, size=1),
        sample(_indices(3, 0, limit=1), draw(3, 0), axis=1, size=2),
    ),
)

# --- one_hot ---------------------------------------------------------------------------------------------------------


def _one_hot_type(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
    if attrs["depth"] < 0:
        raise OpError(f"depth must be 0 or more, not {attrs['depth']}")
    return TensorType(attrs["dtype"], (*inputs[0].shape, attrs["depth"]))


def _lower_one_hot(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    kernel = f"{by_width('one_hot', output.dtype)}_{inputs[0].dtype}"
    depth = attrs["depth"]
    return Call(kernel, prod(inputs[0].known_shape), grain_of(depth), (depth, bit_pattern(1, output.dtype)))


def _one_hot(indices: np.ndarray, *, depth: int, dtype: str) -> np.ndarray:
    return (indices[..., None] == np.arange(depth)).astype(DTYPES[dtype])


define(
    "one_hot(indices: I[*t]; depth: int, dtype: dtype) -> ?",
    "1 at each index along a new last axis of `depth`, 0 elsewhere; all 0 where the index is outside.",
    infer=_one_hot_type,
    lower=_lower_one_hot,
    reference=_one_hot,
    samples=(
        *(sample(draw(3, 2, low=-2, high=7, dtype="i32"), depth=5, dtype=dtype) for dtype in DTYPES),
        *(sample(draw(6, low=-2, high=7, dtype="i64"), depth=5, dtype=dtype) for dtype in DTYPES),
        sample(_indices(limit=3), depth=3, dtype="f32"),
        sample(_indices(0, limit=3), depth=3, dtype="f32"),
        sample(_indices(1, limit=1), depth=1, dtype="f32"),
    ),
)
