"""Errors of real numbers, averaged over batches."""

from __future__ import annotations

from typing import Any

from kgraph import losses, ops
from kgraph.losses.reduction import apply_mask, mask_of
from kgraph.losses.targets import paired
from kgraph.metrics.reduction_metrics import Mean, MeanMetricWrapper, mean_of
from kgraph.ops.operands import Axes, TensorLike
from kgraph.tensor import named


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: Axes = -1) -> TensorLike:
    """The cosine between target and prediction: 1 for one direction, -1 for opposite ones, 0 for a vector of zeros.

    Shapes ``(..., d), (..., d) -> (...)``. The loss of this name is minus that.

    Args:
        axis: along which vectors lie.
    """
    return named(ops.negative(losses.cosine_similarity(y_true, y_pred, axis)), "similarity")


class MeanSquaredError(MeanMetricWrapper):
    """The mean of ``losses.mean_squared_error``."""

    __init__ = mean_of(losses.mean_squared_error)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of ``losses.mean_absolute_error``."""

    __init__ = mean_of(losses.mean_absolute_error)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of ``losses.mean_absolute_percentage_error``."""

    __init__ = mean_of(losses.mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of ``losses.mean_squared_logarithmic_error``."""

    __init__ = mean_of(losses.mean_squared_logarithmic_error)


class LogCoshError(MeanMetricWrapper):
    """The mean of ``losses.log_cosh``."""

    __init__ = mean_of(losses.log_cosh, name="logcosh")


class CosineSimilarity(MeanMetricWrapper):
    """The mean of ``cosine_similarity``: 1 at best, where the loss of that name is -1."""

    __init__ = mean_of(cosine_similarity, "name dtype axis")


class RootMeanSquaredError(Mean):
    """``sqrt(mean((y_true - y_pred)²))``: the root of the mean over all batches, not a mean of roots."""

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:  # type: ignore[override]
        """Adds a batch of targets and predictions."""
        mask = mask_of(y_pred)
        y_true, y_pred = paired(y_true, y_pred)
        squared = named(ops.square(ops.subtract(y_true, y_pred)), "squared_error")
        super().update_state(squared, apply_mask(sample_weight, mask, self.dtype, "sum"))

    def result(self) -> Any:
        """``sqrt(total / count)``."""
        return named(ops.sqrt(super().result()), "result")
