"""Which dtype and shape two operands meet in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kgraph.dims import Dim, Shape

_PROMOTION: Final = ("bool", "i32", "i64", "f32", "f64")


def promote(dtypes: Sequence[str]) -> str:
    """The dtype that holds values of all ``dtypes``: bool, i32, i64, f32, f64, the later one wins."""
    return max(dtypes, key=_PROMOTION.index)


def broadcast_shapes(a: Shape, b: Shape) -> Shape:
    """The shape that ``a`` and ``b`` broadcast to, by numpy's rule.

    Two different symbols may turn out to be the same number: the first is taken, and binding checks the claim.

    Raises:
        ValueError: two known dimensions differ and neither is 1.
    """
    rank = max(len(a), len(b))
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in (a, b)]
    return tuple(_broadcast_dims(x, y, a, b) for x, y in zip(*padded, strict=True))


def _broadcast_dims(x: Dim, y: Dim, a: Shape, b: Shape) -> Dim:
    if x == y or y == 1:
        return x
    if x == 1:
        return y
    if isinstance(x, int) and isinstance(y, int):
        raise ValueError(f"shapes {shape_text(a)} and {shape_text(b)} do not broadcast: {x} against {y}")
    return x if isinstance(x, int) else y if isinstance(y, int) else x


def shape_text(shape: Shape) -> str:
    """``(None, 12)``, as users see shapes."""
    inside = ", ".join(str(dim) if isinstance(dim, int) else "None" for dim in shape)
    return f"({inside},)" if len(shape) == 1 else f"({inside})"
