"""Losses of masks, by how much target and prediction overlap: sums over ``axis``, or over the whole batch.

Without an ``axis`` the result is one number, of all samples together: a weight of a sample then scales the whole.
"""

from __future__ import annotations

from kgraph import config, ops
from kgraph.losses.targets import paired
from kgraph.ops.operands import Axes, TensorLike
from kgraph.tensor import named


def dice(y_true: TensorLike, y_pred: TensorLike, axis: Axes = None) -> TensorLike:
    """``1 - 2 * sum(t * p) / (sum(t) + sum(p) + epsilon)`` of target and prediction.

    Args:
        axis: what the sums are over; all axes where ``None``.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    y_true, y_pred = paired(y_true, y_pred)
    shared = named(ops.sum(ops.multiply(y_true, y_pred), axis=axis), "shared")
    total = named(ops.add(ops.sum(y_true, axis=axis), ops.sum(y_pred, axis=axis)), "total")
    return _one_less(ops.multiply(shared, 2.0), total)


def tversky(
    y_true: TensorLike, y_pred: TensorLike, alpha: float = 0.5, beta: float = 0.5, axis: Axes = None
) -> TensorLike:
    """``1 - s / (s + alpha * sum(t * (1 - p)) + beta * sum(p * (1 - t)) + epsilon)`` where ``s`` is ``sum(t * p)``.

    Args:
        alpha: the weight of what is in the target and not in the prediction.
        beta: the weight of what is in the prediction and not in the target.
        axis: what the sums are over; all axes where ``None``.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    y_true, y_pred = paired(y_true, y_pred)
    shared = named(ops.sum(ops.multiply(y_true, y_pred), axis=axis), "shared")
    missed = named(ops.sum(ops.multiply(y_true, ops.subtract(1.0, y_pred)), axis=axis), "missed")
    added = named(ops.sum(ops.multiply(y_pred, ops.subtract(1.0, y_true)), axis=axis), "added")
    total = ops.add(shared, ops.add(ops.multiply(missed, alpha), ops.multiply(added, beta)))
    return _one_less(shared, named(total, "total"))


def _one_less(part: TensorLike, total: TensorLike) -> TensorLike:
    return named(ops.subtract(1.0, ops.divide(part, ops.add(total, config.epsilon()))), "per_sample")
