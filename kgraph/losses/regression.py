"""Losses of real numbers. Each takes the last axis away: one value for each sample or timestep."""

from __future__ import annotations

from kgraph import ops
from kgraph.losses.targets import paired
from kgraph.ops.operands import TensorLike
from kgraph.tensor import named


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean((y_true - y_pred)², axis=-1)``.

    Shapes ``(..., d), (..., d) -> (...)``.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    y_true, y_pred = paired(y_true, y_pred)
    squared = named(ops.square(ops.subtract(y_true, y_pred)), "squared_error")
    return named(ops.mean(squared, axis=-1), "per_sample")


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean(|y_true - y_pred|, axis=-1)``.

    Shapes ``(..., d), (..., d) -> (...)``.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    y_true, y_pred = paired(y_true, y_pred)
    absolute = named(ops.absolute(ops.subtract(y_true, y_pred)), "absolute_error")
    return named(ops.mean(absolute, axis=-1), "per_sample")
