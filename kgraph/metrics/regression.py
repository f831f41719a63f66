"""Errors of real numbers, averaged over batches."""

from __future__ import annotations

from typing import Any

from kgraph import ops
from kgraph.losses.reduction import apply_mask, mask_of
from kgraph.losses.regression import mean_absolute_error, mean_squared_error
from kgraph.losses.targets import paired
from kgraph.metrics.reduction_metrics import Mean, MeanMetricWrapper
from kgraph.ops.operands import TensorLike
from kgraph.tensor import named


class MeanSquaredError(MeanMetricWrapper):
    """The mean of squared errors. See ``losses.mean_squared_error``."""

    def __init__(self, name: str | None = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of absolute errors. See ``losses.mean_absolute_error``."""

    def __init__(self, name: str | None = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(mean_absolute_error, name, dtype)


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
