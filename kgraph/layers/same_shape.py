"""The base of layers whose output has the shape and the mask of their input."""

from __future__ import annotations

from typing import Any

from kgraph.layers.layer import Layer


class SameShape(Layer):
    """A layer that leaves shapes and masks as they are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
