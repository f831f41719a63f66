"""Where values lie among others, and how many lie where."""

from __future__ import annotations

import numpy as np

from kgraph.broadcasting import promote
from kgraph.ops.comparison import equal, greater_equal, less, less_equal, logical_and, logical_not, where
from kgraph.ops.creation import linspace, ones_like
from kgraph.ops.elementwise import add, maximum, minimum, multiply, subtract
from kgraph.ops.operands import TensorLike, as_float, as_index, as_number, rank_of, shape_of, to_shape
from kgraph.ops.reductions import any as reduce_any
from kgraph.ops.reductions import max as reduce_max
from kgraph.ops.reductions import min as reduce_min
from kgraph.ops.shaping import flip, ravel
from kgraph.tensor import apply, as_array, cast, is_symbolic, operand_type, take_slice
from kgraph.trace import current_trace


def searchsorted(sorted_sequence: TensorLike, values: TensorLike, side: str = "left") -> TensorLike:
    """Where each value would keep the vector in order, as int32: before equal elements (``left``) or after (``right``).

    Raises:
        ValueError: ``sorted_sequence`` is no vector, or ``side`` is neither.
    """
    if rank_of(sorted_sequence) != 1 or side not in ("left", "right"):
        given = f"{rank_of(sorted_sequence)} dimensions and side {side!r}"
        raise ValueError(f"ops.searchsorted: takes a sorted vector and side 'left' or 'right', not {given}")
    pair = [as_number(sorted_sequence), as_number(values)]
    dtype = promote([operand_type(x).dtype for x in pair])
    return apply("searchsorted", *(cast(x, dtype) for x in pair), after=side == "right")


def digitize(x: TensorLike, bins: TensorLike) -> TensorLike:
    """In which bin each element lies, as int32: how many of the edges ``bins``, which ascend or descend, it is past."""
    ascending = less_equal(take_slice(bins, 0), take_slice(bins, -1))
    behind = subtract(operand_length(bins), searchsorted(flip(bins), x, "left"))
    return where(ascending, searchsorted(bins, x, "right"), behind)


def operand_length(x: TensorLike) -> TensorLike:
    """The number of elements as a tensor, also where it is not known yet."""
    return apply("size", of=operand_type(x).size, dtype="i32")


def bincount(x: TensorLike, weights: TensorLike = None, minlength: int = 0) -> TensorLike:
    """How often each int from 0 on occurs, or the sum of its weights; a row each for a matrix.

    The result is as long as the largest int asks, and ``minlength`` at least. Where ``x`` has no value yet it is
    ``minlength`` long.

    Raises:
        ValueError: ``x`` has no value yet and there is no ``minlength``, or it has more than two dimensions.
        NodeError: when values come, an int is below 0, or not below ``minlength`` where ``x`` had no value.
    """
    if rank_of(x) not in (1, 2):
        raise ValueError(f"ops.bincount: takes a vector or a matrix, not {rank_of(x)} dimensions")
    length = _bins(x, minlength)
    x = as_index(x)
    counted = ones_like(x, "int32") if weights is None else as_number(weights)
    if rank_of(x) == 1:
        return apply("scatter_add", x, counted, rows=length)
    # The bins of all rows lie one after another.
    rows = shape_of(x)[0]
    if not isinstance(rows, int):
        raise ValueError("ops.bincount: the number of rows of a matrix must be known")
    inside = where(less(x, length), x, -rows * length)
    index = add(inside, multiply(apply("iota", shape=list(shape_of(x)), axis=0, dtype=operand_type(x).dtype), length))
    return to_shape(apply("scatter_add", ravel(index), ravel(counted), rows=rows * length), [rows, length])


def _bins(x: TensorLike, minlength: int) -> int:
    if is_symbolic(x) or current_trace() is not None:
        if minlength < 1:
            raise ValueError("ops.bincount: x has no value yet, so minlength must say how many bins there are")
        return int(minlength)
    values = as_array(x)
    return max(int(values.max()) + 1 if values.size else 0, int(minlength))


def histogram(
    x: TensorLike, bins: int = 10, range: tuple[float, float] | None = None
) -> tuple[TensorLike, TensorLike]:
    """How many elements lie in each of ``bins`` equal parts of ``range``, and their edges: ``bins`` and one more.

    The last part has both its edges. Without a range it is from the smallest element to the largest.

    Raises:
        ValueError: ``bins`` is below 1, or ``range`` descends.
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 1:
        raise ValueError(f"ops.histogram: bins must be an int of 1 or more, not {bins!r}")
    if range is not None and not range[0] <= range[1]:
        raise ValueError(f"ops.histogram: range must be (low, high), not {range!r}")
    x = as_float(ravel(x))
    low, high = range if range else (reduce_min(x), reduce_max(x))
    same = equal(low, high)
    low, high = where(same, subtract(low, 0.5), as_float(low)), where(same, add(high, 0.5), as_float(high))
    edges = cast(linspace(low, high, int(bins) + 1), operand_type(x).dtype)
    place = subtract(searchsorted(edges, x, "right"), 1)
    inside = logical_and(greater_equal(x, low), less_equal(x, high))
    counted = cast(inside, operand_type(x).dtype)
    return apply("scatter_add", maximum(minimum(place, int(bins) - 1), 0), counted, rows=int(bins)), edges


def isin(x1: TensorLike, x2: TensorLike, assume_unique: bool = False, invert: bool = False) -> TensorLike:
    """Whether each element of ``x1`` is among those of ``x2``, or is not with ``invert``.

    ``assume_unique`` changes nothing: it lets others be quicker.
    """
    each = to_shape(x1, [*shape_of(x1), 1])
    found = reduce_any(equal(each, ravel(x2)), -1)
    return logical_not(found) if invert else found
