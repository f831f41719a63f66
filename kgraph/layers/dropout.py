"""Dropout: in training, a share of the inputs is left out at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import random
from kgraph.dimension import as_dimension
from kgraph.layers.input_spec import InputError
from kgraph.layers.layer import Layer
from kgraph.layers.scopes import layer_scope
from kgraph.tensor import operand_type


class Dropout(Layer):
    """In training, makes elements 0 at a rate and divides the others by ``1 - rate``; otherwise passes inputs on.

    Args:
        rate: from 0 to 1.
        noise_shape: broadcasts to the inputs; ``None`` in it takes the inputs' own size. What shares an element of it
            is dropped together: ``(None, 1, 8)`` drops features of all timesteps alike.
        seed: where the random numbers begin; drawn where not given.

    Raises:
        ValueError: ``rate`` or ``noise_shape`` are not so; or, when called, ``noise_shape`` has another rank than the
            inputs.
    """

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1:
            raise ValueError(f"layer {self.name}: rate must be a number from 0 to 1, not {rate!r}")
        sizes = () if noise_shape is None else tuple(noise_shape)
        if any(size is not None and (not isinstance(size, int) or size < 1) for size in sizes):
            raise ValueError(f"layer {self.name}: noise_shape must hold sizes or None, not {noise_shape!r}")
        self.rate = rate
        self.noise_shape = None if noise_shape is None else sizes
        self.seed = seed
        self.supports_masking = True
        if rate > 0:
            with layer_scope(self):
                self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if not training or not self.rate:
            return inputs
        return random.dropout(inputs, self.rate, self._noise_shape_for(inputs), seed=self.seed_generator)

    def _noise_shape_for(self, inputs: Any) -> list[Any] | None:
        """``noise_shape`` with ``None`` replaced by the inputs' own dimensions."""
        if self.noise_shape is None:
            return None
        own = operand_type(inputs).shape
        if len(own) != len(self.noise_shape):
            raise InputError(f"noise_shape {self.noise_shape} must have as many dimensions as the inputs, {len(own)}")
        return [as_dimension(dim if size is None else size) for dim, size in zip(own, self.noise_shape, strict=True)]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
