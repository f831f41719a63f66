"""Activation: a function of each element, as a layer."""

from __future__ import annotations

from typing import Any

from kgraph import activations
from kgraph.layers.same_shape import SameShape


class Activation(SameShape):
    """``activation(inputs)``, of any shape.

    Args:
        activation: a name or function.
    """

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        return self.activation(inputs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
