"""The best that one rate reaches where another is good enough: sensitivity at specificity, and its siblings."""

from __future__ import annotations

from typing import Any, ClassVar

from kgraph import ops
from kgraph.arguments import number, positive_int
from kgraph.metrics.counting import COUNTS, CountingMetric, aligned, confusion_counts, rate
from kgraph.ops.operands import TensorLike
from kgraph.opset.metrics import even_thresholds
from kgraph.tensor import named


class BestAt(CountingMetric):
    """``max(best(t) for thresholds t where bound(t) >= value)``; 0 where there is no such threshold.

    A subclass names ``best`` and ``bound``, of ``counting.RATES``. State: the four counts, of shape ``(k,)``.

    Args:
        value: the least that ``bound`` may be, from 0 to 1.
        num_thresholds: how many, in equal steps from 0 to 1; 0.5 where it is 1.
        class_id: where given, only this place of the last axis is looked at.

    Raises:
        ValueError: ``value`` is not in [0, 1], or there is no threshold.
    """

    best: ClassVar[str]
    bound: ClassVar[str]

    def __init__(
        self,
        value: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not 0 <= number(self.bound, value) <= 1:
            raise ValueError(f"{self.bound} must be from 0 to 1, not {value!r}")
        self.value, self.class_id = value, class_id
        self.num_thresholds = positive_int("num_thresholds", num_thresholds)
        self.thresholds = [0.5] if num_thresholds == 1 else even_thresholds(num_thresholds, margin=0.0)
        self._add_counts(COUNTS, (num_thresholds,))

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Counts a batch; a target is positive where it is not 0. Predictions outside of [0, 1] count as 0 or 1.

        Raises:
            ValueError: the shapes differ, or ``class_id`` is given for predictions without a class axis.
        """
        y_true, y_pred, sample_weight = aligned(y_true, y_pred, sample_weight, self.dtype)
        if self.class_id is not None:
            y_true, y_pred, sample_weight = self._of_class(self.class_id, y_true, y_pred, sample_weight)
        y_pred = ops.clip(y_pred, 0.0, 1.0)
        self._advance_counts(confusion_counts(y_true, y_pred, sample_weight, self.thresholds))

    def result(self) -> Any:
        """A scalar."""
        reached, wanted = rate(self.best, self._counts), rate(self.bound, self._counts)
        feasible = named(ops.greater_equal(wanted, self.value), "feasible")
        return named(ops.max(ops.where(feasible, reached, 0.0)), "result")

    def get_config(self) -> dict[str, Any]:
        own = {self.bound: self.value, "num_thresholds": self.num_thresholds, "class_id": self.class_id}
        return {**super().get_config(), **own}


class SensitivityAtSpecificity(BestAt):
    """The best ``TP / (TP + FN)`` where ``TN / (TN + FP)`` is ``specificity`` or more. See ``BestAt``."""

    best, bound = "sensitivity", "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


class SpecificityAtSensitivity(BestAt):
    """The best ``TN / (TN + FP)`` where ``TP / (TP + FN)`` is ``sensitivity`` or more. See ``BestAt``."""

    best, bound = "specificity", "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


class PrecisionAtRecall(BestAt):
    """The best ``TP / (TP + FP)`` where ``TP / (TP + FN)`` is ``recall`` or more. See ``BestAt``."""

    best, bound = "precision", "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


class RecallAtPrecision(BestAt):
    """The best ``TP / (TP + FN)`` where ``TP / (TP + FP)`` is ``precision`` or more. See ``BestAt``."""

    best, bound = "recall", "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision
