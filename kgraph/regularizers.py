"""Regularizers: functions of a weight (or of a layer's output) that give a scalar penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph import ops
from kgraph.ops.operands import TensorLike
from kgraph.registry import Configurable, Identifier, Named, Vocabulary


class Regularizer(Configurable):
    """The base of regularizers. A subclass writes ``__call__``, and keeps its arguments as attributes."""

    def __call__(self, x: TensorLike) -> TensorLike:
        """The penalty of ``x``, a scalar."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(x)")


class L1L2(Regularizer):
    """``l1 * sum(abs(x)) + l2 * sum(square(x))``.

    Raises:
        ValueError: a factor is negative or not finite.
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor("l1", l1)
        self.l2 = _factor("l2", l2)

    def __call__(self, x: TensorLike) -> TensorLike:
        penalties = []
        if self.l1:
            penalties.append(ops.multiply(ops.sum(ops.absolute(x)), self.l1))
        if self.l2:
            penalties.append(ops.multiply(ops.sum(ops.square(x)), self.l2))
        return sum(penalties[1:], penalties[0]) if penalties else ops.zeros((), ops.dtype(x))


class L1(L1L2):
    """``l1 * sum(abs(x))``."""

    def __init__(self, l1: float | None = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)


class L2(L1L2):
    """``l2 * sum(square(x))``."""

    def __init__(self, l2: float | None = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)


def _factor(name: str, value: Any) -> float:
    factor = 0.0 if value is None else float(value)
    if not 0.0 <= factor < float("inf"):
        raise ValueError(f"{name} must be 0 or more, and finite, not {value!r}")
    return factor


l1 = L1
l2 = L2
l1_l2 = L1L2

_vocabulary = Vocabulary("regularizer", "keras.regularizers", (L1, L2, L1L2), aliases={"l1_l2": L1L2})


def get(identifier: Identifier) -> Any:
    """The regularizer that a name, config, class or function means; ``None`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    return _vocabulary.get(identifier)


def serialize(regularizer: Any) -> Any:
    """The config of a regularizer."""
    return _vocabulary.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The regularizer that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
