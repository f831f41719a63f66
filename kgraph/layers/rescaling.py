"""Rescaling: inputs in another range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph import ops
from kgraph.layers.same_shape import SameShape
from kgraph.registry import deserialize_keras_object, serialize_keras_object


class Rescaling(SameShape):
    """``inputs * scale + offset``, in the layer's dtype, of any shape.

    Args:
        scale: a number, or an array that broadcasts to the inputs, such as one number a channel.
        offset: likewise.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset

    def call(self, inputs: Any) -> Any:
        scale, offset = (ops.convert_to_tensor(given, self.compute_dtype) for given in (self.scale, self.offset))
        return ops.add(ops.multiply(ops.cast(inputs, self.compute_dtype), scale), offset)

    def get_config(self) -> dict[str, Any]:
        settings = {"scale": serialize_keras_object(self.scale), "offset": serialize_keras_object(self.offset)}
        return {**super().get_config(), **settings}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Rescaling:
        """The layer that ``get_config`` describes."""
        settings = {name: deserialize_keras_object(config[name], custom_objects) for name in ("scale", "offset")}
        return cls(**{**config, **settings})
