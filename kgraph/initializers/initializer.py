"""The base of initializers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


def check_one_of(name: str, given: Any, known: Collection[Any]) -> None:
    """Refuses an argument that is none of the ``known`` words.

    Raises:
        ValueError: it is not.
    """
    if given not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(str, known))}, not {given!r}")
