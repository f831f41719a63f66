"""Initializers that draw: by a distribution, or scaled to how many inputs and outputs a weight joins."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kgraph import random
from kgraph.arguments import is_int, number, one_of
from kgraph.initializers.initializer import Initializer, Shape
from kgraph.ops.operands import DTypeLike, TensorLike
from kgraph.random.seeds import make_default_seed
from kgraph.registry import Config, deserialize_keras_object, serialize_keras_object
from kgraph.tensor import as_array
from kgraph.trace import no_trace

Seed = int | random.SeedGenerator | None
Axes = Sequence[int] | None


class RandomInitializer(Initializer):
    """The base of initializers with a seed: an int, a ``SeedGenerator``, or a config of one.

    The seed is settled here, so that one initializer draws the same at every call; see the package.

    Attributes:
        seed: what draws take: an int or a ``SeedGenerator``.

    Raises:
        ValueError: ``seed`` is neither.
    """

    def __init__(self, seed: Any = None) -> None:
        given = deserialize_keras_object(seed)
        self._given_seed = given
        if given is not None and not is_int(given) and not isinstance(given, random.SeedGenerator):
            raise ValueError(f"seed must be an int or a SeedGenerator, not {given!r}")
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
        seed: see the package.
        input_axes: the axes of the weight that count as inputs; as ``compute_fans`` finds them where not given.
        output_axes: likewise those that count as outputs; both are given, or neither counts.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Seed = None,
        input_axes: Axes = None,
        output_axes: Axes = None,
    ) -> None:
        if not number("scale", scale) > 0:
            raise ValueError(f"scale must be above 0, not {scale!r}")
        distribution = "truncated_normal" if distribution == "normal" else str(distribution).lower()
        self.scale = scale
        self.mode = one_of("mode", mode, _MODES)
        self.distribution = one_of("distribution", distribution, _DISTRIBUTIONS)
        super().__init__(seed)
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        variance = self.scale / max(1.0, _MODES[self.mode](*self._fans(shape)))
        return _DISTRIBUTIONS[self.distribution](shape, variance, dtype, self.seed)

    def _fans(self, shape: Shape) -> tuple[int, int]:
        return compute_fans(shape, self.input_axes, self.output_axes)


def compute_fans(shape: Shape, input_axes: Axes = None, output_axes: Axes = None) -> tuple[int, int]:
    """How many inputs and outputs a weight of ``shape`` joins: the products of the axes given, where both are.

    Else a matrix is ``(inputs, outputs)``; what stands before is a window, each place of which joins as many.
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


class GlorotUniform(VarianceScaling):
    """``uniform(-limit, limit)`` with ``limit = sqrt(6 / (fan_in + fan_out))``."""

    def __init__(self, seed: Seed = None, input_axes: Axes = None, output_axes: Axes = None) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


class GlorotNormal(VarianceScaling):
    """A truncated normal distribution of variance ``2 / (fan_in + fan_out)``."""

    def __init__(self, seed: Seed = None, input_axes: Axes = None, output_axes: Axes = None) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, input_axes, output_axes)


class HeNormal(VarianceScaling):
    """A truncated normal distribution of variance ``2 / fan_in``."""

    def __init__(self, seed: Seed = None, input_axes: Axes = None, output_axes: Axes = None) -> None:
        super().__init__(2.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


class HeUniform(VarianceScaling):
    """``uniform(-limit, limit)`` with ``limit = sqrt(6 / fan_in)``."""

    def __init__(self, seed: Seed = None, input_axes: Axes = None, output_axes: Axes = None) -> None:
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)


class LecunNormal(VarianceScaling):
    """A truncated normal distribution of variance ``1 / fan_in``."""

    def __init__(self, seed: Seed = None, input_axes: Axes = None, output_axes: Axes = None) -> None:
        super().__init__(1.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


class LecunUniform(VarianceScaling):
    """``uniform(-limit, limit)`` with ``limit = sqrt(3 / fan_in)``."""

    def __init__(self, seed: Seed = None, input_axes: Axes = None, output_axes: Axes = None) -> None:
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


class Orthogonal(RandomInitializer):
    """A matrix whose rows or columns, the fewer, have norm ``gain`` and stand at right angles; all such are as likely.

    It is the orthogonal factor of a matrix of normal numbers, with the signs that make the other factor's diagonal
    positive. A weight of more axes counts as a matrix with the last axis as columns.

    Args:
        gain: multiplies the matrix.
        seed: see the package.

    Raises:
        ValueError: the shape has fewer than two axes.
    """

    def __init__(self, gain: float = 1.0, seed: Seed = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Shape, dtype: DTypeLike = None) -> TensorLike:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal initializes weights of two or more axes, not one of shape {tuple(shape)}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        with no_trace():
            normal = as_array(random.normal((max(rows, columns), min(rows, columns)), dtype=dtype, seed=self.seed))
        q, r = np.linalg.qr(normal.astype(np.float64))
        q = q * np.where(np.diagonal(r) < 0, -self.gain, self.gain)
        return (q if rows >= columns else q.T).reshape(shape).astype(normal.dtype)
