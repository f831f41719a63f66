"""Means of precision and recall, a class at a time."""

from __future__ import annotations

from typing import Any, Final

from kgraph import config, ops
from kgraph.arguments import one_of
from kgraph.metrics.counting import CountingMetric, aligned, columns_of
from kgraph.ops.operands import TensorLike
from kgraph.tensor import cast, named
from kgraph.types import short_dtype

AVERAGES: Final = (None, "micro", "macro", "weighted")
#: Predictions no further from 0 than this are never the largest of a sample: a row of zeros predicts nothing.
_ZERO: Final = 1e-9
_COUNTED: Final = ("true_positives", "false_positives", "false_negatives", "intermediate_weights")


class FBetaScore(CountingMetric):
    """``(1 + beta²) * precision * recall / (beta² * precision + recall)``, of ``(n, classes)`` targets and predictions.

    ``epsilon`` is added to each denominator: the score is 0 where there is nothing to count. State:
    ``true_positives``, ``false_positives``, ``false_negatives`` and ``intermediate_weights`` (the sum of the targets),
    of shape ``(classes,)``, or scalars with ``"micro"``; made at the first batch.

    Args:
        average: ``None`` gives a score for each class, ``"macro"`` their mean, ``"weighted"`` their mean by the number
            of targets, ``"micro"`` the score of all classes counted together.
        beta: a float above 0; how many times as much recall counts as precision.
        threshold: a float in (0, 1]; predictions above it are positive. Where it is ``None``, the largest of each
            sample is.

    Raises:
        ValueError: an argument is none of these.
    """

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not isinstance(beta, float) or not beta > 0:
            raise ValueError(f"beta must be a float above 0, not {beta!r}")
        if threshold is not None and (not isinstance(threshold, float) or not 0 < threshold <= 1):
            raise ValueError(f"threshold must be a float above 0 and up to 1, not {threshold!r}")
        self.average, self.beta, self.threshold = one_of("average", average, AVERAGES), beta, threshold
        self._counts = {}

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Counts a batch; weights ``(n,)`` count as often as they say.

        Raises:
            ValueError: the shapes differ, or are not ``(n, classes)``.
        """
        y_true, y_pred, weights = aligned(y_true, y_pred, sample_weight, self.dtype)
        if not self._counts:
            classes = columns_of(f"metric {self.name}", y_pred, "classes")
            self._add_counts(_COUNTED, () if self.average == "micro" else (classes,))
        positive = cast(self._positive(y_pred), short_dtype(self.dtype))
        amounts = (positive * y_true, positive * (1.0 - y_true), (1.0 - positive) * y_true, y_true)
        if weights is not None:
            amounts = tuple(ops.multiply(amount, weights) for amount in amounts)
        axis = None if self.average == "micro" else 0
        sums = [named(ops.sum(amount, axis=axis), name) for name, amount in zip(_COUNTED, amounts, strict=True)]
        self._advance_counts(dict(zip(_COUNTED, sums, strict=True)))

    def _positive(self, y_pred: TensorLike) -> TensorLike:
        if self.threshold is not None:
            return named(ops.greater(y_pred, self.threshold), "positive")
        largest = ops.greater_equal(y_pred, ops.max(y_pred, axis=-1, keepdims=True))
        return named(ops.logical_and(largest, ops.greater(ops.abs(y_pred), _ZERO)), "positive")

    def result(self) -> Any:
        """A scalar, or a value for each class without ``average``. 0 before the first batch."""
        if not self._counts:
            return ops.zeros((), dtype=self.dtype)
        epsilon, square = config.epsilon(), self.beta**2
        hits, false_alarms, missed, targets = (self._counts[name] for name in _COUNTED)
        precision = named(hits / (hits + false_alarms + epsilon), "precision")
        recall = named(hits / (hits + missed + epsilon), "recall")
        scores = named((precision * recall) / (precision * square + recall + epsilon) * (1.0 + square), "scores")
        if self.average == "weighted":
            return named(ops.sum(scores * (targets / (ops.sum(targets) + epsilon))), "result")
        return scores if self.average is None else named(ops.mean(scores), "result")

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """``2 * precision * recall / (precision + recall)``: the harmonic mean. See ``FBetaScore``."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        described = super().get_config()
        del described["beta"]
        return described
