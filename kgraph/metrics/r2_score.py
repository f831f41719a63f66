"""The coefficient of determination."""

from __future__ import annotations

import math
from typing import Any, Final

from kgraph import dims, ops
from kgraph.arguments import is_int, one_of
from kgraph.metrics.counting import aligned, columns_of
from kgraph.metrics.metric import Metric
from kgraph.metrics.reduction_metrics import advance
from kgraph.ops.operands import TensorLike, shape_of
from kgraph.tensor import apply, named
from kgraph.types import short_dtype
from kgraph.variable import Variable

AGGREGATIONS: Final = (None, "uniform_average", "variance_weighted_average")
_SUMMED: Final = ("squared_sum", "sum", "residual", "count")


class R2Score(Metric):
    """``1 - sum((y_true - y_pred)²) / sum((y_true - mean(y_true))²)`` for each output of ``(n, outputs)``.

    0 for an output whose targets do not vary; NaN where they do not vary and are met exactly, and before there is
    anything to count. With ``p`` regressors and ``n`` numbers seen, a score ``r`` becomes
    ``1 - (1 - r) * (n - 1) / (n - p - 1)``; it stays ``r`` while ``n`` is not above ``p + 1``.

    State: ``num_samples``, and ``squared_sum``, ``sum``, ``residual``, ``count`` of shape ``(outputs,)``, made at the
    first batch.

    Args:
        class_aggregation: ``None`` gives a score for each output, ``"uniform_average"`` their mean,
            ``"variance_weighted_average"`` their mean by the targets' variances.
        num_regressors: ``p``; 0 gives the plain score.

    Raises:
        ValueError: ``class_aggregation`` is none of these, or ``num_regressors`` is negative.
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not is_int(num_regressors) or num_regressors < 0:
            raise ValueError(f"num_regressors must be an int of 0 or more, not {num_regressors!r}")
        self.class_aggregation = one_of("class_aggregation", class_aggregation, AGGREGATIONS)
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable(name="num_samples")
        self._sums: dict[str, Variable] = {}

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Adds a batch; weights are ``(n,)`` or ``(n, outputs)``.

        Raises:
            ValueError: the shapes differ, or are not ``(n, outputs)``.
        """
        y_true, y_pred, weights = aligned(y_true, y_pred, sample_weight, self.dtype)
        if not self._sums:
            outputs = columns_of(f"metric {self.name}", y_pred, "outputs")
            self._sums = {name: self.add_variable((outputs,), name=name) for name in _SUMMED}
        weights = ops.ones_like(y_pred) if weights is None else weights
        weighted = named(y_true * weights, "weighted_target")
        squared_error = named(ops.square(y_true - y_pred) * weights, "weighted_squared_error")
        amounts = (y_true * weighted, weighted, squared_error, weights)
        for (name, variable), amount in zip(self._sums.items(), amounts, strict=True):
            advance(variable, named(ops.sum(amount, axis=0), name))
        advance(self.num_samples, apply("size", of=dims.product(shape_of(y_pred)), dtype=short_dtype(self.dtype)))

    def result(self) -> Any:
        """A scalar, or a value for each output without ``class_aggregation``."""
        if not self._sums:
            return ops.full((), math.nan, dtype=self.dtype)
        squared_sum, total, residual, count = (self._sums[name] for name in _SUMMED)
        spread = named(squared_sum - total * (total / count), "spread")
        ratio = residual / spread
        scores = named(ops.where(ops.isinf(ratio), 0.0, 1.0 - ratio), "scores")
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(spread * scores) / ops.sum(spread)
        return named(self._adjusted(scores) if self.num_regressors else scores, "result")

    def _adjusted(self, scores: TensorLike) -> TensorLike:
        """``scores`` at the price of ``num_regressors``."""
        free = named(self.num_samples - (self.num_regressors + 1.0), "degrees_of_freedom")
        adjusted = 1.0 - (1.0 - scores) * ops.divide_no_nan(self.num_samples - 1.0, free)
        return ops.where(ops.greater(free, 0.0), adjusted, scores)

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
