"""Losses that compare distributions. Each takes the last axis away: one value for each sample or timestep.

Shapes are ``(..., d), (..., d) -> (...)``. A target whose shape differs by more than a last axis of 1 is a
``ValueError``. ``epsilon`` is that of ``kgraph.config``.
"""

from __future__ import annotations

from kgraph import config, ops
from kgraph.losses.targets import paired
from kgraph.ops.operands import TensorLike
from kgraph.tensor import named


def poisson(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``mean(y_pred - y_true * log(y_pred + epsilon))``: counts ``y_true`` under the rates ``y_pred``."""
    y_true, y_pred = paired(y_true, y_pred)
    log_rate = named(ops.log(ops.add(y_pred, config.epsilon())), "log_rate")
    elements = ops.subtract(y_pred, ops.multiply(y_true, log_rate))
    return named(ops.mean(elements, axis=-1), "per_sample")


def kl_divergence(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``sum(t * log(t / p))`` where ``t`` and ``p`` are target and prediction, clipped to ``[epsilon, 1]``."""
    y_true, y_pred = (ops.clip(y, config.epsilon(), 1.0) for y in paired(y_true, y_pred))
    elements = ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred)))
    return named(ops.sum(elements, axis=-1), "per_sample")
