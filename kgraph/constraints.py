"""Constraints: functions that bring a weight back, after each update, to where it is allowed to be.

A norm is taken along ``axis``: 0 for the matrix ``(inputs, outputs)`` of a dense layer, so that each output has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph import config, ops
from kgraph.ops.operands import Axes, TensorLike
from kgraph.registry import Configurable, Identifier, Named, Vocabulary


class Constraint(Configurable):
    """The base of constraints. A subclass writes ``__call__``, and keeps its arguments as attributes."""

    def __call__(self, w: TensorLike) -> TensorLike:
        """The weight nearest to ``w`` that is allowed, of the same shape."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(w)")


def _norms(w: TensorLike, axis: Axes) -> TensorLike:
    return ops.norm(w, axis=axis, keepdims=True)


def _rescale(w: TensorLike, norms: TensorLike, desired: TensorLike) -> TensorLike:
    """``w`` with ``desired`` in place of its ``norms``; zeros stay."""
    return ops.multiply(w, ops.divide(desired, ops.add(norms, config.epsilon())))


class MaxNorm(Constraint):
    """Norms of at most ``max_value``."""

    def __init__(self, max_value: float = 2, axis: Axes = 0) -> None:
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w: TensorLike) -> TensorLike:
        norms = _norms(w, self.axis)
        return _rescale(w, norms, ops.clip(norms, 0.0, float(self.max_value)))


class NonNeg(Constraint):
    """No element below 0."""

    def __call__(self, w: TensorLike) -> TensorLike:
        return ops.maximum(w, 0.0)


class UnitNorm(Constraint):
    """Norms of 1."""

    def __init__(self, axis: Axes = 0) -> None:
        self.axis = axis

    def __call__(self, w: TensorLike) -> TensorLike:
        return ops.divide(w, ops.add(_norms(w, self.axis), config.epsilon()))


class MinMaxNorm(Constraint):
    """Norms drawn towards ``[min_value, max_value]``: all the way with a ``rate`` of 1, by that share with less."""

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axes = 0) -> None:
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w: TensorLike) -> TensorLike:
        norms = _norms(w, self.axis)
        bounded = ops.multiply(ops.clip(norms, float(self.min_value), float(self.max_value)), self.rate)
        return _rescale(w, norms, ops.add(bounded, ops.multiply(norms, 1.0 - self.rate)))


max_norm = MaxNorm
non_neg = NonNeg
unit_norm = UnitNorm
min_max_norm = MinMaxNorm

_vocabulary = Vocabulary("constraint", "keras.constraints", (MaxNorm, NonNeg, UnitNorm, MinMaxNorm))


def get(identifier: Identifier) -> Any:
    """The constraint that a name, config, class or function means; ``None`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    return _vocabulary.get(identifier)


def serialize(constraint: Any) -> Any:
    """The config of a constraint."""
    return _vocabulary.serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The constraint that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
