"""Ops along one axis, counted from 0: running sums and products, and the position of an extremum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Lower, OpError, Sample, define, draw, sample
from kgraph.opset.layout import around_axis, grain_of
from kgraph.types import TensorType


def _check_axis(axis: int, rank: int) -> None:
    if not 0 <= axis < rank:
        raise OpError(f"axis must be in [0, {rank}), not {axis}")


def _same_shape(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    _check_axis(attrs["axis"], inputs[0].rank)
    return inputs[0].shape


def _without_axis(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    shape, axis = inputs[0].shape, attrs["axis"]
    _check_axis(axis, len(shape))
    if shape[axis] == 0:
        raise OpError(f"axis {axis} of x has no elements: {inputs[0]}")
    return shape[:axis] + shape[axis + 1 :]


def _lower_lines(kernel: str) -> Lower:
    """Lowers to a kernel of ``csrc/kinds/scan.h``, whose unit of work is a line along the axis."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        outer, size, inner = around_axis(inputs[0].known_shape, attrs["axis"])
        ints = (size, inner, int(attrs.get("reverse", False)))
        return Call(f"{kernel}_{inputs[0].dtype}", outer * inner, grain_of(size), ints)

    return lower


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    def reference(x: np.ndarray, *, axis: int, reverse: bool) -> np.ndarray:
        turned = np.flip(x, axis) if reverse else x
        result = function(turned, axis=axis, dtype=x.dtype)
        return np.flip(result, axis) if reverse else result

    return reference


def _scan_samples(operands: int) -> tuple[Sample, ...]:
    cases: tuple[tuple[tuple[int, ...], int], ...] = (((5,), 0), ((4, 6), 0), ((4, 6), 1), ((2, 3, 70), 1), ((1, 1), 1))
    empty: tuple[tuple[tuple[int, ...], int], ...] = (((0, 3), 0), ((3, 0), 0))
    return tuple(
        sample(*(draw(*shape) for _ in range(operands)), axis=axis, reverse=reverse)
        for shape, axis in cases + empty
        for reverse in (False, True)
    )


define(
    "cumsum(x: R[*s]; axis: int, reverse: bool=false) -> R[?]",
    "The sum of all elements up to each along `axis`, or from each on with `reverse`.",
    grad=(lambda g: g.cumsum(g.dy, axis=g.attrs["axis"], reverse=not g.attrs["reverse"]),),
    reference=_running(np.cumsum),
    samples=_scan_samples(1),
    infer=_same_shape,
    lower=_lower_lines("cumsum"),
)
define(
    "cumprod(x: R[*s]; axis: int, reverse: bool=false) -> R[?]",
    "The product of all elements up to each along `axis`, or from each on with `reverse`.",
    grad=(lambda g: g.cumprod_grad(g.x, g.out, g.dy, axis=g.attrs["axis"], reverse=g.attrs["reverse"]),),
    reference=_running(np.cumprod),
    samples=_scan_samples(1),
    infer=_same_shape,
    lower=_lower_lines("cumprod"),
)


def _cumprod_grad(x: np.ndarray, y: np.ndarray, dy: np.ndarray, *, axis: int, reverse: bool) -> np.ndarray:
    x, y, dy = (np.moveaxis(np.flip(each, axis) if reverse else each, axis, 0) for each in (x, y, dy))
    out = np.zeros_like(x)
    total = np.zeros_like(x[:1].sum(axis=0))
    for k in reversed(range(len(x))):
        total = dy[k] + (x[k + 1] * total if k + 1 < len(x) else 0)
        out[k] = total * (y[k - 1] if k else 1)
    out = np.moveaxis(out, 0, axis)
    return np.flip(out, axis) if reverse else out


define(
    "cumprod_grad(x: T[*s], y: T[*s], dy: T[*s]; axis: int, reverse: bool=false) -> T[?]",
    "The adjoint of `cumprod`'s operand, of its result `y`; exact where elements are 0.",
    reference=_cumprod_grad,
    samples=_scan_samples(3),
    infer=_same_shape,
    lower=_lower_lines("cumprod_grad"),
)


def _position(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, *, axis: function(x, axis=axis).astype(np.int32)


_EXTREMUM_SAMPLES = (
    sample(draw(5), axis=0),
    sample(draw(4, 6), axis=0),
    sample(draw(4, 6), axis=1),
    sample(draw(2, 3, 70), axis=1),
    sample(draw(1, 1), axis=1),
    sample(draw(3, 0), axis=0),
)

define(
    "argmax(x: R[*s]; axis: int) -> i32[?]",
    "The first position of the largest element along `axis`, or of a NaN.",
    reference=_position(np.argmax),
    samples=_EXTREMUM_SAMPLES,
    infer=_without_axis,
    lower=_lower_lines("argmax"),
)
define(
    "argmin(x: R[*s]; axis: int) -> i32[?]",
    "The first position of the smallest element along `axis`, or of a NaN.",
    reference=_position(np.argmin),
    samples=_EXTREMUM_SAMPLES,
    infer=_without_axis,
    lower=_lower_lines("argmin"),
)
