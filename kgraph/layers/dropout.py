"""Dropout: in training, a share of the inputs is left out at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kgraph import ops, random
from kgraph.dimension import as_dimension
from kgraph.layers.input_spec import InputError
from kgraph.layers.noise import Noise
from kgraph.tensor import operand_type

#: ``-scale * alpha`` of the activation selu: what its output tends to far below 0.
_SELU_LEAST: Final = -1.6732632423543772 * 1.0507009873554805


class ShapedNoise(Noise):
    """The base of layers that drop elements, alone or together.

    Args:
        noise_shape: broadcasts to the inputs; ``None`` in it takes the inputs' own size.
        seed: where the random numbers begin; drawn where not given.
    """

    rate: float

    def __init__(self, noise_shape: Sequence[int | None] | None, seed: int | None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        sizes = () if noise_shape is None else tuple(noise_shape) if isinstance(noise_shape, Sequence) else ("",)
        if any(size is not None and (not isinstance(size, int) or size < 1) for size in sizes):
            raise ValueError(f"layer {self.name}: noise_shape must hold sizes or None, not {noise_shape!r}")
        self.noise_shape = None if noise_shape is None else sizes

    @property
    def mixes_samples(self) -> bool:
        sizes = self.noise_shape or (None,)
        return sizes[0] is not None

    def _noise_shape_for(self, inputs: Any) -> list[Any]:
        """``noise_shape`` with ``None`` replaced by the inputs' own dimensions, which it is where not given."""
        own = operand_type(inputs).shape
        sizes = self.noise_shape or (None,) * len(own)
        if len(own) != len(sizes):
            raise InputError(f"noise_shape {sizes} must have as many dimensions as the inputs, {len(own)}")
        return [as_dimension(dim if size is None else size) for dim, size in zip(own, sizes, strict=True)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}


class Dropout(ShapedNoise):
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
        super().__init__(noise_shape, seed, **kwargs)
        self.rate = self._strength("rate", rate)

    def disturb(self, inputs: Any) -> Any:
        shape = None if self.noise_shape is None else self._noise_shape_for(inputs)
        return random.dropout(inputs, self.rate, shape, seed=self.seed_generator)


class AlphaDropout(ShapedNoise):
    """Dropout for what ``selu`` gives: in training, inputs of mean 0 and variance 1 keep both; otherwise passed on.

    Elements are made ``m = -1.7581``, which ``selu`` tends to far below 0, at a rate; then all become ``a * x + b``,
    with ``a = ((1 - rate) * (1 + rate * m²)) ** -1/2`` and ``b = -a * m * rate`` (Klambauer et al. 2017).

    Args:
        rate: from 0 to less than 1.
        noise_shape: broadcasts to the inputs; ``None`` in it takes the inputs' own size. What shares an element of it
            is dropped together.
        seed: where the random numbers begin; drawn where not given.

    Raises:
        ValueError: ``rate`` or ``noise_shape`` are not so; or, when called, ``noise_shape`` has another rank than the
            inputs.
    """

    def __init__(
        self, rate: float, noise_shape: Sequence[int | None] | None = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(noise_shape, seed, **kwargs)
        self.rate = self._strength("rate", rate, below_one=True)

    def disturb(self, inputs: Any) -> Any:
        drawn = random.uniform(self._noise_shape_for(inputs), dtype=self.compute_dtype, seed=self.seed_generator)
        kept = ops.where(ops.greater_equal(drawn, self.rate), inputs, _SELU_LEAST)
        scale = ((1.0 - self.rate) * (1.0 + self.rate * _SELU_LEAST**2)) ** -0.5
        return ops.add(ops.multiply(kept, scale), -scale * _SELU_LEAST * self.rate)
