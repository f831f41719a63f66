"""Rows brought together by index, and parts of a tensor replaced. An index outside is refused when values come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from kgraph import dims
from kgraph.dimension import Dimension, as_dim, as_dimension
from kgraph.dims import Dim
from kgraph.ops.comparison import greater, greater_equal, less, logical_and, where
from kgraph.ops.elementwise import add, clip, floor_divide, maximum, minimum, mod, multiply, subtract
from kgraph.ops.indexing import from_front, take
from kgraph.ops.operands import ShapeLike, TensorLike, as_index, as_number, rank_of, shape_list, shape_of, to_shape
from kgraph.tensor import apply, as_array, cast, is_symbolic, operand_type, take_slice
from kgraph.trace import current_trace

#: An int, ``Dimension`` or scalar for each axis, or a vector.
Starts: TypeAlias = "Sequence[int | Dimension | TensorLike] | TensorLike"

# --- segments --------------------------------------------------------------------------------------------------------


def segment_sum(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> TensorLike:
    """The sums of the rows of each segment; 0 of no rows: ``(n, *s)``, ``(n)`` -> ``(num_segments, *s)``.

    Args:
        data: the rows.
        segment_ids: which segment each belongs to.
        num_segments: how many there are; as many as the ids ask where they have values and nothing is said.
        sorted: that the ids ascend; it changes nothing.

    Raises:
        ValueError: ``num_segments`` is missing where the ids have no values yet, or there is not an id for each row.
        NodeError: when values come, an id is not in ``[0, num_segments)``.
    """
    return _segments("segment_sum", "scatter_add", data, segment_ids, num_segments)


def segment_max(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> TensorLike:
    """The largest elements of each segment, the least of the dtype where it has none; see ``segment_sum``."""
    return _segments("segment_max", "scatter_max", data, segment_ids, num_segments)


def segment_min(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> TensorLike:
    """The smallest elements of each segment, the most of the dtype where it has none; see ``segment_sum``."""
    return _segments("segment_min", "scatter_min", data, segment_ids, num_segments)


def segment_prod(
    data: TensorLike, segment_ids: TensorLike, num_segments: int | None = None, sorted: bool = False
) -> TensorLike:
    """The products of the rows of each segment, 1 of no rows; see ``segment_sum``."""
    return _segments("segment_prod", "scatter_mul", data, segment_ids, num_segments)


def _segments(
    function: str, op: str, data: TensorLike, segment_ids: TensorLike, num_segments: int | None
) -> TensorLike:
    if rank_of(segment_ids) != 1 or not rank_of(data):
        raise ValueError(f"ops.{function}: segment_ids must be a vector, with an id for each row of data")
    ids = as_index(segment_ids)
    if num_segments is None:
        if is_symbolic(ids) or current_trace() is not None:
            raise ValueError(f"ops.{function}: num_segments is missing, and segment_ids have no values yet")
        values = as_array(ids)
        num_segments = int(values.max()) + 1 if values.size else 0
    return apply(op, ids, as_number(data), rows=int(num_segments))


# --- elements by several indices -------------------------------------------------------------------------------------


def unravel_index(indices: TensorLike, shape: ShapeLike) -> tuple[TensorLike, ...]:
    """The index along each axis of ``shape`` of elements that are counted in C order; negative ones from the end."""
    sizes = [as_dimension(dim) for dim in shape_list("unravel_index", shape)]
    rest = from_front(indices, as_dimension(dims.product(tuple(shape_list("unravel_index", shape)))))
    places = []
    for size in reversed(sizes):
        places.append(mod(rest, size))
        rest = floor_divide(rest, size)
    return tuple(reversed(places))


def scatter(indices: TensorLike, values: TensorLike, shape: ShapeLike) -> TensorLike:
    """Zeros of ``shape``, to which each value is added at its index: ``(*n, k)``, ``(*n, *shape[k:]) -> shape``.

    Raises:
        ValueError: an index is longer than the shape.
        NodeError: when values come, an index is outside.
    """
    wanted = shape_list("scatter", shape)
    values = as_number(values)
    return _Places("scatter", indices, wanted).brought_together("scatter_add", values)


def scatter_update(
    inputs: TensorLike, indices: TensorLike, updates: TensorLike, reduction: str | None = None
) -> TensorLike:
    """``inputs`` with ``updates`` at ``indices``: ``(*s)``, ``(*n, k)``, ``(*n, *s[k:]) -> (*s)``.

    Args:
        inputs: the tensor.
        indices: ``k`` numbers for each update.
        updates: elements, or all that stands behind the first ``k`` axes.
        reduction: what is there becomes, with the update, their sum (``add``), product (``mul``), or the larger
            (``max``) or smaller (``min``) one. Without it the update takes its place, the last one of several.

    Raises:
        ValueError: an index is longer than the shape, or the reduction is unknown.
        NodeError: when values come, an index is outside.
    """
    places = _Places("scatter_update", indices, list(shape_of(inputs)))
    updates = cast(updates, operand_type(inputs).dtype)
    if reduction is None:
        return _replaced(inputs, places, updates)
    if reduction not in _REDUCTIONS:
        raise ValueError(f"ops.scatter_update: reduction is one of {', '.join(_REDUCTIONS)}, not {reduction!r}")
    op, combine = _REDUCTIONS[reduction]
    return combine(inputs, places.brought_together(op, updates))


_REDUCTIONS: Final[Mapping[str, tuple[str, Callable[[TensorLike, TensorLike], TensorLike]]]] = {
    "add": ("scatter_add", add),
    "mul": ("scatter_mul", multiply),
    "max": ("scatter_max", maximum),
    "min": ("scatter_min", minimum),
}


class _Places:
    """Where in a tensor of ``shape`` each of some updates goes.

    Attributes:
        flat: the index of each, in the first ``k`` axes made one.
        rows: how long that axis is.
        behind: the axes after it.
    """

    def __init__(self, function: str, indices: TensorLike, shape: list[Dim]) -> None:
        *count, k = shape_of(indices) if rank_of(indices) else (None,)
        if not isinstance(k, int) or k > len(shape):
            text = f"the last axis of indices must be from 0 to {len(shape)} long, not {k}"
            raise ValueError(f"ops.{function}: {text}")
        self.shape, self.behind = shape, shape[k:]
        self.rows: Dim = dims.product(tuple(shape[:k]))
        self.count: Dim = dims.product(tuple(count))
        flat: Any = apply("full", shape=list(count), value=0, dtype=operand_type(as_index(indices)).dtype)
        for axis in range(k):
            place = self._checked(take_slice(as_index(indices), (..., axis)), shape[axis])
            flat = add(multiply(flat, as_dimension(shape[axis])), place)
        self.flat = to_shape(flat, [self.count])

    def _checked(self, place: TensorLike, size: Dim) -> TensorLike:
        """``place`` counted from the front; far outside of all rows where it is outside of its axis."""
        place = from_front(place, as_dimension(size))
        if len(self.shape) == len(self.behind) + 1:
            return place
        inside = logical_and(greater_equal(place, 0), less(place, as_dimension(size)))
        return where(inside, place, multiply(subtract(-1, as_dimension(self.rows)), 2))

    def brought_together(self, op: str, values: TensorLike) -> TensorLike:
        """The values of each place in one, in the whole shape."""
        rows = to_shape(values, [self.count, *self.behind])
        return to_shape(apply(op, self.flat, rows, rows=self.rows), self.shape)


def _replaced(inputs: TensorLike, places: _Places, updates: TensorLike) -> TensorLike:
    """What is at a place is the last update of those that go there, counted from 1; others stay."""
    if places.count == 0:
        return inputs
    number = add(apply("iota", shape=[places.count], axis=0, dtype="i32"), 1)
    last = apply("scatter_max", places.flat, number, rows=places.rows)
    chosen = take(to_shape(updates, [places.count, *places.behind]), subtract(maximum(last, 1), 1), axis=0)
    touched = to_shape(greater(last, 0), [places.rows, *[1] * len(places.behind)])
    kept = to_shape(inputs, [places.rows, *places.behind])
    return to_shape(where(touched, chosen, kept), places.shape)


# --- slices ----------------------------------------------------------------------------------------------------------


def slice(inputs: TensorLike, start_indices: Starts, shape: Sequence[int | Dimension]) -> TensorLike:
    """``shape`` elements from ``start_indices`` on, along each axis; -1 stands for all from an int on.

    The start along an axis may be a tensor. Where the slice would leave the tensor such a start is moved back.

    Raises:
        ValueError: there is not one start and one size for each axis, or -1 after a start that is a tensor.
        OpError: a slice that starts at ints leaves the tensor.
    """
    sizes = list(shape)
    if len(sizes) != rank_of(inputs):
        raise ValueError(f"ops.slice: inputs have {rank_of(inputs)} dimensions, but shape is {tuple(sizes)}")
    begin, wanted, step = [], [], [1] * len(sizes)
    for axis, (length, size) in enumerate(zip(shape_of(inputs), sizes, strict=True)):
        start = start_of(start_indices, axis)
        if isinstance(start, (int, Dimension)):
            begin.append(as_dim(start))
            wanted.append(dims.subtract(length, begin[-1]) if size == -1 else as_dim(size))
            continue
        if size == -1:
            raise ValueError(f"ops.slice: the size along axis {axis} must be given, since the start is a tensor")
        first = cast(_kept_inside(length, as_dim(size), start), "i32")
        inputs = take(inputs, add(apply("iota", shape=[as_dim(size)], axis=0, dtype="i32"), first), axis=axis)
        begin.append(0)
        wanted.append(as_dim(size))
    return apply("slice", inputs, begin=begin, shape=wanted, step=step)


def slice_update(inputs: TensorLike, start_indices: Starts, updates: TensorLike) -> TensorLike:
    """``inputs`` with ``updates`` in the place of as many elements from ``start_indices`` on.

    The start may be a tensor. Where the updates would leave the tensor they are moved back into it.

    Raises:
        ValueError: the two have different numbers of dimensions.
    """
    if rank_of(inputs) != rank_of(updates):
        text = f"inputs have {rank_of(inputs)} dimensions, but updates {rank_of(updates)}"
        raise ValueError(f"ops.slice_update: {text}")
    moved, inside = cast(updates, operand_type(inputs).dtype), None
    for axis, (size, count) in enumerate(zip(shape_of(inputs), shape_of(updates), strict=True)):
        if size != count:
            place, here = _moved_places(size, count, start_of(start_indices, axis))
            moved = take(moved, clip(place, 0, subtract(as_dimension(count), 1)), axis=axis)
            here = to_shape(here, [*[1] * axis, size, *[1] * (rank_of(inputs) - axis - 1)])
            inside = here if inside is None else logical_and(inside, here)
    return moved if inside is None else where(inside, moved, inputs)


def _kept_inside(size: Dim, count: Dim, start: TensorLike) -> TensorLike:
    """``start``, moved so that ``count`` elements from it on are among ``size``."""
    return minimum(maximum(as_index(start), 0), subtract(as_dimension(size), as_dimension(count)))


def start_of(start_indices: Any, axis: int) -> TensorLike:
    """The start along an axis, of a sequence or of a vector."""
    is_array = isinstance(start_indices, (list, tuple, np.ndarray))
    return start_indices[axis] if is_array else take_slice(start_indices, axis)


def _moved_places(size: Dim, count: Dim, start: TensorLike) -> tuple[TensorLike, TensorLike]:
    """For each place along an axis: which update goes there, and whether one does."""
    first = _kept_inside(size, count, start)
    place = subtract(apply("iota", shape=[size], axis=0, dtype="i32"), cast(first, "i32"))
    return place, logical_and(greater_equal(place, 0), less(place, as_dimension(count)))
