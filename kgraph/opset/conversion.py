"""Ops that choose, convert or bound elements: ``select``, ``cast``, ``clip``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kgraph.op import Attrs, Call, Sample, define, draw, flat, sample
from kgraph.opset.elementwise import elements, elementwise
from kgraph.opset.layout import TASK_ELEMENTS, by_width
from kgraph.types import DTYPES, FLOATS, INTS, TensorType, short_dtype


def _lower_select(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    return Call(by_width("select", output.dtype), elements(output), TASK_ELEMENTS)


def _select_samples() -> tuple[Sample, ...]:
    sizes: tuple[tuple[int, ...], ...] = ((5, 7), (1,), (), (0, 3), (2, 3, 11))
    return tuple(sample(draw(*size, dtype="bool"), draw(*size), draw(*size)) for size in sizes)


define(
    "select(condition: bool[*s], a: A[*s], b: A[*s]) -> A[*s]",
    "`a` where the condition holds, else `b`.",
    grad=(
        None,
        lambda g: g.select(g.condition, g.dy, g.constant_like(g.dy, 0.0)),
        lambda g: g.select(g.condition, g.constant_like(g.dy, 0.0), g.dy),
    ),
    reference=np.where,
    samples=_select_samples(),
    lower=_lower_select,
)


def _cast_type(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
    return inputs[0].with_dtype(attrs["dtype"])


def _lower_cast(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    return Call(f"cast_{inputs[0].dtype}_{output.dtype}", elements(output), TASK_ELEMENTS)


def _cast(x: np.ndarray, *, dtype: str) -> np.ndarray:
    target = np.dtype(DTYPES[dtype])
    if dtype not in INTS or short_dtype(x.dtype) not in FLOATS:
        return x.astype(target)
    bounds = np.iinfo(target)
    return np.array([_saturate(value, bounds) for value in x.ravel().tolist()], target).reshape(x.shape)


def _saturate(value: float, bounds: np.iinfo) -> int:
    if value != value:
        return 0
    return bounds.max if value >= bounds.max else bounds.min if value <= bounds.min else int(value)


def _cast_grad(g: Any) -> Any:
    """Casts back between floats; what passes through an int or a bool has no adjoint."""
    source = g.type(g.x)
    return g.cast(g.dy, dtype=source.dtype) if source.is_float and g.type(g.out).is_float else None


define(
    "cast(x: A[*s]; dtype: dtype) -> ?",
    "`x` as another dtype: floats are cut to ints towards 0, those beyond become the nearest int, NaN becomes 0.",
    grad=(_cast_grad,),
    reference=_cast,
    samples=(
        *(sample(draw(5, 7), dtype=dtype) for dtype in DTYPES),
        *(sample(draw(3, 41, low=-1e30, high=1e30, dtype="f32"), dtype=dtype) for dtype in INTS),
        *(sample(draw(3, 41, low=-1e12, high=1e12, dtype="i64"), dtype=dtype) for dtype in DTYPES),
        sample(draw(), dtype="i64"),
        sample(draw(0, 2), dtype="f64"),
    ),
    infer=_cast_type,
    lower=_lower_cast,
)


def _lower_clip(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    if output.is_float:
        return elementwise("clip", "low", "high")(inputs, output, attrs)
    bounds = np.iinfo(output.numpy_dtype)
    ints = (_saturate(np.ceil(attrs["low"]), bounds), _saturate(np.floor(attrs["high"]), bounds))
    return Call(f"clip_{output.dtype}", elements(output), TASK_ELEMENTS, ints=ints)


def _clip(x: np.ndarray, *, low: float, high: float) -> np.ndarray:
    if x.dtype.kind == "i":
        bounds = np.iinfo(x.dtype)
        low, high = max(np.ceil(low), bounds.min), min(np.floor(high), bounds.max)
    return np.clip(x, low, high).astype(x.dtype)


define(
    "clip(x: R[*s]; low: number, high: number) -> R[*s]",
    "`x` between `low` and `high`; NaN stays NaN.",
    grad=(lambda g: g.clip_grad(g.x, g.dy, low=g.attrs["low"], high=g.attrs["high"]),),
    reference=_clip,
    samples=(
        *(sample(draw(*size), low=-1.0, high=1) for size in ((5, 7), (1,), (), (0, 3), (2, 3, 11))),
        sample(draw(4, 9, low=-5, high=5), low=-1.5, high=float("inf")),
    ),
    lower=_lower_clip,
)


def _clip_grad(x: np.ndarray, dy: np.ndarray, *, low: float, high: float) -> np.ndarray:
    return np.where((x >= low) & (x <= high), dy, np.zeros_like(dy))


define(
    "clip_grad(x: T[*s], dy: T[*s]; low: number, high: number) -> T[*s]",
    "The adjoint of `clip`'s operand: `dy` where `x` is within the bounds, else 0.",
    grad=(flat, lambda g: g.clip_grad(g.x, g.dy, low=g.attrs["low"], high=g.attrs["high"])),
    reference=_clip_grad,
    samples=tuple(sample(draw(*size), draw(*size), low=-1.0, high=1) for size in ((5, 7), (), (0, 3))),
    lower=elementwise("clip_grad", "low", "high"),
)
