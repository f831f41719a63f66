"""Losses that ask for a margin. Each takes the last axis away: one value for each sample or timestep.

Shapes are ``(..., d), (..., d) -> (...)``. A target whose shape differs by more than a last axis of 1 is a
``ValueError``.
"""

from __future__ import annotations

from kgraph import ops
from kgraph.losses.targets import paired
from kgraph.ops.operands import TensorLike
from kgraph.tensor import named


def hinge(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean(max(1 - t * y_pred, 0))`` where ``t`` is ``y_true``, -1 or 1; targets that are all 0 or 1 become those."""
    return named(ops.mean(_missing_margin(y_true, y_pred), axis=-1), "per_sample")


def squared_hinge(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean(max(1 - t * y_pred, 0)²)`` where ``t`` is as for ``hinge``."""
    squared = named(ops.square(_missing_margin(y_true, y_pred)), "squared_margin")
    return named(ops.mean(squared, axis=-1), "per_sample")


def categorical_hinge(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``max(best wrong - right + 1, 0)``, by the largest ``(1 - t) * y_pred`` and the sum of ``t * y_pred``.

    ``t`` is ``y_true``: 1 at the right class and 0 elsewhere.
    """
    y_true, y_pred = paired(y_true, y_pred)
    right = named(ops.sum(ops.multiply(y_true, y_pred), axis=-1), "right")
    wrong = named(ops.max(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=-1), "best_wrong")
    return named(ops.maximum(ops.add(ops.subtract(wrong, right), 1.0), 0.0), "per_sample")


def _missing_margin(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    y_true, y_pred = paired(y_true, y_pred)
    is_binary = named(ops.all(ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0))), "is_binary")
    signed = ops.subtract(ops.multiply(y_true, 2.0), 1.0)
    sign = named(ops.where(is_binary, signed, y_true), "sign")
    return named(ops.maximum(ops.subtract(1.0, ops.multiply(sign, y_pred)), 0.0), "missing_margin")
