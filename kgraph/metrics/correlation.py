"""How far targets and predictions vary together."""

from __future__ import annotations

from kgraph import config, ops
from kgraph.losses.targets import paired
from kgraph.metrics.reduction_metrics import MeanMetricWrapper, mean_of
from kgraph.ops.operands import Axes, TensorLike
from kgraph.tensor import named


def pearson_correlation(y_true: TensorLike, y_pred: TensorLike, axis: Axes = -1) -> TensorLike:
    """``cov(t, p) / (std(t) * std(p))`` of targets ``t`` and predictions ``p`` along ``axis``.

    From -1 to 1; NaN where one of them does not vary. Shapes ``(..., d), (..., d) -> (...)``.

    Args:
        axis: along which to compare; one axis or several.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    standard = []
    for y in paired(y_true, y_pred):
        centred = ops.subtract(y, ops.mean(y, axis=axis, keepdims=True))
        standard.append(ops.divide(centred, ops.std(centred, axis=axis, keepdims=True)))
    return named(ops.mean(ops.multiply(*standard), axis=axis), "correlation")


def concordance_correlation(y_true: TensorLike, y_pred: TensorLike, axis: Axes = -1) -> TensorLike:
    """``2 * cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))²)`` of targets ``t``, predictions ``p`` along ``axis``.

    From -1 to 1, which is reached where they are equal. ``epsilon`` is added to the denominator.
    Shapes ``(..., d), (..., d) -> (...)``.

    Args:
        axis: along which to compare; one axis or several.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    y_true, y_pred = paired(y_true, y_pred)
    mean_true, mean_pred = (ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred))
    off_true, off_pred = ops.subtract(y_true, mean_true), ops.subtract(y_pred, mean_pred)
    covariance = ops.mean(ops.multiply(off_true, off_pred), axis=axis)
    variances = [ops.mean(ops.square(off), axis=axis) for off in (off_true, off_pred)]
    distance = ops.mean(ops.square(ops.subtract(mean_true, mean_pred)), axis=axis)
    spread = named(ops.add(ops.add(*variances), distance), "spread")
    return named(ops.divide(ops.multiply(covariance, 2.0), ops.add(spread, config.epsilon())), "concordance")


class PearsonCorrelation(MeanMetricWrapper):
    """The mean over samples of ``pearson_correlation``."""

    __init__ = mean_of(pearson_correlation, "name dtype axis")


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean over samples of ``concordance_correlation``."""

    __init__ = mean_of(concordance_correlation, "name dtype axis")
