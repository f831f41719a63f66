"""Unknown dimensions, as users meet them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import dims
from kgraph.dims import Dim, Shape


class Dimension:
    """A dimension that is known only when data come, usable in shapes and in arithmetic."""

    __slots__ = ("expression",)

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def __add__(self, other: Any) -> Any:
        return as_dimension(dims.add(self.expression, as_dim(other)))

    def __sub__(self, other: Any) -> Any:
        return as_dimension(dims.subtract(self.expression, as_dim(other)))

    def __rsub__(self, other: Any) -> Any:
        return as_dimension(dims.subtract(as_dim(other), self.expression))

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (int, Dimension)):
            return as_dimension(dims.multiply(self.expression, as_dim(other)))
        return NotImplemented

    def __floordiv__(self, other: int) -> Any:
        return as_dimension(dims.floor_divide(self.expression, other))

    __radd__ = __add__
    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dimension) and other.expression == self.expression

    def __hash__(self) -> int:
        return hash(self.expression)

    def __repr__(self) -> str:
        return f"Dimension({self.expression})"


def as_dim(value: Any) -> Dim:
    """The dim behind an int or a ``Dimension``."""
    return value.expression if isinstance(value, Dimension) else int(value)


def as_dimension(dim: Dim) -> int | Dimension:
    """What users see of a dim."""
    return Dimension(dim) if isinstance(dim, str) else dim


def symbolic_shape(shape: Sequence[int | None], name: str) -> Shape:
    """``shape`` with ``N`` for an unknown first dimension, and a symbol made of ``name`` for any other."""
    prefix = "".join(character if character.isascii() and character.isalnum() else "_" for character in name)
    prefix = prefix if prefix[:1].isalpha() else f"x{prefix}"
    return tuple(
        int(dim) if dim is not None else "N" if axis == 0 else f"{prefix}_{axis}" for axis, dim in enumerate(shape)
    )
