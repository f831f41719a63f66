"""Layers that pass their inputs on."""

from __future__ import annotations

from typing import Any

from kgraph import regularizers
from kgraph.layers.same_shape import SameShape


class Identity(SameShape):
    """The inputs, of any shape and structure."""

    def call(self, inputs: Any) -> Any:
        return inputs


class ActivityRegularization(SameShape):
    """The inputs, with ``(l1 * sum(abs(x)) + l2 * sum(x²)) / samples`` added to the loss.

    Args:
        l1, l2: the factors, at least 0.

    Raises:
        ValueError: a factor is negative or not finite.
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Any) -> Any:
        return inputs

    def get_config(self) -> dict[str, Any]:
        settings = super().get_config()
        settings.pop("activity_regularizer", None)
        return {**settings, "l1": self.l1, "l2": self.l2}
