"""Wrapper: the base of layers around one other layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph.layers.layer import Layer
from kgraph.registry import deserialize_keras_object, serialize_keras_object


class Wrapper(Layer):
    """A layer that holds another; its weights are those of the other. Subclasses write ``call``.

    Args:
        layer: the layer inside.

    Raises:
        ValueError: ``layer`` is no layer.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(f"{type(self).__name__} takes a layer, not {layer!r}")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: Any = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The wrapper that ``get_config`` describes, around a new layer."""
        return cls(**{**config, "layer": deserialize_keras_object(config["layer"], custom_objects)})
