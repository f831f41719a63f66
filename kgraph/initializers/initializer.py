"""The base of initializers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from kgraph.ops.operands import DTypeLike, TensorLike
from kgraph.registry import Configurable

#: The shape of a weight: its dimensions are known.
Shape: TypeAlias = Sequence[int]


class Initializer(Configurable):
    """The base of initializers. A subclass writes ``__call__``, and keeps its arguments as attributes."""

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        """Values of ``shape``."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(shape, dtype)")

    def clone(self) -> Any:
        """An equal initializer."""
        return type(self).from_config(self.get_config())
