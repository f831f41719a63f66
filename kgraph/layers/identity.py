"""Layers that pass their inputs on."""

from __future__ import annotations

from typing import Any

from kgraph import regularizers
from kgraph.layers.layer import Layer


class Identity(Layer):
    """The inputs, of any shape and structure."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


class ActivityRegularization(Layer):
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
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        settings = super().get_config()
        settings.pop("activity_regularizer", None)
        return {**settings, "l1": self.l1, "l2": self.l2}
