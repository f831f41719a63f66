"""Ops that make a tensor out of attributes alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kgraph.op import Attrs, Call, OpError, Sample, define, sample
from kgraph.opset.layout import TASK_ELEMENTS, around_axis, axis_index, bit_pattern, by_width, check_number, grain_of
from kgraph.types import DTYPES, FLOATS, INTS, TensorType

_NUMBERS = FLOATS + INTS


def _full_type(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
    check_number(attrs["value"], attrs["dtype"])
    return TensorType(attrs["dtype"], tuple(attrs["shape"]))


def _lower_full(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    size = int(np.prod(output.known_shape, dtype=np.int64))
    bits = bit_pattern(attrs["value"], output.dtype)
    return Call(by_width("full", output.dtype), size, TASK_ELEMENTS, (bits,))


def _full(*, shape: list[int], value: float, dtype: str) -> np.ndarray:
    return np.full(shape, value, DTYPES[dtype])


define(
    "full(; shape: shape, value: number, dtype: dtype) -> ?",
    "A tensor of `shape` whose elements are all `value`.",
    infer=_full_type,
    lower=_lower_full,
    reference=_full,
    samples=(
        *(sample(shape=[3, 5], value=2, dtype=dtype) for dtype in _NUMBERS),
        sample(shape=[2, 3], value=True, dtype="bool"),
        sample(shape=[], value=-0.1, dtype="f32"),
        sample(shape=[2], value=-(2**31), dtype="i32"),
        sample(shape=[2], value=-(2**63), dtype="i64"),
        sample(shape=[4], value=float("-inf"), dtype="f64"),
        sample(shape=[0, 4], value=1.5, dtype="f32"),
        sample(shape=[40000], value=-3, dtype="i64"),
    ),
)


def _size_type(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
    if attrs["dtype"] == "bool":
        raise OpError("a size is a number; dtype cannot be bool")
    return TensorType(attrs["dtype"], ())


def _lower_size(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    return Call(by_width("full", output.dtype), 1, 1, (bit_pattern(attrs["of"], output.dtype),))


def _size(*, of: int, dtype: str) -> np.ndarray:
    return np.asarray(of, DTYPES[dtype])


define(
    "size(; of: dim, dtype: dtype) -> ?",
    "The number that a dimension has at run time, as a scalar.",
    infer=_size_type,
    lower=_lower_size,
    reference=_size,
    samples=tuple(sample(of=12, dtype=dtype) for dtype in _NUMBERS),
)


def _iota_type(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
    if attrs["dtype"] == "bool":
        raise OpError("positions are numbers; dtype cannot be bool")
    axis_index(attrs["axis"], len(attrs["shape"]))
    return TensorType(attrs["dtype"], tuple(attrs["shape"]))


def _lower_iota(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    outer, size, inner = around_axis(output.known_shape, attrs["axis"])
    return Call(f"iota_{output.dtype}", outer * size, grain_of(inner), (size, inner))


def _iota(*, shape: list[int], axis: int, dtype: str) -> np.ndarray:
    along = np.ones(len(shape), int)
    along[axis] = -1
    positions = np.arange(shape[axis], dtype=DTYPES[dtype]).reshape(along)
    return np.broadcast_to(positions, shape).copy()


def _iota_samples(dtype: str) -> tuple[Sample, ...]:
    shapes: tuple[dict[str, Any], ...] = (
        {"shape": [7], "axis": 0},
        {"shape": [2, 3, 4], "axis": 1},
        {"shape": [2, 3], "axis": -1},
        {"shape": [1], "axis": 0},
        {"shape": [0, 3], "axis": 0},
    )
    return tuple(sample(**attrs, dtype=dtype) for attrs in shapes)


define(
    "iota(; shape: shape, axis: int, dtype: dtype) -> ?",
    "Each element's position along `axis`.",
    infer=_iota_type,
    lower=_lower_iota,
    reference=_iota,
    samples=tuple(drawn for dtype in _NUMBERS for drawn in _iota_samples(dtype)),
)
