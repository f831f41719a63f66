"""What the functions of ``kgraph.ops`` ask of their arguments, and what they say when it is not so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any, TypeAlias

from kgraph import config, dims
from kgraph.broadcasting import broadcast_shapes, shape_text
from kgraph.dimension import Dimension, as_dim
from kgraph.dims import Dim, Shape
from kgraph.tensor import apply, cast, operand_type
from kgraph.types import short_dtype

#: A ``Tensor``, ``Variable``, array, nested list of numbers, or number. What a function gives is a ``Tensor`` inside a
#: trace or where an argument is symbolic, else an array.
TensorLike: TypeAlias = Any
#: What ``axis=`` takes where several axes may be meant; ``None`` means all.
Axes: TypeAlias = "int | Sequence[int] | None"
#: Ints and ``Dimension`` objects, or one of them for a vector's shape.
ShapeLike: TypeAlias = "int | Dimension | Iterable[int | Dimension]"
#: A numpy dtype, its name, or a Python type.
DTypeLike: TypeAlias = Any


def shape_of(x: TensorLike) -> Shape:
    """The shape, with symbols where it is unknown."""
    return operand_type(x).shape


def rank_of(x: TensorLike) -> int:
    return operand_type(x).rank


def as_float(x: TensorLike) -> TensorLike:
    """``x``, as the default float where it holds ints or bools."""
    return x if operand_type(x).is_float else cast(x, short_dtype(config.floatx()))


def as_number(x: TensorLike) -> TensorLike:
    """``x``, as int32 where it holds bools."""
    return cast(x, "i32") if operand_type(x).dtype == "bool" else x


def as_bool(x: TensorLike) -> TensorLike:
    """Whether each element is not 0."""
    return cast(x, "bool")


def as_index(x: TensorLike) -> TensorLike:
    """``x``, as int32 where it does not hold ints."""
    return x if operand_type(x).dtype in ("i32", "i64") else cast(x, "i32")


def dtype_or_floatx(dtype: DTypeLike) -> str:
    """The short name of ``dtype``, or of the default float where it is ``None``."""
    return short_dtype(config.floatx() if dtype is None else dtype)


def axis_of(function: str, rank: int, axis: Any) -> int:
    """``axis`` counted from the front.

    Raises:
        TypeError: it is not an int.
        ValueError: a tensor of that rank has no such axis.
    """
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        raise TypeError(f"ops.{function}: an axis is an int, not {axis!r}")
    position = axis.__index__()
    if not -rank <= position < rank:
        raise ValueError(f"ops.{function}: axis must be from {-rank} to {rank - 1} here, not {position}")
    return int(position % rank)


def axes_of(function: str, rank: int, axis: Axes) -> list[int]:
    """``axis`` as a sorted list counted from the front; all axes for ``None``.

    Raises:
        ValueError: an axis does not exist or stands twice.
    """
    if axis is None:
        return list(range(rank))
    given = list(axis) if isinstance(axis, Iterable) else [axis]
    axes = sorted(axis_of(function, rank, one) for one in given)
    if len(set(axes)) != len(axes):
        raise ValueError(f"ops.{function}: axis {axis!r} names an axis twice")
    return axes


def shape_list(function: str, shape: ShapeLike) -> list[Dim]:
    """``shape`` as an op's attribute.

    Raises:
        ValueError: a dimension is ``None`` or negative.
    """
    given = list(shape) if isinstance(shape, Iterable) else [shape]
    if any(dim is None for dim in given):
        raise ValueError(f"ops.{function}: shape {shape!r} has None in it; take unknown dimensions from ops.shape(x)")
    wanted = [as_dim(dim) for dim in given]
    if any(isinstance(dim, int) and dim < 0 for dim in wanted):
        raise ValueError(f"ops.{function}: shape {shape!r} has a negative dimension")
    return wanted


def to_shape(x: TensorLike, shape: Sequence[Dim]) -> TensorLike:
    """``x`` under another shape of as many elements. What symbols leave open is claimed, and checked when data come."""
    given, wanted = operand_type(x), tuple(shape)
    size = dims.product(wanted)
    if given.size == size or (isinstance(given.size, int) and isinstance(size, int)):
        return _reshape(x, wanted)
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(given.shape, wanted, strict=False))))
    kept = wanted[:same]
    joined = _reshape(x, [*kept, dims.product(given.shape[same:])])
    return _reshape(apply("claim", joined, shape=[*kept, dims.product(wanted[same:])]), wanted)


def _reshape(x: TensorLike, shape: Sequence[Dim]) -> TensorLike:
    return x if shape_of(x) == tuple(shape) else apply("reshape", x, shape=list(shape))


def claim_shape(x: TensorLike, shape: Sequence[Dim]) -> TensorLike:
    """``x``, said to have ``shape`` where its own dimensions are unknown."""
    return x if shape_of(x) == tuple(shape) else apply("claim", x, shape=list(shape))


def agree(
    function: str, xs: Sequence[TensorLike], but_for: int | None = None, names: Sequence[str] = ()
) -> list[TensorLike]:
    """``xs`` with equal dimensions, except along the axis ``but_for``; an unknown one is claimed to be as the others.

    Args:
        function: the caller's name, for the message.
        xs: the tensors.
        but_for: an axis along which they may differ.
        names: what the message calls them; by number where not given.

    Raises:
        ValueError: two of them differ; the message names them.
    """
    first = shape_of(xs[0])
    common = list(first)
    for index, x in enumerate(xs):
        shape = shape_of(x)
        compared = _without(tuple(common), but_for), _without(shape, but_for)
        if len(shape) != len(first) or any(map(_contradicts, *compared)):
            one, other = (names[i] if names else f"operand {i}" for i in (0, index))
            text = f"{one} has shape {shape_text(first)} but {other} has {shape_text(shape)}"
            allowed = "" if but_for is None else f"; they may differ along axis {but_for} alone"
            raise ValueError(f"ops.{function}: {text}{allowed}")
        common = [b if isinstance(b, int) and isinstance(a, str) else a for a, b in zip(common, shape, strict=True)]
    if but_for is None:
        return [claim_shape(x, common) for x in xs]
    before, after = common[:but_for], common[but_for + 1 :]
    return [claim_shape(x, [*before, shape_of(x)[but_for], *after]) for x in xs]


def _without(shape: Shape, axis: int | None) -> Shape:
    return shape if axis is None else shape[:axis] + shape[axis + 1 :]


def _contradicts(a: Dim, b: Dim) -> bool:
    return isinstance(a, int) and isinstance(b, int) and a != b


def broadcast_all(function: str, xs: Sequence[TensorLike]) -> Shape:
    """The shape that all of ``xs`` broadcast to.

    Raises:
        ValueError: they do not broadcast.
    """
    shape: Shape = ()
    for x in xs:
        try:
            shape = broadcast_shapes(shape, shape_of(x))
        except ValueError as error:
            raise ValueError(f"ops.{function}: {error}") from None
    return shape
