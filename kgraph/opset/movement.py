"""Ops that move elements without changing them.

Kernels are named by the width of an element (``transpose_b4``), so that one serves every dtype of that width.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from kgraph import dims
from kgraph.dims import Dim, Shape
from kgraph.op import Attrs, Call, OpError, define, draw, sample
from kgraph.opset.layout import (
    TASK_ELEMENTS,
    around_axis,
    axis_index,
    bit_pattern,
    by_width,
    check_number,
    coalesce,
    grain_of,
    row_strides,
    rows_of,
)
from kgraph.types import TensorType


def _list(shape: Sequence[Dim]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _strided(x: TensorType, output: TensorType, offset: int, strides: Sequence[int]) -> Call:
    """Walks the output in order and reads ``x`` at ``offset`` plus the strides of the output's axes."""
    if output.size == 0:
        return Call(by_width("strided", x.dtype), 0, TASK_ELEMENTS, (1, 0, 0, 0))
    sizes, steps = coalesce(output.known_shape, strides)
    ints = (len(sizes), offset, *sizes, *steps)
    return Call(by_width("strided", x.dtype), prod(sizes), TASK_ELEMENTS, ints)


# --- reshape ---------------------------------------------------------------------------------------------------------


def _reshape_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    given, wanted = inputs[0].size, dims.product(tuple(attrs["shape"]))
    if given != wanted:
        raise OpError(f"x {inputs[0]} has {given} elements, but shape {_list(attrs['shape'])} takes {wanted}")
    return tuple(attrs["shape"])


def _reshape_grad(g: Any) -> Any:
    return g.reshape(g.dy, shape=list(g.type(g.x).shape))


def _reshape(x: np.ndarray, *, shape: list[int]) -> np.ndarray:
    return x.reshape(shape)


define(
    "reshape(x: A[*s]; shape: shape) -> A[?]",
    "The same elements, in C order, under another shape.",
    infer=_reshape_type,
    role="view",
    grad=(_reshape_grad,),
    reference=_reshape,
    samples=(
        sample(draw(3, 4), shape=[2, 6]),
        sample(draw(1), shape=[]),
        sample(draw(0, 4), shape=[2, 0]),
    ),
)

# --- broadcast -------------------------------------------------------------------------------------------------------


def _broadcast_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    given, wanted = inputs[0].shape, tuple(attrs["shape"])
    lead = len(wanted) - len(given)
    if lead < 0:
        raise OpError(f"x {inputs[0]} has more dimensions than shape {_list(wanted)}")
    for axis, dim in enumerate(given, lead):
        if dim not in (1, wanted[axis]):
            raise OpError(f"axis {axis} is {wanted[axis]} in shape but {dim} in x: only a 1 can be repeated")
    return wanted


def _broadcast_grad(g: Any) -> Any:
    given, wanted = g.type(g.x).shape, g.type(g.dy).shape
    lead = len(wanted) - len(given)
    axes = [i for i in range(len(wanted)) if i < lead or given[i - lead] != wanted[i]]
    total = g.sum(g.dy, axes=axes, keepdims=not lead) if axes else g.dy
    return total if g.type(total).shape == given else g.reshape(total, shape=list(given))


def _lower_broadcast(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    x = inputs[0].known_shape
    strides = [0 if size == 1 else stride for size, stride in zip(x, row_strides(x), strict=True)]
    return _strided(inputs[0], output, 0, [0] * (output.rank - len(x)) + strides)


def _broadcast(x: np.ndarray, *, shape: list[int]) -> np.ndarray:
    return np.broadcast_to(x, shape).copy()


define(
    "broadcast(x: A[*_]; shape: shape) -> A[?]",
    "`x` repeated along its dimensions of size 1, and along new dimensions in front.",
    infer=_broadcast_type,
    lower=_lower_broadcast,
    grad=(_broadcast_grad,),
    reference=_broadcast,
    samples=(
        sample(draw(3, 1), shape=[3, 4]),
        sample(draw(1, 4), shape=[3, 4]),
        sample(draw(4), shape=[2, 3, 4]),
        sample(draw(), shape=[2, 3]),
        sample(draw(3, 1, 2), shape=[2, 3, 4, 2]),
        sample(draw(3, 4), shape=[3, 4]),
        sample(draw(1, 1), shape=[1, 1]),
        sample(draw(1, 4), shape=[0, 4]),
        sample(draw(300), shape=[70, 300]),
    ),
)

# --- transpose -------------------------------------------------------------------------------------------------------


def _transpose_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    perm, x = attrs["perm"], inputs[0]
    if sorted(perm) != list(range(x.rank)):
        raise OpError(f"perm {perm} does not order the {x.rank} axes of x {x}")
    return tuple(x.shape[axis] for axis in perm)


def _transpose_grad(g: Any) -> Any:
    perm = g.attrs["perm"]
    return g.transpose(g.dy, perm=sorted(range(len(perm)), key=perm.__getitem__))


def _lower_transpose(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    strides = row_strides(inputs[0].known_shape)
    sizes, steps = coalesce(output.known_shape, [strides[axis] for axis in attrs["perm"]])
    if len(sizes) == 2:
        sizes, steps = [1, *sizes], [0, *steps]
    if len(sizes) == 3 and steps[1] == 1 and steps[2] == sizes[1] and steps[0] in (0, sizes[1] * sizes[2]):
        batch, rows, columns = sizes
        return Call(by_width("transpose", output.dtype), batch * rows, max(16, grain_of(columns)), (rows, columns))
    return _strided(inputs[0], output, 0, [strides[axis] for axis in attrs["perm"]])


def _transpose(x: np.ndarray, *, perm: list[int]) -> np.ndarray:
    return x.transpose(perm).copy()


define(
    "transpose(x: A[*_]; perm: ints) -> A[?]",
    "Axis `i` of the result is axis `perm[i]` of `x`.",
    infer=_transpose_type,
    lower=_lower_transpose,
    grad=(_transpose_grad,),
    reference=_transpose,
    samples=(
        sample(draw(3, 4), perm=[1, 0]),
        sample(draw(2, 3, 4), perm=[0, 2, 1]),
        sample(draw(2, 3, 4), perm=[2, 0, 1]),
        sample(draw(2, 3, 4, 5), perm=[3, 1, 0, 2]),
        sample(draw(2, 3, 4, 5), perm=[0, 2, 1, 3]),
        sample(draw(70, 45), perm=[1, 0]),
        sample(draw(1, 5), perm=[1, 0]),
        sample(draw(0, 3), perm=[1, 0]),
        sample(draw(), perm=[]),
    ),
)

# --- slice and its gradient ------------------------------------------------------------------------------------------


def _check_slice(whole: Sequence[Dim], attrs: Attrs, shape: Sequence[Dim]) -> None:
    """Refuses a slice of ``shape`` that is malformed, or known to leave ``whole``."""
    begin, step = attrs["begin"], attrs["step"]
    if not len(begin) == len(step) == len(shape) == len(whole):
        counts = f"begin {_list(begin)}, shape {_list(shape)}, step {_list(step)}"
        raise OpError(f"{counts} must each have one entry for each axis of {_list(whole)}")
    for axis, (size, first, count, stride) in enumerate(zip(whole, begin, shape, step, strict=True)):
        if stride == 0:
            raise OpError(f"step is 0 on axis {axis}")
        if not (isinstance(size, int) and isinstance(first, int) and isinstance(count, int)) or count == 0:
            continue
        last = first + (count - 1) * stride
        if not (0 <= first < size and 0 <= last < size):
            raise OpError(f"axis {axis} is {size}, but the slice takes {first} to {last} of it")


def _slice_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    _check_slice(inputs[0].shape, attrs, attrs["shape"])
    return tuple(attrs["shape"])


def _slice_grad(g: Any) -> Any:
    return g.unslice(g.dy, shape=list(g.type(g.x).shape), begin=g.attrs["begin"], step=g.attrs["step"])


def _lower_slice(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    strides = row_strides(inputs[0].known_shape)
    offset = sum(first * stride for first, stride in zip(attrs["begin"], strides, strict=True))
    steps = [stride * step for stride, step in zip(strides, attrs["step"], strict=True)]
    return _strided(inputs[0], output, offset, steps)


def _picked(begin: Sequence[int], shape: Sequence[int], step: Sequence[int]) -> tuple[np.ndarray, ...]:
    triples = zip(begin, shape, step, strict=True)
    places = ([first + index * stride for index in range(count)] for first, count, stride in triples)
    return np.ix_(*(np.array(along, np.int64) for along in places))


def _slice(x: np.ndarray, *, begin: list[int], shape: list[int], step: list[int]) -> np.ndarray:
    return x[_picked(begin, shape, step)].reshape(shape)


define(
    "slice(x: A[*_]; begin: shape, shape: shape, step: ints) -> A[?]",
    "Along each axis, `shape` elements from `begin` on, `step` apart; a negative step walks back.",
    infer=_slice_type,
    lower=_lower_slice,
    grad=(_slice_grad,),
    reference=_slice,
    samples=(
        sample(draw(5, 4), begin=[1, 0], shape=[3, 4], step=[1, 1]),
        sample(draw(5, 7), begin=[4, 1], shape=[5, 3], step=[-1, 2]),
        sample(draw(3, 4, 5), begin=[0, 3, 1], shape=[3, 1, 3], step=[1, 1, 1]),
        sample(draw(6), begin=[5], shape=[3], step=[-2]),
        sample(draw(1), begin=[0], shape=[1], step=[1]),
        sample(draw(5, 4), begin=[5, 0], shape=[0, 4], step=[1, 1]),
        sample(draw(), begin=[], shape=[], step=[]),
    ),
)


def _unslice_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    _check_slice(attrs["shape"], attrs, inputs[0].shape)
    return tuple(attrs["shape"])


def _unslice_grad(g: Any) -> Any:
    return g.slice(g.dy, begin=g.attrs["begin"], shape=list(g.type(g.inputs[0]).shape), step=g.attrs["step"])


def _place(x: TensorType, output: TensorType, begin: Sequence[int], step: Sequence[int], fill: float) -> Call:
    """``x`` put into an output full of ``fill``; trailing axes that ``x`` covers whole are one with the axis before."""
    whole, part = list(output.known_shape), list(x.known_shape)
    # Where nothing lies, or one element, a begin or step need not be within the output.
    first = [place if count else 0 for place, count in zip(begin, part, strict=True)]
    stride = [size if count > 1 else 1 for size, count in zip(step, part, strict=True)]
    while len(whole) > 1 and whole[-1] == part[-1] and stride[-1] == 1 and stride[-2] == 1:
        size = whole.pop()
        part.pop(), first.pop(), stride.pop()
        whole[-1], part[-1], first[-1] = whole[-1] * size, part[-1] * size, first[-1] * size
    if not whole:
        whole, part, first, stride = [1], [1], [0], [1]
    ints = (len(whole), bit_pattern(fill, x.dtype), *whole, *part, *first, *stride)
    return Call(by_width("place", x.dtype), rows_of(whole), grain_of(whole[-1]), ints)


def _lower_unslice(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    return _place(inputs[0], output, attrs["begin"], attrs["step"], 0)


def _unslice(dy: np.ndarray, *, shape: list[int], begin: list[int], step: list[int]) -> np.ndarray:
    whole = np.zeros(shape, dy.dtype)
    whole[_picked(begin, dy.shape, step)] = dy
    return whole


define(
    "unslice(dy: A[*_]; shape: shape, begin: shape, step: ints) -> A[?]",
    "Zeros of `shape` with `dy` where the slice of the same `begin` and `step` would read: the gradient of `slice`.",
    infer=_unslice_type,
    lower=_lower_unslice,
    grad=(_unslice_grad,),
    reference=_unslice,
    samples=(
        sample(draw(3, 4), shape=[5, 4], begin=[1, 0], step=[1, 1]),
        sample(draw(5, 3), shape=[5, 7], begin=[4, 1], step=[-1, 2]),
        sample(draw(3, 1, 5), shape=[3, 4, 5], begin=[0, 3, 0], step=[1, 1, 1]),
        sample(draw(3), shape=[6], begin=[5], step=[-2]),
        sample(draw(1), shape=[1], begin=[0], step=[1]),
        sample(draw(0, 4), shape=[5, 4], begin=[0, 0], step=[1, 1]),
        sample(draw(), shape=[], begin=[], step=[]),
    ),
)

# --- concat ----------------------------------------------------------------------------------------------------------


def _concat_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    first = inputs[0]
    axis = axis_index(attrs["axis"], first.rank)
    total: Dim = 0
    for index, given in enumerate(inputs):
        alike = given.rank == first.rank
        alike = alike and first.shape[:axis] + first.shape[axis + 1 :] == given.shape[:axis] + given.shape[axis + 1 :]
        if not alike:
            raise OpError(f"xs[{index}] is {given} but xs[0] is {first}; they may differ along axis {axis} alone")
        total = dims.add(total, given.shape[axis])
    return first.shape[:axis] + (total,) + first.shape[axis + 1 :]


def _concat_grad(g: Any) -> Any:
    shape = g.type(g.inputs[g.index]).shape
    axis = axis_index(g.attrs["axis"], len(shape))
    begin: list[Dim] = [0] * len(shape)
    for before in g.inputs[: g.index]:
        begin[axis] = dims.add(begin[axis], g.type(before).shape[axis])
    return g.slice(g.dy, begin=begin, shape=list(shape), step=[1] * len(shape))


def _lower_concat(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    outer, size, inner = around_axis(output.known_shape, attrs["axis"])
    axis = axis_index(attrs["axis"], output.rank)
    chunks = tuple(given.known_shape[axis] * inner for given in inputs)
    return Call(by_width("concat", output.dtype), outer, grain_of(size * inner), (size * inner, *chunks))


def _concat(*xs: np.ndarray, axis: int) -> np.ndarray:
    return np.concatenate(xs, axis)


define(
    "concat(*xs: A[*_]; axis: int) -> A[?]",
    "The operands one after another along `axis`.",
    infer=_concat_type,
    lower=_lower_concat,
    grad=(_concat_grad,),
    reference=_concat,
    samples=(
        sample(draw(2, 3), draw(2, 1), draw(2, 4), axis=1),
        sample(draw(2, 3), draw(1, 3), axis=0),
        sample(draw(2, 2, 3), draw(2, 1, 3), axis=-2),
        sample(draw(4), axis=0),
        sample(draw(1), draw(0), draw(1), axis=0),
        sample(draw(0, 2), draw(0, 3), axis=1),
    ),
)

# --- pad -------------------------------------------------------------------------------------------------------------


def _pad_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    x, before, after = inputs[0], attrs["before"], attrs["after"]
    if not len(before) == len(after) == x.rank:
        raise OpError(f"before {before} and after {after} must each have one entry for each axis of x {x}")
    if min([0, *before, *after]) < 0:
        raise OpError(f"before {before} and after {after} cannot be negative; slice takes elements away")
    check_number(attrs["value"], x.dtype)
    return tuple(dims.add(dim, b + a) for dim, b, a in zip(x.shape, before, after, strict=True))


def _pad_grad(g: Any) -> Any:
    shape = g.type(g.x).shape
    return g.slice(g.dy, begin=g.attrs["before"], shape=list(shape), step=[1] * len(shape))


def _lower_pad(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    return _place(inputs[0], output, attrs["before"], [1] * output.rank, attrs["value"])


def _pad(x: np.ndarray, *, before: list[int], after: list[int], value: float) -> np.ndarray:
    widths = list(zip(before, after, strict=True))
    return np.pad(x, widths, constant_values=np.asarray(value, x.dtype)) if widths else x


define(
    "pad(x: A[*_]; before: ints, after: ints, value: number) -> A[?]",
    "`x` with `before` and `after` more elements along each axis, all of them `value`.",
    infer=_pad_type,
    lower=_lower_pad,
    grad=(_pad_grad,),
    reference=_pad,
    samples=(
        sample(draw(3, 4), before=[1, 0], after=[2, 3], value=0),
        sample(draw(2, 3, 2), before=[0, 1, 0], after=[0, 2, 0], value=1),
        sample(draw(1), before=[2], after=[0], value=1),
        sample(draw(0, 2), before=[1, 0], after=[1, 0], value=0),
        sample(draw(), before=[], after=[], value=0),
    ),
)
