"""Masking: marks the timesteps that hold no data."""

from __future__ import annotations

from typing import Any

from kgraph import ops
from kgraph.layers.input_spec import InputSpec
from kgraph.layers.layer import Layer
from kgraph.registry import deserialize_keras_object, serialize_keras_object
from kgraph.tensor import named


class Masking(Layer):
    """Masks the timesteps whose features all equal ``mask_value``, and makes them 0.

    Shapes ``(n, ..., features) -> `` the same, with a mask ``(n, ...)``.

    Args:
        mask_value: what stands for no data.
    """

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = deserialize_keras_object(mask_value)
        self.input_spec = InputSpec(min_ndim=2)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return named(ops.any(ops.not_equal(inputs, self.mask_value), axis=-1), "mask")

    def call(self, inputs: Any) -> Any:
        mask = self.compute_mask(inputs)
        outputs = ops.where(ops.expand_dims(mask, -1), inputs, 0)
        outputs._keras_mask = mask
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_value": serialize_keras_object(self.mask_value)}
