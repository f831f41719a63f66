"""Ops that rearrange, repeat and join elements without changing them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from kgraph import dims
from kgraph.broadcasting import promote, shape_text
from kgraph.dimension import as_dim
from kgraph.dims import Dim
from kgraph.ops.operands import (
    Axes,
    ShapeLike,
    TensorLike,
    agree,
    axes_of,
    axis_of,
    rank_of,
    shape_list,
    shape_of,
    to_shape,
)
from kgraph.tensor import apply, cast, operand_type, spread, take_slice

#: One width for all sides, one pair for all axes, or a pair for each axis.
PadWidth: TypeAlias = "int | Sequence[int] | Sequence[Sequence[int]]"


# --- other shapes, same elements -------------------------------------------------------------------------------------


def reshape(x: TensorLike, newshape: ShapeLike) -> TensorLike:
    """``x`` in C order under another shape, in which one -1 stands for what is left.

    Raises:
        ValueError: the number of elements does not fit.
    """
    wanted = list(newshape) if isinstance(newshape, Iterable) else [newshape]
    given = operand_type(x)
    places = [i for i, dim in enumerate(wanted) if dim == -1]
    known = shape_list("reshape", [dim for dim in wanted if dim != -1])
    if len(places) > 1:
        raise ValueError(f"ops.reshape: only one dimension can be -1, not {len(places)}: {tuple(wanted)}")
    if places:
        rest = quotient(given.size, dims.product(tuple(known)))
        if rest is None:
            text = f"no -1 fits {tuple(wanted)}, since {shape_text(given.shape)} has {given.size} elements"
            raise ValueError(f"ops.reshape: {text}")
        known.insert(places[0], rest)
    total = dims.product(tuple(known))
    if isinstance(total, int) and isinstance(given.size, int) and total != given.size:
        text = f"{shape_text(given.shape)} has {given.size} elements, but {tuple(wanted)} takes {total}"
        raise ValueError(f"ops.reshape: {text}")
    return to_shape(x, known)


def quotient(total: Dim, part: Dim) -> Dim | None:
    """``total / part``, rounded down where only data can tell whether it divides; ``None`` where it does not."""
    exact = dims.divide_exactly(total, part)
    if exact is None and isinstance(total, str) and isinstance(part, int) and part > 0:
        return dims.floor_divide(total, part)
    return exact


def ravel(x: TensorLike) -> TensorLike:
    """All elements in one dimension."""
    return to_shape(x, [operand_type(x).size])


def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> TensorLike:
    """``x`` with new dimensions of 1 at the places that ``axis`` names in the result."""
    added = list(axis) if isinstance(axis, Iterable) else [axis]
    places = axes_of("expand_dims", rank_of(x) + len(added), added)
    shape = list(shape_of(x))
    for place in places:
        shape.insert(place, 1)
    return to_shape(x, shape)


def squeeze(x: TensorLike, axis: Axes = None) -> TensorLike:
    """``x`` without the dimensions of 1 that ``axis`` names, or all of them.

    Raises:
        ValueError: a dimension named is not 1.
    """
    shape = shape_of(x)
    if axis is None:
        return to_shape(x, [dim for dim in shape if dim != 1])
    axes = axes_of("squeeze", len(shape), axis)
    wrong = [i for i in axes if isinstance(shape[i], int) and shape[i] != 1]
    if wrong:
        raise ValueError(f"ops.squeeze: axis {wrong[0]} of {shape_text(shape)} is {shape[wrong[0]]}, not 1")
    return to_shape(x, [dim for i, dim in enumerate(shape) if i not in axes])


def broadcast_to(x: TensorLike, shape: ShapeLike) -> TensorLike:
    """``x`` repeated to ``shape``, by numpy's rule.

    Raises:
        ValueError: it does not broadcast to that.
    """
    wanted, given = tuple(shape_list("broadcast_to", shape)), operand_type(x)
    pairs = zip(reversed(given.shape), reversed(wanted), strict=False)
    fits = all(have in (1, want) or isinstance(have, str) or isinstance(want, str) for have, want in pairs)
    if not fits or given.rank > len(wanted):
        text = f"{shape_text(given.shape)} does not broadcast to {shape_text(wanted)}"
        raise ValueError(f"ops.broadcast_to: {text}")
    return spread(x, given.dtype, wanted)


# --- the order of axes -----------------------------------------------------------------------------------------------


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> TensorLike:
    """``x`` with axis ``axes[i]`` as axis ``i``; in reverse order where not given.

    Raises:
        ValueError: ``axes`` does not name every axis once.
    """
    rank = rank_of(x)
    order = list(range(rank))[::-1] if axes is None else [axis_of("transpose", rank, axis) for axis in axes]
    if sorted(order) != list(range(rank)):
        raise ValueError(f"ops.transpose: axes must name each of the {rank} axes once, not {axes!r}")
    return x if order == list(range(rank)) else apply("transpose", x, perm=order)


def swapaxes(x: TensorLike, axis1: int, axis2: int) -> TensorLike:
    """``x`` with two axes exchanged."""
    order = list(range(rank_of(x)))
    i, j = (axis_of("swapaxes", len(order), axis) for axis in (axis1, axis2))
    order[i], order[j] = order[j], order[i]
    return transpose(x, order)


def moveaxis(x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]) -> TensorLike:
    """``x`` with the axes of ``source`` at the places of ``destination``; the others keep their order.

    Raises:
        ValueError: the two do not name equally many different axes.
    """
    rank = rank_of(x)
    sources, destinations = (
        [axis_of("moveaxis", rank, axis) for axis in (named if isinstance(named, Iterable) else [named])]
        for named in (source, destination)
    )
    if len(sources) != len(destinations) or len({*sources}) != len(sources) or len({*destinations}) != len(sources):
        text = f"source {source} and destination {destination} must name equally many axes, once each"
        raise ValueError(f"ops.moveaxis: {text}")
    order = [axis for axis in range(rank) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


def flip(x: TensorLike, axis: Axes = None) -> TensorLike:
    """``x`` backwards along ``axis``, or along all axes."""
    axes = axes_of("flip", rank_of(x), axis)
    return take_slice(x, tuple(slice(None, None, -1 if i in axes else 1) for i in range(rank_of(x))))


def roll(x: TensorLike, shift: int | Sequence[int], axis: Axes = None) -> TensorLike:
    """``x`` moved by ``shift`` along ``axis``, what leaves at the end coming in at the beginning.

    Without an axis the flat tensor is rolled. Several axes take one shift each, or one for all.
    """
    if axis is None:
        return to_shape(roll(ravel(x), shift, 0), shape_of(x))
    axes = list(axis) if isinstance(axis, Iterable) else [axis]
    shifts = list(shift) if isinstance(shift, Iterable) else [shift] * len(axes)
    for by, along in zip(shifts, axes, strict=True):
        x = _roll_one(x, by, axis_of("roll", rank_of(x), along))
    return x


def _roll_one(x: TensorLike, shift: int, axis: int) -> TensorLike:
    length = shape_of(x)[axis]
    if isinstance(length, int):
        shift = shift % length if length else 0
    if shift == 0:
        return x
    return concatenate([_range(x, axis, -shift, None), _range(x, axis, None, -shift)], axis)


def _range(x: TensorLike, axis: int, start: int | None, stop: int | None, step: int = 1) -> TensorLike:
    return take_slice(x, (slice(None),) * axis + (slice(start, stop, step),))


# --- repetition ------------------------------------------------------------------------------------------------------


def tile(x: TensorLike, repeats: int | Sequence[int]) -> TensorLike:
    """``x`` side by side ``repeats`` times along each of the last axes."""
    times = [as_dim(n) for n in (repeats if isinstance(repeats, Iterable) else [repeats])]
    rank = max(rank_of(x), len(times))
    ones: list[Dim] = [1] * rank
    times = [*ones[len(times) :], *times]
    shape = [*ones[rank_of(x) :], *shape_of(x)]
    apart = to_shape(x, [size for dim in shape for size in (1, dim)])
    wide = [size for pair in zip(times, shape, strict=True) for size in pair]
    tiled = spread(apart, operand_type(x).dtype, tuple(wide))
    return to_shape(tiled, [dims.multiply(n, dim) for n, dim in zip(times, shape, strict=True)])


def repeat(x: TensorLike, repeats: int | Sequence[int], axis: int | None = None) -> TensorLike:
    """Each slice along ``axis`` (each element, without one) ``repeats`` times in a row; a list says how often for each.

    Raises:
        ValueError: the list has another length than the axis.
    """
    if axis is None:
        x, axis = ravel(x), 0
    axis = axis_of("repeat", rank_of(x), axis)
    shape = list(shape_of(x))
    counts = list(repeats) if isinstance(repeats, Iterable) else [repeats]
    if len(counts) == 1:
        apart = to_shape(x, [*shape[: axis + 1], 1, *shape[axis + 1 :]])
        wide = spread(apart, operand_type(x).dtype, (*shape[: axis + 1], counts[0], *shape[axis + 1 :]))
        return to_shape(wide, [*shape[:axis], dims.multiply(shape[axis], counts[0]), *shape[axis + 1 :]])
    if isinstance(shape[axis], int) and shape[axis] != len(counts):
        raise ValueError(f"ops.repeat: {len(counts)} counts were given for {shape[axis]} slices along axis {axis}")
    pieces = [repeat(_range(x, axis, i, i + 1), count, axis) for i, count in enumerate(counts) if count]
    return concatenate(pieces, axis) if pieces else _range(x, axis, 0, 0)


# --- joining and parting ---------------------------------------------------------------------------------------------


def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> TensorLike:
    """The tensors one after another along ``axis``, their dtypes promoted.

    Raises:
        ValueError: there are none, or two differ along another axis.
    """
    xs = _promoted("concatenate", xs)
    axis = axis_of("concatenate", rank_of(xs[0]), axis)
    return apply("concat", *agree("concatenate", xs, axis), axis=axis)


def stack(x: Sequence[TensorLike], axis: int = 0) -> TensorLike:
    """Tensors of one shape along a new axis.

    Raises:
        ValueError: there are none, or two shapes differ.
    """
    xs = _promoted("stack", x)
    axis = axis_of("stack", rank_of(xs[0]) + 1, axis)
    return concatenate([expand_dims(one, axis) for one in xs], axis)


def _promoted(function: str, xs: Sequence[TensorLike]) -> list[TensorLike]:
    if not len(xs):
        raise ValueError(f"ops.{function}: takes at least one tensor")
    dtype = promote([operand_type(x).dtype for x in xs])
    return [cast(x, dtype) for x in xs]


def vstack(xs: Sequence[TensorLike]) -> TensorLike:
    """Rows upon rows: along the first axis; vectors are rows."""
    return concatenate([expand_dims(x, 0) if rank_of(x) == 1 else x for x in xs], 0)


def hstack(xs: Sequence[TensorLike]) -> TensorLike:
    """Side by side: along the second axis, vectors along their first."""
    return concatenate(xs, 0 if rank_of(xs[0]) == 1 else 1)


def split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[TensorLike]:
    """``x`` cut along ``axis`` into equal sections, or before each of the indices.

    Raises:
        ValueError: the axis does not divide into so many sections.
    """
    axis = axis_of("split", rank_of(x), axis)
    length = shape_of(x)[axis]
    if isinstance(indices_or_sections, Iterable):
        cuts: list[Any] = [None, *indices_or_sections, None]
        return [_range(x, axis, start, stop) for start, stop in zip(cuts[:-1], cuts[1:], strict=True)]
    part = dims.divide_exactly(length, indices_or_sections)
    if part is None:
        text = f"axis {axis} of {length} does not divide into {indices_or_sections} equal sections"
        raise ValueError(f"ops.split: {text}")
    shape = list(shape_of(x))
    wanted = [*shape[:axis], part, *shape[axis + 1 :]]
    starts = [dims.multiply(part, section) for section in range(indices_or_sections)]
    begins = ([0] * axis + [start] + [0] * (len(shape) - axis - 1) for start in starts)
    return [apply("slice", x, begin=begin, shape=wanted, step=[1] * len(shape)) for begin in begins]


# --- padding ---------------------------------------------------------------------------------------------------------


def pad(
    x: TensorLike, pad_width: PadWidth, mode: str = "constant", constant_values: float | None = None
) -> TensorLike:
    """``x`` with more elements before and after along each axis.

    Args:
        x: the tensor.
        pad_width: an int for all sides, ``(before, after)`` for all axes, or one such pair an axis.
        mode: ``constant``, ``reflect`` (mirrored, without the edge element) or ``symmetric`` (mirrored, with it).
        constant_values: what ``constant`` puts there; 0 where not given.

    Raises:
        ValueError: the widths do not fit, or the mode is unknown.
    """
    widths = _pad_pairs(pad_width, rank_of(x))
    if mode == "constant":
        before, after = [pair[0] for pair in widths], [pair[1] for pair in widths]
        return apply("pad", x, before=before, after=after, value=constant_values or 0)
    if mode not in ("reflect", "symmetric") or constant_values is not None:
        text = f"mode is constant, reflect or symmetric, not {mode!r}; constant_values go with constant"
        raise ValueError(f"ops.pad: {text}")
    for axis, width in enumerate(widths):
        x = _mirror(x, axis, *width, int(mode == "reflect"))
    return x


def _pad_pairs(pad_width: PadWidth, rank: int) -> list[tuple[int, int]]:
    widths = [pad_width, pad_width] if not isinstance(pad_width, Iterable) else list(pad_width)
    pairs: list[Any] = [widths] if not isinstance(widths[0], Iterable) else widths
    pairs = pairs * rank if len(pairs) == 1 else pairs
    if len(pairs) != rank or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"ops.pad: pad_width {pad_width!r} is no int, pair, or list of {rank} pairs")
    return [(int(before), int(after)) for before, after in pairs]


def _mirror(x: TensorLike, axis: int, before: int, after: int, skip: int) -> TensorLike:
    length = shape_of(x)[axis]
    if isinstance(length, int) and max(before, after) > length - skip:
        raise ValueError(f"ops.pad: axis {axis} of {length} is too short to be mirrored for {max(before, after)}")
    sides = [
        flip(_range(x, axis, skip, before + skip), axis) if before else None,
        x,
        flip(_range(x, axis, -after - skip, -skip or None), axis) if after else None,
    ]
    kept = [side for side in sides if side is not None]
    return concatenate(kept, axis) if len(kept) > 1 else x

