"""Initializers: functions ``(shape, dtype)`` that give the first values of weights.

A random initializer gives the same values at every call, since its seed is settled when it is made: by ``seed``, or,
where that is ``None``, by Python's ``random``. A ``SeedGenerator`` as seed gives other values at each call.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kgraph import ops, random
from kgraph.ops.operands import DTypeLike, TensorLike
from kgraph.random.seeds import make_default_seed
from kgraph.registry import (
    Config,
    Configurable,
    Identifier,
    Named,
    Vocabulary,
    deserialize_keras_object,
    serialize_keras_object,
)

Shape = Sequence[int]
Seed = int | random.SeedGenerator | None


class Initializer(Configurable):
    """The base of initializers. A subclass writes ``__call__``, and keeps its arguments as attributes."""

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        """Values of ``shape``."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(shape, dtype)")

    def clone(self) -> Any:
        """An equal initializer."""
        return type(self).from_config(self.get_config())


class Zeros(Initializer):
    """Zeros."""

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return ops.zeros(shape, dtype)


class Ones(Initializer):
    """Ones."""

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return ops.ones(shape, dtype)


class Constant(Initializer):
    """One value everywhere, or an array that broadcasts to the shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return ops.full(shape, self.value, dtype)


class RandomInitializer(Initializer):
    """The base of initializers with a seed.

    Attributes:
        seed: what draws take: an int or a ``SeedGenerator``.
    """

    def __init__(self, seed: Any = None) -> None:
        given = deserialize_keras_object(seed)
        self._given_seed = given
        self.seed: int | random.SeedGenerator = make_default_seed() if given is None else given

    def get_config(self) -> Config:
        """The arguments as they were given: an initializer without a seed stays one."""
        return {**super().get_config(), "seed": serialize_keras_object(self._given_seed)}


class RandomNormal(RandomInitializer):
    """Normal numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return random.normal(shape, self.mean, self.stddev, dtype, self.seed)


class TruncatedNormal(RandomInitializer):
    """Normal numbers within two standard deviations of the mean."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> None:
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return random.truncated_normal(shape, self.mean, self.stddev, dtype, self.seed)


class RandomUniform(RandomInitializer):
    """Numbers spread evenly over ``[minval, maxval)``."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Seed = None) -> None:
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        return random.uniform(shape, self.minval, self.maxval, dtype, self.seed)


#: The standard deviation that a standard normal distribution has left when it is cut off at two.
_TRUNCATED_STDDEV: Final = 0.87962566103423978

#: What the variance is divided by, of the numbers of inputs and outputs.
_MODES: Final[Mapping[str, Callable[[float, float], float]]] = {
    "fan_in": lambda fan_in, fan_out: fan_in,
    "fan_out": lambda fan_in, fan_out: fan_out,
    "fan_avg": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
}

#: How numbers of mean 0 and a given variance are drawn.
_DISTRIBUTIONS: Final[Mapping[str, Callable[..., TensorLike]]] = {
    "truncated_normal": lambda shape, variance, dtype, seed: random.truncated_normal(
        shape, 0.0, math.sqrt(variance) / _TRUNCATED_STDDEV, dtype, seed
    ),
    "untruncated_normal": lambda shape, variance, dtype, seed: random.normal(
        shape, 0.0, math.sqrt(variance), dtype, seed
    ),
    "uniform": lambda shape, variance, dtype, seed: random.uniform(
        shape, -math.sqrt(3.0 * variance), math.sqrt(3.0 * variance), dtype, seed
    ),
}


class VarianceScaling(RandomInitializer):
    """Numbers of mean 0 and variance ``scale / n``, where ``n`` counts the weight's inputs or outputs.

    Args:
        scale: above 0.
        mode: ``fan_in`` for the inputs, ``fan_out`` for the outputs, ``fan_avg`` for the mean of both.
        distribution: ``truncated_normal``, ``untruncated_normal`` or ``uniform``.
        seed: see the module.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: Seed = None
    ) -> None:
        distribution = "truncated_normal" if distribution == "normal" else distribution.lower()
        if scale <= 0:
            raise ValueError(f"scale must be above 0, not {scale}")
        for given, table, name in ((mode, _MODES, "mode"), (distribution, _DISTRIBUTIONS, "distribution")):
            if given not in table:
                raise ValueError(f"{name} must be one of {', '.join(table)}, not {given!r}")
        super().__init__(seed)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        variance = self.scale / max(1.0, _MODES[self.mode](*compute_fans(shape)))
        return _DISTRIBUTIONS[self.distribution](shape, variance, dtype, self.seed)


def compute_fans(shape: Shape) -> tuple[int, int]:
    """How many inputs and outputs a weight of ``shape`` joins.

    A matrix is ``(inputs, outputs)``; what stands before is a window, each place of which joins as many.
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


class GlorotUniform(VarianceScaling):
    """``uniform(-limit, limit)`` with ``limit = sqrt(6 / (fan_in + fan_out))``."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


class GlorotNormal(VarianceScaling):
    """A truncated normal distribution of variance ``2 / (fan_in + fan_out)``."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


class HeNormal(VarianceScaling):
    """A truncated normal distribution of variance ``2 / fan_in``."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed)


class HeUniform(VarianceScaling):
    """``uniform(-limit, limit)`` with ``limit = sqrt(6 / fan_in)``."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed)


class LecunNormal(VarianceScaling):
    """A truncated normal distribution of variance ``1 / fan_in``."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed)


class LecunUniform(VarianceScaling):
    """``uniform(-limit, limit)`` with ``limit = sqrt(3 / fan_in)``."""

    def __init__(self, seed: Seed = None) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed)


_vocabulary = Vocabulary(
    "initializer",
    "keras.initializers",
    (
        Zeros,
        Ones,
        Constant,
        RandomNormal,
        RandomUniform,
        TruncatedNormal,
        VarianceScaling,
        GlorotUniform,
        GlorotNormal,
        HeNormal,
        HeUniform,
        LecunNormal,
        LecunUniform,
    ),
    aliases={"uniform": RandomUniform, "normal": RandomNormal},
)


def get(identifier: Identifier) -> Any:
    """The initializer that a name, config, class, number or function means; ``None`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    is_value = ops.is_tensor(identifier) or isinstance(identifier, (int, float))
    return Constant(identifier) if is_value else _vocabulary.get(identifier)


def serialize(initializer: Any) -> Any:
    """The config of an initializer."""
    return _vocabulary.serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The initializer that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
