"""Neighbours in a row: differences, areas, and how alike rows are."""

from __future__ import annotations

from kgraph.ops.contraction import einsum, matmul
from kgraph.ops.creation import arange
from kgraph.ops.elementwise import add, clip, divide, multiply, sqrt, subtract
from kgraph.ops.indexing import take
from kgraph.ops.operands import TensorLike, as_float, axis_of, rank_of, shape_of, to_shape
from kgraph.ops.reductions import mean
from kgraph.ops.reductions import sum as reduce_sum
from kgraph.ops.shaping import flip, moveaxis, pad
from kgraph.tensor import take_slice


def diff(a: TensorLike, n: int = 1, axis: int = -1) -> TensorLike:
    """``a[i + 1] - a[i]`` along ``axis``, ``n`` times over.

    Raises:
        ValueError: ``n`` is negative.
    """
    if n < 0:
        raise ValueError(f"ops.diff: n must be 0 or more, not {n}")
    position = axis_of("diff", rank_of(a), axis)
    for _ in range(n):
        before, after = neighbours(a, position)
        a = subtract(after, before)
    return a


def neighbours(x: TensorLike, axis: int) -> tuple[TensorLike, TensorLike]:
    """All slices along ``axis`` but the last, and all but the first."""
    front = (slice(None),) * axis
    return take_slice(x, (*front, slice(None, -1))), take_slice(x, (*front, slice(1, None)))


def trapezoid(y: TensorLike, x: TensorLike = None, dx: float = 1.0, axis: int = -1) -> TensorLike:
    """The area under ``y`` along ``axis``, straight between its points, which lie at ``x``, or ``dx`` apart."""
    y = as_float(y)
    axis = axis_of("trapezoid", rank_of(y), axis)
    before, after = neighbours(moveaxis(y, axis, -1), rank_of(y) - 1)
    widths = dx
    if x is not None:
        widths = diff(as_float(x) if rank_of(x) == 1 else moveaxis(as_float(x), axis, -1))
    return reduce_sum(multiply(multiply(add(before, after), 0.5), widths), -1)


def correlate(x1: TensorLike, x2: TensorLike, mode: str = "valid") -> TensorLike:
    """``sum(x1[k + i] * x2[i])`` of two vectors, for each ``k`` at which they overlap.

    Args:
        x1: a vector.
        x2: a vector.
        mode: ``full`` is wherever they overlap, ``same`` as many places in the middle of these as the longer vector
            has, ``valid`` where all of the shorter one does.

    Raises:
        ValueError: an operand is no vector of known length, or the mode is unknown.
    """
    lengths = [*shape_of(x1), *shape_of(x2)]
    if rank_of(x1) != 1 or rank_of(x2) != 1 or not all(isinstance(length, int) for length in lengths):
        raise ValueError(f"ops.correlate: takes two vectors of known length, not {shape_of(x1)} and {shape_of(x2)}")
    n, m = (int(length) for length in lengths)
    if n < m:
        return flip(correlate(x2, x1, mode)) if mode != "same" else _middle(correlate(x1, x2, "full"), m, n // 2)
    before = {"full": m - 1, "same": m // 2, "valid": 0}.get(mode)
    if before is None:
        raise ValueError(f"ops.correlate: mode is full, same or valid, not {mode!r}")
    count = {"full": n + m - 1, "same": n, "valid": n - m + 1}[mode]
    padded = pad(as_float(x1), (before, count + m - 1 - n - before))
    places = add(to_shape(arange(count), [count, 1]), arange(m))
    return reduce_sum(multiply(take(padded, places), x2), -1)


def _middle(x: TensorLike, count: int, margin: int) -> TensorLike:
    return take_slice(x, slice(margin, margin + count))


def corrcoef(x: TensorLike) -> TensorLike:
    """The correlations of the rows of a matrix with each other: ``(n, m) -> (n, n)``; 1 for a vector.

    Raises:
        ValueError: ``x`` has more than two dimensions.
    """
    if rank_of(x) not in (1, 2):
        raise ValueError(f"ops.corrcoef: takes a matrix or a vector, not {rank_of(x)} dimensions")
    rows = as_float(x) if rank_of(x) == 2 else to_shape(as_float(x), [1, *shape_of(x)])
    centred = subtract(rows, mean(rows, 1, keepdims=True))
    products = matmul(centred, moveaxis(centred, 0, 1))
    sizes = sqrt(einsum("ij,ij->i", centred, centred))
    found = clip(divide(products, multiply(to_shape(sizes, [*shape_of(sizes), 1]), sizes)), -1.0, 1.0)
    return found if rank_of(x) == 2 else to_shape(found, [])
