"""Counts of right and wrong predictions above thresholds, precision and recall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from kgraph import ops
from kgraph.arguments import is_number
from kgraph.metrics.counting import RATES, CountingMetric, aligned, confusion_counts, is_evenly_spaced, rate
from kgraph.metrics.metric import Metric
from kgraph.ops.operands import TensorLike, shape_of
from kgraph.tensor import apply, named

#: What predictions outside the ``k`` best become: below every threshold but the default one of ``top_k``, which it is.
BELOW_ALL: Final = -1e10


def parse_thresholds(thresholds: float | Sequence[float] | None, default: float) -> list[float]:
    """``thresholds`` as a list; ``[default]`` for ``None``.

    Raises:
        ValueError: one is not in [0, 1].
    """
    if thresholds is None:
        return [default]
    listed = list(thresholds) if isinstance(thresholds, Iterable) else [thresholds]
    outside = [threshold for threshold in listed if not is_number(threshold) or not 0 <= threshold <= 1]
    if outside:
        raise ValueError(f"thresholds must be from 0 to 1, not {', '.join(map(repr, outside))}")
    return [float(threshold) for threshold in listed]


class ConfusionMetric(CountingMetric):
    """A metric of predictions above thresholds. A subclass names in ``counted`` which of ``COUNTS`` it keeps.

    Args:
        thresholds: a number, a list or ``None``; a prediction is positive where it is above.
        top_k: where given, only the ``k`` largest predictions of a sample can be positive.
        class_id: where given, only this place of the last axis is looked at.

    Raises:
        ValueError: a threshold is not in [0, 1].
    """

    counted: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self.thresholds = parse_thresholds(thresholds, 0.5 if top_k is None else BELOW_ALL)
        self._add_counts(self.counted, (len(self.thresholds),))

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Counts a batch; weights count as often as they say.

        Raises:
            ValueError: the shapes differ, or ``class_id`` is given for predictions without a class axis.
        """
        y_true, y_pred, sample_weight = aligned(y_true, y_pred, sample_weight, self.dtype)
        if self.top_k is not None:
            y_pred = keep_top_k(y_pred, self.top_k)
        if self.class_id is not None:
            y_true, y_pred, sample_weight = self._of_class(self.class_id, y_true, y_pred, sample_weight)
        if is_evenly_spaced(self.thresholds):
            y_pred = ops.clip(y_pred, 0.0, 1.0)
        self._advance_counts(confusion_counts(y_true, y_pred, sample_weight, self.thresholds))

    def result(self) -> Any:
        """A scalar for one threshold, else a value for each."""
        values = self._at_thresholds()
        return named(values[0], "result") if len(self.thresholds) == 1 else values

    def _at_thresholds(self) -> TensorLike:
        """A value for each threshold."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


def keep_top_k(y_pred: TensorLike, k: int) -> TensorLike:
    """``y_pred`` where it is one of the ``k`` largest on the last axis, ``BELOW_ALL`` elsewhere."""
    classes = shape_of(y_pred)[-1]
    best = apply("one_hot", apply("top_k_indices", y_pred, k=k), depth=classes, dtype="i32")
    return named(ops.where(ops.any(best, axis=-2), y_pred, BELOW_ALL), "top_k")


class Precision(ConfusionMetric):
    """The share of positive predictions that are right: ``TP / (TP + FP)``; 0 where there are none."""

    counted = RATES["precision"]

    def _at_thresholds(self) -> TensorLike:
        return rate("precision", self._counts)


class Recall(ConfusionMetric):
    """The share of positive targets that are found: ``TP / (TP + FN)``; 0 where there are none."""

    counted = RATES["recall"]

    def _at_thresholds(self) -> TensorLike:
        return rate("recall", self._counts)


class _Count(ConfusionMetric):
    """One of the four counts."""

    def __init__(
        self, thresholds: float | Sequence[float] | None = None, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(thresholds=thresholds, name=name, dtype=dtype)

    def _at_thresholds(self) -> TensorLike:
        return self._counts[self.counted[0]].value

    def get_config(self) -> dict[str, Any]:
        return {**Metric.get_config(self), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Positive predictions of positive targets."""

    counted = ("true_positives",)


class FalsePositives(_Count):
    """Positive predictions of negative targets."""

    counted = ("false_positives",)


class TrueNegatives(_Count):
    """Negative predictions of negative targets."""

    counted = ("true_negatives",)


class FalseNegatives(_Count):
    """Negative predictions of positive targets."""

    counted = ("false_negatives",)
