"""Reductions over a set of axes, and the adjoints that need a kernel of their own.

``axes`` are counted from 0, ascending, each once. With ``keepdims`` the reduced axes stay with size 1. The adjoint of a
result has either shape: in memory they are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kgraph.dims import Dim, Shape
from kgraph.op import Attrs, Call, Lower, OpError, Sample, define, draw, sample
from kgraph.opset.elementwise import elements
from kgraph.opset.layout import TASK_ELEMENTS, grain_of, row_strides
from kgraph.types import TensorType


def _check_axes(axes: Sequence[int], rank: int) -> None:
    if list(axes) != sorted(set(axes)) or any(not 0 <= axis < rank for axis in axes):
        raise OpError(f"axes must ascend within [0, {rank}), each once; they are {list(axes)}")


def _reduced_shape(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    shape, axes = inputs[0].shape, attrs["axes"]
    _check_axes(axes, len(shape))
    if attrs["keepdims"]:
        return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))
    return tuple(dim for axis, dim in enumerate(shape) if axis not in axes)


def _merged(shape: Sequence[int], axes: Sequence[int]) -> list[tuple[bool, int, int]]:
    """``(reduced, size, stride)`` of each run of neighbouring axes that are all reduced or all kept."""
    runs: list[tuple[bool, int, int]] = []
    for axis, (size, stride) in enumerate(zip(shape, row_strides(shape), strict=True)):
        reduced = axis in axes
        if size == 1:
            continue
        if runs and runs[-1][0] == reduced:
            size *= runs.pop()[1]
        runs.append((reduced, size, stride))
    return runs


def _geometry(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    """The ints of ``csrc/kinds/reduce.h``."""
    runs = _merged(shape, axes)
    kept = [(size, stride) for reduced, size, stride in runs if not reduced] or [(1, 1)]
    gone = [(size, stride) for reduced, size, stride in runs if reduced] or [(1, 1)]
    inner_kept = bool(runs) and not runs[-1][0]
    columns = [part for axes in (kept, gone) for part in zip(*axes, strict=True)]
    return (int(inner_kept), len(kept), len(gone), *(number for part in columns for number in part))


def _lower_reduction(kernel: str, line_shape: Callable[[Sequence[TensorType], TensorType], TensorType]) -> Lower:
    """Lowers to a kernel whose unit of work is a line behind one element of the reduced result."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        whole = line_shape(inputs, output).known_shape
        lines = int(np.prod([size for axis, size in enumerate(whole) if axis not in attrs["axes"]], dtype=np.int64))
        length = int(np.prod([whole[axis] for axis in attrs["axes"]], dtype=np.int64))
        geometry = _geometry(whole, attrs["axes"])
        return Call(f"{kernel}_{inputs[0].dtype}", lines, grain_of(length), geometry, by_element=True)

    return lower


def _reduces(kernel: str) -> Lower:
    return _lower_reduction(kernel, lambda inputs, output: inputs[0])


def _numpy(function: Callable[..., Any], **empty: Any) -> Callable[..., Any]:
    """``function`` of numpy with this module's attributes."""

    def reference(x: np.ndarray, *, axes: list[int], keepdims: bool) -> Any:
        result = function(x, axis=tuple(axes), keepdims=keepdims, **empty)
        return np.asarray(result).astype(x.dtype)

    return reference


def _samples() -> tuple[Sample, ...]:
    """Axes first, last, between, all and none; sizes below, at and above what the kernels take at once."""
    cases: list[tuple[tuple[int, ...], list[int], bool]] = [
        ((4, 6), [0], False),
        ((4, 6), [1], True),
        ((2, 3, 4, 5), [0, 2], False),
        ((2, 3, 4, 5), [1, 3], True),
        ((3, 4, 2), [0, 1, 2], False),
        ((3, 4), [], False),
        ((), [], False),
        ((1, 1), [0], True),
        ((2, 70), [1], False),
        ((70, 3), [0], False),
        ((3, 130), [0], False),
        ((0, 3), [0], False),
        ((3, 0), [0], False),
    ]
    return tuple(sample(draw(*shape), axes=axes, keepdims=keepdims) for shape, axes, keepdims in cases)


def _reduction(
    name: str,
    doc: str,
    reference: Callable[..., Any],
    grad: Callable[[Any], Any] | None = None,
    *,
    dtypes: str = "R",
    kernel: str = "",
) -> None:
    define(
        f"{name}(x: {dtypes}[*_]; axes: ints, keepdims: bool=false) -> {dtypes}[?]",
        doc,
        grad=() if grad is None else (grad,),
        reference=reference,
        samples=_samples(),
        infer=_reduced_shape,
        lower=_reduces(kernel or name),
    )


def _axes_of(g: Any) -> list[int]:
    return list(g.attrs["axes"])


def _spread(op: str) -> Callable[[Any], Any]:
    """The rule of a linear reduction: ``op`` spreads the adjoint over the operand's shape."""
    return lambda g: getattr(g, op)(g.dy, axes=_axes_of(g), shape=list(g.type(g.x).shape))


def _extremum_rule(g: Any) -> Any:
    return g.extremum_grad(g.x, g.out, g.dy, axes=_axes_of(g))


def _logsumexp(x: np.ndarray, axis: tuple[int, ...], keepdims: bool) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.sum(np.exp(x.astype(np.float64)), axis=axis, keepdims=keepdims))


def _mean(x: np.ndarray, axis: tuple[int, ...], keepdims: bool) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        count = int(np.prod([x.shape[each] for each in axis], dtype=np.int64))
        return np.asarray(np.sum(x, axis=axis, keepdims=keepdims, dtype=np.float64) / np.float64(count))


def _extremum(function: Any, sign: int) -> Callable[..., Any]:
    """``np.max`` or ``np.min``, whose value over nothing is the worst of the dtype."""

    def reference(x: np.ndarray, axis: tuple[int, ...], keepdims: bool) -> Any:
        if x.dtype.kind == "f":
            start: Any = -sign * np.inf
        else:
            start = np.iinfo(x.dtype).min if sign > 0 else np.iinfo(x.dtype).max
        return function(x, axis=axis, keepdims=keepdims, initial=start)

    return reference


_reduction("sum", "The sum over `axes`; ints wrap around.", _numpy(np.sum), _spread("sum_grad"))
_reduction("mean", "The mean over `axes`; NaN over nothing.", _numpy(_mean), _spread("mean_grad"), dtypes="T")
_reduction(
    "max",
    "The largest element over `axes`, NaN if any is; equal ones share the adjoint.",
    _numpy(_extremum(np.max, 1)),
    _extremum_rule,
)
_reduction(
    "min",
    "The smallest element over `axes`, NaN if any is; equal ones share the adjoint.",
    _numpy(_extremum(np.min, -1)),
    _extremum_rule,
)
_reduction(
    "prod",
    "The product over `axes`; ints wrap around.",
    _numpy(np.prod),
    lambda g: g.prod_grad(g.x, g.dy, axes=_axes_of(g)),
)
_reduction(
    "logsumexp",
    "`log(sum(exp(x)))` over `axes`, without overflow.",
    _numpy(_logsumexp),
    lambda g: g.logsumexp_grad(g.x, g.out, g.dy, axes=_axes_of(g)),
    dtypes="T",
)
_reduction("any", "Whether any element over `axes` is true.", _numpy(np.any), dtypes="bool")
_reduction("all", "Whether every element over `axes` is true.", _numpy(np.all), dtypes="bool")


def _spread_shape(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    shape, axes = tuple(attrs["shape"]), attrs["axes"]
    _check_axes(axes, len(shape))
    reduced = tuple(dim for axis, dim in enumerate(shape) if axis not in axes)
    kept = tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))
    if inputs[0].shape not in (reduced, kept):
        raise OpError(f"dy must be {list(reduced)} or {list(kept)} to spread over {list(shape)}, not {inputs[0]}")
    return shape


def _lower_expand(count_of: Callable[[Sequence[int]], int]) -> Lower:
    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        shape = output.known_shape
        runs = _merged(shape, attrs["axes"]) or [(False, 1, 1)]
        strides, step = [], 1
        for reduced, size, _ in reversed(runs):
            strides.append(0 if reduced else step)
            step *= 1 if reduced else size
        ints = (len(runs), *(size for _, size, _ in runs), *reversed(strides))
        count = count_of([shape[axis] for axis in attrs["axes"]])
        return Call(f"expand_{output.dtype}", elements(output), TASK_ELEMENTS, ints, (1.0 / max(count, 1),))

    return lower


def _expanded(dy: np.ndarray, axes: list[int], shape: list[int]) -> np.ndarray:
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    return np.broadcast_to(dy.reshape(kept), shape)


def _mean_grad(dy: np.ndarray, *, axes: list[int], shape: list[int]) -> np.ndarray:
    count = int(np.prod([shape[axis] for axis in axes], dtype=np.int64))
    return (_expanded(dy, axes, shape) / max(count, 1)).astype(dy.dtype)


def _sum_grad(dy: np.ndarray, *, axes: list[int], shape: list[int]) -> np.ndarray:
    return _expanded(dy, axes, shape)


def _gather_back(op: str) -> Callable[[Any], Any]:
    """``op`` over the same axes, in the shape that the operand ``dy`` had."""

    def rule(g: Any) -> Any:
        keepdims = g.type(g.inputs[0]).rank == len(g.attrs["shape"])
        return getattr(g, op)(g.dy, axes=_axes_of(g), keepdims=keepdims)

    return rule


def _spread_samples() -> tuple[Sample, ...]:
    return (
        sample(draw(6), axes=[0], shape=[4, 6]),
        sample(draw(4), axes=[1], shape=[4, 6]),
        sample(draw(4, 1), axes=[1], shape=[4, 6]),
        sample(draw(3, 5), axes=[0, 2], shape=[2, 3, 4, 5]),
        sample(draw(2, 1, 4, 1), axes=[1, 3], shape=[2, 3, 4, 5]),
        sample(draw(), axes=[0, 1], shape=[3, 4]),
        sample(draw(), axes=[], shape=[]),
        sample(draw(1), axes=[], shape=[1]),
        sample(draw(0), axes=[0], shape=[3, 0]),
    )


define(
    "sum_grad(dy: T[*_]; axes: ints, shape: shape) -> T[?]",
    "The adjoint of `sum`'s operand of `shape`: `dy` repeated along `axes`.",
    grad=(_gather_back("sum"),),
    reference=_sum_grad,
    samples=(*_spread_samples(), sample(draw(3), axes=[0], shape=[0, 3])),
    infer=_spread_shape,
    lower=_lower_expand(lambda sizes: 1),
)
define(
    "mean_grad(dy: T[*_]; axes: ints, shape: shape) -> T[?]",
    "The adjoint of `mean`'s operand of `shape`: `dy` over the number of elements, repeated along `axes`.",
    grad=(_gather_back("mean"),),
    reference=_mean_grad,
    samples=_spread_samples(),
    infer=_spread_shape,
    lower=_lower_expand(lambda sizes: int(np.prod(sizes, dtype=np.int64))),
)


def _line_adjoint(
    name: str, operands: tuple[str, ...], doc: str, reference: Callable[..., Any], grad: tuple[Any, ...] = ()
) -> None:
    """An adjoint of a reduction's operand that reads the operand, and operands of the result's size."""
    rest = ", ".join(f"{operand}: T[*_]" for operand in operands)

    def infer(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
        shape, axes = inputs[0].shape, attrs["axes"]
        for operand, given in zip(operands, inputs[1:], strict=True):
            try:
                _spread_shape([given], {"shape": shape, "axes": axes})
            except OpError as error:
                raise OpError(str(error).replace("dy", operand, 1)) from None
        return shape

    define(
        f"{name}(x: T[*s], {rest}; axes: ints) -> T[?]",
        doc,
        grad=grad,
        reference=reference,
        samples=tuple(_line_sample(case, len(operands)) for case in _samples()),
        infer=infer,
        lower=_reduces(name),
    )


def _line_sample(case: Sample, operands: int) -> Sample:
    shape, axes = case.draws[0].shape, case.attrs["axes"]
    reduced = [1 if axis in axes else size for axis, size in enumerate(shape)]
    if not case.attrs["keepdims"]:
        reduced = [size for axis, size in enumerate(shape) if axis not in axes]
    return sample(case.draws[0], *(draw(*reduced) for _ in range(operands)), axes=axes)


def _extremum_grad(x: np.ndarray, y: np.ndarray, dy: np.ndarray, *, axes: list[int]) -> np.ndarray:
    ties = x == _expanded(y, axes, list(x.shape))
    count = np.maximum(np.sum(ties, axis=tuple(axes), keepdims=True), 1)
    return np.where(ties, _expanded(dy, axes, list(x.shape)) / count, 0).astype(x.dtype)


def _logsumexp_grad(x: np.ndarray, y: np.ndarray, dy: np.ndarray, *, axes: list[int]) -> np.ndarray:
    shape = list(x.shape)
    return _expanded(dy, axes, shape) * np.exp(x - _expanded(y, axes, shape))


def _prod_grad(x: np.ndarray, dy: np.ndarray, *, axes: list[int]) -> np.ndarray:
    """Element by element, the product with that element left out."""
    out = np.array(_expanded(dy, axes, list(x.shape)))
    for index in np.ndindex(*x.shape):
        line = tuple(slice(None) if axis in axes else place for axis, place in enumerate(index))
        others = np.array(x[line])
        others[tuple(index[axis] for axis in axes)] = 1
        out[index] *= np.prod(others)
    return out


_line_adjoint(
    "extremum_grad",
    ("y", "dy"),
    "The adjoint of the operand of `max` or `min`: `dy` shared evenly by the elements equal to the result `y`.",
    _extremum_grad,
)
_line_adjoint(
    "logsumexp_grad",
    ("y", "dy"),
    "The adjoint of `logsumexp`'s operand, `dy * exp(x - y)` of the result `y`.",
    _logsumexp_grad,
    (
        lambda g: g.mul(g.dy, g.out),
        lambda g: g.neg(_like(g, 1, g.sum(g.mul(g.dy, g.out), axes=_axes_of(g)))),
        lambda g: _like(g, 2, g.sum(_softmax_times(g), axes=_axes_of(g))),
    ),
)
_line_adjoint(
    "prod_grad",
    ("dy",),
    "The adjoint of `prod`'s operand: `dy` times the product of all the other elements.",
    _prod_grad,
)


def _like(g: Any, index: int, value: Any) -> Any:
    """``value`` in the shape of an operand, with or without the reduced axes."""
    shape: Sequence[Dim] = g.type(g.inputs[index]).shape
    return value if g.type(value).shape == tuple(shape) else g.reshape(value, shape=list(shape))


def _softmax_times(g: Any) -> Any:
    x, y = g.inputs[0], g.inputs[1]
    spread = g.sum_grad(y, axes=_axes_of(g), shape=list(g.type(x).shape))
    return g.mul(g.dy, g.exp(g.sub(x, spread)))
