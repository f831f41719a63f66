"""Normalization: features with the mean and variance of a data set taken out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, Final

import numpy as np

from kgraph import config, ops
from kgraph.arguments import some_axes
from kgraph.layers.input_spec import InputError
from kgraph.layers.same_shape import SameShape
from kgraph.layers.scale_and_shift import AxesLike, axes_within, known_sizes
from kgraph.tensor import as_array, cast
from kgraph.types import short_dtype

#: Rows of an array that are taken at once.
_ROWS: Final = 8192


class Normalization(SameShape):
    """``(inputs - mean) / max(sqrt(variance), epsilon)``, where both are given or found by ``adapt``.

    Weights, where they are not given: ``mean, variance``, each of the shape of the axes kept, and ``count ()``, which
    has a place in Keras's files and stays 0. None of them is trained.

    Args:
        axis: one or several, along which each index has its own mean and variance; ``None`` for one of each in all.
        mean, variance: numbers or arrays that broadcast to the shape of the axes kept.
        invert: whether the output is ``mean + inputs * max(sqrt(variance), epsilon)`` instead.

    Raises:
        ValueError: one of ``mean`` and ``variance`` is given without the other, or their shapes differ or do not fit
            the axes; or, when called, the inputs lack one of the axes, or its size is unknown or another than before.
    """

    def __init__(
        self, axis: AxesLike | None = -1, mean: Any = None, variance: Any = None, invert: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        given = some_axes(() if axis is None else axis)
        self.axis = (given,) if isinstance(given, int) else tuple(given)
        self.invert = bool(invert)
        if (mean is None) != (variance is None):
            missing = "mean" if mean is None else "variance"
            raise ValueError(f"mean and variance are given together, but {missing} is missing")
        self.input_mean = None if mean is None else as_array(np.asarray(mean), short_dtype(self.dtype))
        self.input_variance = None if variance is None else as_array(np.asarray(variance), short_dtype(self.dtype))
        self._check_given()

    def _check_given(self) -> None:
        if self.input_mean is None or self.input_variance is None:
            return
        mean, variance = self.input_mean.shape, self.input_variance.shape
        if mean != variance:
            raise ValueError(f"mean and variance must have one shape, not {mean} and {variance}")
        if len(mean) > len(self.axis):
            raise ValueError(f"mean has shape {mean}, but axis {self.axis} keeps only {len(self.axis)} dimensions")

    def build(self, input_shape: Any) -> None:
        kept = axes_within(self.axis, input_shape)
        sizes = known_sizes(kept, input_shape)
        self._kept = kept
        self._sizes = sizes
        self._rank = len(input_shape)
        self._spread_shape = [input_shape[axis] if axis in kept else 1 for axis in range(len(input_shape))]
        if self.input_mean is not None:
            try:
                np.broadcast_to(self.input_mean, sizes)
            except ValueError:
                text = f"mean and variance of shape {self.input_mean.shape} do not broadcast to {sizes}"
                raise InputError(f"{text}, the inputs' shape along axis {self.axis}") from None
            return
        self.adapt_mean = self.add_weight(name="mean", shape=sizes, initializer="zeros", trainable=False)
        self.adapt_variance = self.add_weight(name="variance", shape=sizes, initializer="ones", trainable=False)
        self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)

    @property
    def mean(self) -> Any:
        """The means, of the inputs' rank, with 1 where an axis is not kept; ``None`` before ``build``."""
        return self._statistic(self.input_mean, "adapt_mean")

    @property
    def variance(self) -> Any:
        """The variances, likewise."""
        return self._statistic(self.input_variance, "adapt_variance")

    def _statistic(self, given: Any, weight: str) -> Any:
        if not self.built:
            return None
        value = getattr(self, weight) if given is None else np.broadcast_to(given, self._sizes)
        return ops.reshape(value, self._spread_shape)

    def adapt(self, data: Any) -> None:
        """Finds mean and variance of ``data``, and keeps them for all calls to come.

        Args:
            data: an array, or an iterable of batches: arrays, or tuples ``(x, ...)`` of which the first counts. Sums
                are taken in double precision, batch by batch.

        Raises:
            ValueError: mean and variance were given to the layer, there is no batch, or the shape of one does not fit.
        """
        if self.input_mean is not None:
            raise ValueError(f"layer {self.name}: mean and variance were given, so there is nothing to adapt")
        total = _Moments()
        for batch in _batches(data, whole=self._keeps_first(data)):
            if not self.built:
                self.build(batch.shape)
            self._check_batch(batch)
            total.add(batch, tuple(axis for axis in range(batch.ndim) if axis not in self._kept))
        if not total.count:
            raise ValueError(f"layer {self.name}: adapt was given no data")
        self.adapt_mean.assign(total.mean.astype(self.dtype))
        self.adapt_variance.assign(total.variance.astype(self.dtype))

    def _keeps_first(self, data: Any) -> bool:
        """Whether the first axis of an array has a mean for each index, so that it cannot be taken in parts."""
        return 0 in self.axis or -len(getattr(data, "shape", ())) in self.axis

    def _check_batch(self, batch: np.ndarray) -> None:
        fits = batch.ndim == self._rank and tuple(batch.shape[axis] for axis in self._kept) == self._sizes
        if not fits:
            expected = tuple(size if axis in self._kept else None for axis, size in enumerate(self._spread_shape))
            raise ValueError(f"layer {self.name}: adapt expects data of shape {expected}, not {batch.shape}")

    def call(self, inputs: Any) -> Any:
        inputs = cast(inputs, short_dtype(self.dtype))
        deviation = ops.maximum(ops.sqrt(self.variance), config.epsilon())
        if self.invert:
            return self.mean + inputs * deviation
        return (inputs - self.mean) / deviation

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": None if self.input_mean is None else self.input_mean.tolist(),
            "variance": None if self.input_variance is None else self.input_variance.tolist(),
        }


class _Moments:
    """Mean and variance of what has been added so far, from those of each part."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: Any = 0.0
        self._squares: Any = 0.0

    @property
    def variance(self) -> Any:
        return self._squares / self.count

    def add(self, batch: np.ndarray, axes: tuple[int, ...]) -> None:
        """Adds the elements along ``axes``."""
        count = prod(batch.shape[axis] for axis in axes)
        if count == 0:
            return
        mean = batch.mean(axes, keepdims=True, dtype=np.float64)
        squares = np.square(batch - mean).sum(axes)
        apart = mean.squeeze(axes) - self.mean
        total = self.count + count
        self._squares = self._squares + squares + np.square(apart) * (self.count * count / total)
        self.mean = self.mean + apart * (count / total)
        self.count = total


def _batches(data: Any, whole: bool) -> Iterator[np.ndarray]:
    """The parts of an array, so that it is never copied, or the first of each batch of an iterable.

    Raises:
        TypeError: it is neither.
    """
    data = data.to_numpy() if hasattr(data, "iloc") else data
    if hasattr(data, "shape") and hasattr(data, "__getitem__"):
        step = max(1, len(data) if whole else _ROWS)
        for start in range(0, len(data), step):
            yield np.asarray(data[start : start + step])
    elif isinstance(data, Iterable) or hasattr(data, "__getitem__"):
        for batch in _sequence(data):
            yield np.asarray(batch[0] if isinstance(batch, tuple) else batch)
    else:
        raise TypeError(f"adapt takes an array or an iterable of batches, not {type(data).__name__}")


def _sequence(data: Any) -> Iterator[Any]:
    """The batches of an iterable, or of an object that has a length and gives each by its number."""
    return iter(data) if isinstance(data, Iterable) else (data[index] for index in range(len(data)))
