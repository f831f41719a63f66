"""Layers that disturb their inputs in training."""

from __future__ import annotations

import math
from typing import Any

from kgraph import ops, random
from kgraph.arguments import is_number
from kgraph.layers.same_shape import SameShape
from kgraph.layers.scopes import layer_scope


class Noise(SameShape):
    """The base of layers that disturb their inputs in training, and pass them on otherwise.

    Subclasses write ``disturb``, and draw from ``seed_generator``, which is ``None`` where there is nothing to draw.

    Args:
        seed: where the random numbers begin; drawn where not given.
    """

    def __init__(self, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator: random.SeedGenerator | None = None

    def _strength(self, argument: str, value: Any, below_one: bool = False) -> Any:
        """``value``, once it is a number from 0 to 1 (without 1 where ``below_one``); above 0 there is a generator.

        Raises:
            ValueError: it is no such number.
        """
        if not is_number(value) or not 0 <= value <= 1 or (below_one and value == 1):
            bounds = "from 0 to less than 1" if below_one else "from 0 to 1"
            raise ValueError(f"layer {self.name}: {argument} must be a number {bounds}, not {value!r}")
        if value > 0:
            with layer_scope(self):
                self.seed_generator = random.SeedGenerator(self.seed)
        return value

    def disturb(self, inputs: Any) -> Any:
        """The inputs as training sees them."""
        raise NotImplementedError(f"layer {self.name}: {type(self).__name__} has no `disturb`")

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        return self.disturb(inputs) if training and self.seed_generator is not None else inputs


class GaussianNoise(Noise):
    """In training, adds normal numbers of mean 0; otherwise passes inputs on.

    Args:
        stddev: their standard deviation, from 0 to 1.
        seed: where the random numbers begin; drawn where not given.

    Raises:
        ValueError: ``stddev`` is not so.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.stddev = self._strength("stddev", stddev)

    def disturb(self, inputs: Any) -> Any:
        drawn = random.normal(ops.shape(inputs), 0.0, self.stddev, self.compute_dtype, self.seed_generator)
        return ops.add(inputs, drawn)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(Noise):
    """In training, multiplies by normal numbers of mean 1 and variance ``rate / (1 - rate)``; otherwise passes on.

    Args:
        rate: from 0 to less than 1: the noise has the mean and variance of a ``Dropout`` of that rate.
        seed: where the random numbers begin; drawn where not given.

    Raises:
        ValueError: ``rate`` is not so.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.rate = self._strength("rate", rate, below_one=True)

    def disturb(self, inputs: Any) -> Any:
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        drawn = random.normal(ops.shape(inputs), 1.0, stddev, self.compute_dtype, self.seed_generator)
        return ops.multiply(inputs, drawn)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
