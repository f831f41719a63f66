"""Losses of real numbers. Each takes the last axis away: one value for each sample or timestep.

Shapes are ``(..., d), (..., d) -> (...)``. A target whose shape differs by more than a last axis of 1 is a
``ValueError``.
"""

from __future__ import annotations

import math
from typing import Final

from kgraph import config, ops
from kgraph.losses.targets import paired
from kgraph.ops.operands import Axes, TensorLike
from kgraph.tensor import named

_LN_2: Final = math.log(2.0)


def mean_squared_error(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean((y_true - y_pred)²)``."""
    y_true, y_pred = paired(y_true, y_pred)
    squared = named(ops.square(ops.subtract(y_true, y_pred)), "squared_error")
    return named(ops.mean(squared, axis=-1), "per_sample")


def mean_absolute_error(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean(|y_true - y_pred|)``."""
    y_true, y_pred = paired(y_true, y_pred)
    absolute = named(ops.absolute(ops.subtract(y_true, y_pred)), "absolute_error")
    return named(ops.mean(absolute, axis=-1), "per_sample")


def mean_absolute_percentage_error(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``100 * mean(|y_true - y_pred| / max(|y_true|, epsilon))``, with ``epsilon`` of ``kgraph.config``."""
    y_true, y_pred = paired(y_true, y_pred)
    size = named(ops.maximum(ops.absolute(y_true), config.epsilon()), "size")
    relative = named(ops.absolute(ops.divide(ops.subtract(y_true, y_pred), size)), "relative_error")
    return named(ops.multiply(ops.mean(relative, axis=-1), 100.0), "per_sample")


def mean_squared_logarithmic_error(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean((log(1 + t) - log(1 + p))²)``, where ``t`` and ``p`` are target and prediction, but at least ``epsilon``.

    ``epsilon`` is that of ``kgraph.config``: numbers below 0 count as 0.
    """
    y_true, y_pred = (ops.log1p(ops.maximum(y, config.epsilon())) for y in paired(y_true, y_pred))
    squared = named(ops.square(ops.subtract(y_pred, y_true)), "squared_error")
    return named(ops.mean(squared, axis=-1), "per_sample")


def huber(y_true: TensorLike, y_pred: TensorLike, delta: float = 1.0) -> TensorLike:
    """The mean of ``e² / 2`` where ``|e| <= delta``, and of ``delta * |e| - delta² / 2`` beyond; ``e`` is the error.

    Args:
        delta: where the parabola goes on as a straight line.
    """
    y_true, y_pred = paired(y_true, y_pred)
    error = named(ops.subtract(y_pred, y_true), "error")
    absolute = named(ops.absolute(error), "absolute_error")
    parabola = ops.multiply(ops.square(error), 0.5)
    line = ops.subtract(ops.multiply(absolute, delta), 0.5 * delta * delta)
    elements = named(ops.where(ops.less_equal(absolute, delta), parabola, line), "huber")
    return named(ops.mean(elements, axis=-1), "per_sample")


def log_cosh(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean(log(cosh(e)))`` of the error ``e``, as ``e + softplus(-2 * e) - log(2)``, which cannot overflow."""
    y_true, y_pred = paired(y_true, y_pred)
    error = named(ops.subtract(y_pred, y_true), "error")
    elements = ops.subtract(ops.add(error, ops.softplus(ops.multiply(error, -2.0))), _LN_2)
    return named(ops.mean(named(elements, "log_cosh"), axis=-1), "per_sample")


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: Axes = -1) -> TensorLike:
    """``-sum(t * p, axis)`` where ``t`` and ``p`` are scaled to norm 1: -1 for one direction, 1 for opposite ones.

    Args:
        axis: along which vectors lie; the result has one value for each. A vector of zeros is similar to none: 0.
    """
    y_true, y_pred = (ops.normalize(y, axis) for y in paired(y_true, y_pred))
    return named(ops.negative(ops.sum(ops.multiply(y_true, y_pred), axis=axis)), "per_sample")
