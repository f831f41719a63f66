"""Activation: a function of each element, as a layer."""

from __future__ import annotations

from typing import Any

from kgraph import activations
from kgraph.layers.layer import Layer


class Activation(Layer):
    """``activation(inputs)``, of any shape.

    Args:
        activation: a name or function.
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
