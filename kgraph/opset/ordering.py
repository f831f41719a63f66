"""Ops that put elements in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Lower, OpError, define, draw, sample
from kgraph.opset.layout import around_axis, axis_index, grain_of, rows_of
from kgraph.types import TensorType

_SORT_SAMPLES: Final = (
    sample(draw(3, 7), axis=1),
    sample(draw(50, 2), axis=0),
    sample(draw(2, 40, 3), axis=-2),
    sample(draw(500, low=-300, high=300), axis=0),
    sample(draw(1), axis=0),
    sample(draw(0, 3), axis=0),
)
#: Equal elements, among which values have no gradient but indices have an order.
_TIED: Final = draw(2, 60, low=-3, high=4, whole=True)


def _sort_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    axis_index(attrs["axis"], inputs[0].rank)
    return inputs[0].shape


def _lower_lanes(kernel: str) -> Lower:
    """A unit of work is one lane along the axis."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        outer, size, inner = around_axis(inputs[0].known_shape, attrs["axis"])
        # Sorting costs some ten comparisons an element.
        return Call(f"{kernel}_{inputs[0].dtype}", outer * inner, grain_of(10 * size), (size, inner))

    return lower


def _sort_grad(g: Any) -> Any:
    x = g.type(g.x)
    axis = axis_index(g.attrs["axis"], x.rank)
    return g.add_along_axis(g.argsort(g.x, axis=axis), g.dy, axis=axis, size=x.shape[axis])


def _sort(x: np.ndarray, *, axis: int) -> np.ndarray:
    return np.sort(x, axis)


define(
    "sort(x: R[*_]; axis: int) -> R[?]",
    "`x` in ascending order along `axis`, NaN last.",
    infer=_sort_type,
    lower=_lower_lanes("sort"),
    grad=(_sort_grad,),
    reference=_sort,
    samples=_SORT_SAMPLES,
)


def _argsort(x: np.ndarray, *, axis: int) -> np.ndarray:
    return np.argsort(x, axis, kind="stable").astype(np.int32)


define(
    "argsort(x: R[*_]; axis: int) -> i32[?]",
    "The indices along `axis` that put `x` in ascending order, NaN last; equal elements keep their order.",
    infer=_sort_type,
    lower=_lower_lanes("argsort"),
    reference=_argsort,
    samples=(*_SORT_SAMPLES, sample(_TIED, axis=1), sample(_TIED, axis=0)),
)

# --- top_k -----------------------------------------------------------------------------------------------------------

_TOP_K_SAMPLES: Final = (
    sample(draw(4, 9), k=3),
    sample(draw(2, 3, 6), k=6),
    sample(draw(300, low=-300, high=300), k=40),
    sample(draw(1), k=1),
    sample(draw(0, 4), k=2),
    sample(draw(3, 4), k=0),
)


def _top_k_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    k, size = attrs["k"], inputs[0].shape[-1]
    if k < 0 or (isinstance(size, int) and k > size):
        raise OpError(f"k must be from 0 to the {size} elements of the last axis, not {k}")
    return (*inputs[0].shape[:-1], k)


def _lower_top_k(kernel: str) -> Lower:
    """A unit of work is one row."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        shape = inputs[0].known_shape
        grain = grain_of(shape[-1] * 4)
        return Call(f"{kernel}_{inputs[0].dtype}", rows_of(shape), grain, (shape[-1], attrs["k"]))

    return lower


def _top_k_values_grad(g: Any) -> Any:
    x = g.type(g.x)
    indices = g.top_k_indices(g.x, k=g.attrs["k"])
    return g.add_along_axis(indices, g.dy, axis=x.rank - 1, size=x.shape[-1])


def _top_k_indices(x: np.ndarray, *, k: int) -> np.ndarray:
    descending = -np.where(np.isnan(x), np.inf, x)
    return np.argsort(descending, -1, kind="stable")[..., :k].astype(np.int32)


def _top_k_values(x: np.ndarray, *, k: int) -> np.ndarray:
    return np.take_along_axis(x, _top_k_indices(x, k=k).astype(np.int64), -1)


define(
    "top_k_values(x: R[*s,n]; k: int) -> R[?]",
    "The `k` largest elements of each row, in descending order; NaN is the largest.",
    infer=_top_k_type,
    lower=_lower_top_k("top_k_values"),
    grad=(_top_k_values_grad,),
    reference=_top_k_values,
    samples=_TOP_K_SAMPLES,
)
define(
    "top_k_indices(x: R[*s,n]; k: int) -> i32[?]",
    "Where the `k` largest elements of each row stand; of equal ones the first comes first.",
    infer=_top_k_type,
    lower=_lower_top_k("top_k_indices"),
    reference=_top_k_indices,
    samples=(*_TOP_K_SAMPLES, sample(_TIED, k=20)),
)


def _lower_in_top_k(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    targets, predictions = inputs
    rows, classes = predictions.known_shape
    kernel = f"in_top_k_{predictions.dtype}_{targets.dtype}"
    return Call(kernel, rows, grain_of(classes), (classes, max(0, min(attrs["k"], classes))))


def _in_top_k(targets: np.ndarray, predictions: np.ndarray, *, k: int) -> np.ndarray:
    inside = (targets >= 0) & (targets < predictions.shape[1])
    target = np.take_along_axis(predictions, np.where(inside, targets, 0)[:, None].astype(np.int64), 1)
    return inside & ((predictions > target).sum(1) < k) & ~np.isnan(target[:, 0])


define(
    "in_top_k(targets: I[n], predictions: T[n,c]; k: int) -> bool[n]",
    "Whether fewer than `k` predictions of the row exceed that of its target class. "
    "False where the target is outside the classes or its prediction is NaN.",
    lower=_lower_in_top_k,
    reference=_in_top_k,
    samples=(
        sample(draw(9, low=-1, high=7, dtype="i32"), draw(9, 6), k=2),
        sample(draw(9, low=-1, high=7, dtype="i64"), draw(9, 6), k=2),
        sample(draw(1, low=0, high=1, dtype="i32"), draw(1, 1), k=1),
        sample(draw(0, low=0, high=1, dtype="i32"), draw(0, 3), k=1),
    ),
)
