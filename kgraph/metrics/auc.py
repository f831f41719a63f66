"""Areas under curves of confusion counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kgraph import config, ops
from kgraph.arguments import is_int, one_of
from kgraph.metrics.counting import (
    COUNTS,
    CountingMetric,
    Counts,
    aligned,
    columns_of,
    confusion_counts,
    is_evenly_spaced,
    rate,
)
from kgraph.ops.operands import TensorLike
from kgraph.tensor import named

Point = tuple[TensorLike, TensorLike]


def _roc(counts: Counts) -> Point:
    """The false positive rate, and the recall."""
    return rate("false_positive_rate", counts), rate("recall", counts)


def _pr(counts: Counts) -> Point:
    """The recall, and the precision."""
    return rate("recall", counts), rate("precision", counts)


def _pr_gain(counts: Counts) -> Point:
    """Recall gain (not below 0) and precision gain: ``1 - odds * FN / TP`` and ``1 - odds * FP / TP``.

    The gain over what always saying yes would reach; ``odds`` are those of a positive target (Flach and Kull,
    "Precision-Recall-Gain Curves", 2015).
    """
    tp, fp, tn, fn = (counts[name] for name in COUNTS)
    odds = named(ops.divide_no_nan(tp + fn, tn + fp), "odds")
    none = ops.equal(tp, 0.0)
    recall_gain = ops.where(none, 0.0, 1.0 - odds * ops.divide_no_nan(fn, tp))
    precision_gain = ops.where(none, 1.0, 1.0 - odds * ops.divide_no_nan(fp, tp))
    return named(ops.maximum(recall_gain, 0.0), "recall_gain"), named(precision_gain, "precision_gain")


def _mean_height(left: TensorLike, right: TensorLike) -> TensorLike:
    return (left + right) / 2.0


#: What is drawn: the points ``(x, y)`` at the thresholds, from the counts there.
CURVES: Final[Mapping[str, Callable[[Counts], Point]]] = {"ROC": _roc, "PR": _pr, "PRGAIN": _pr_gain}
#: The height of the curve between two neighbouring points.
SUMMATIONS: Final[Mapping[str, Callable[[TensorLike, TensorLike], TensorLike]]] = {
    "interpolation": _mean_height,
    "minoring": ops.minimum,
    "majoring": ops.maximum,
}


class AUC(CountingMetric):
    """The area under a curve of the confusion counts at many thresholds, exact over all batches but for their spacing.

    State: ``true_positives``, ``false_positives``, ``true_negatives``, ``false_negatives``, of shape ``(k,)``, or
    ``(k, labels)`` with ``multi_label``.

    Args:
        num_thresholds: how many, in equal steps from just below 0 to just above 1.
        curve: ``"ROC"``, ``"PR"`` or ``"PRGAIN"``.
        summation_method: ``"interpolation"`` (trapezoids; for PR the interpolation of Davis and Goadrich),
            ``"minoring"`` or ``"majoring"``.
        thresholds: in place of equal steps; two more are put at the ends.
        multi_label: whether each label of ``(n, labels)`` has an area of its own, of which the mean is taken.
        num_labels: how many labels; seen at the first batch where not given.
        label_weights: of the labels' areas in their mean, or of the labels' counts without ``multi_label``.
        from_logits: whether predictions have yet to go through a sigmoid.

    Raises:
        ValueError: an argument is not one of these, or ``num_labels`` is given without ``multi_label``.
    """

    #: Many numbers, and none of them a variable.
    _untracked_attributes = ("thresholds",)

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self.curve = one_of("curve", str(curve).upper(), CURVES)
        self.summation_method = one_of("summation_method", str(summation_method).lower(), SUMMATIONS)
        if num_labels and not multi_label:
            raise ValueError("num_labels is for multi_label=True")
        inner = _inner_thresholds(num_thresholds, thresholds)
        self.thresholds = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self.num_thresholds = len(self.thresholds)
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        self.label_weights = None if label_weights is None else [float(weight) for weight in label_weights]
        self._given_thresholds = thresholds is not None
        self._counts = {}
        if num_labels or not multi_label:
            self._add_counts(COUNTS, (self.num_thresholds, num_labels) if num_labels else (self.num_thresholds,))

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Counts a batch; a target is positive where it is not 0.

        Raises:
            ValueError: the shapes differ, or are not ``(n, labels)`` with ``multi_label``.
        """
        y_true, y_pred, weights = aligned(y_true, y_pred, sample_weight, self.dtype)
        if not self._counts:
            labels = columns_of(f"metric {self.name}: multi_label=True", y_pred, "labels")
            self._add_counts(COUNTS, (self.num_thresholds, labels))
        if self.from_logits:
            y_pred = ops.sigmoid(y_pred)
        if is_evenly_spaced(self.thresholds):
            y_pred = ops.clip(y_pred, 0.0, 1.0)
        if self.label_weights is not None and not self.multi_label:
            spread = ops.broadcast_to(self._label_weights(), ops.shape(y_pred))
            weights = spread if weights is None else ops.multiply(weights, spread)
        self._advance_counts(confusion_counts(y_true, y_pred, weights, self.thresholds, self.multi_label))

    def result(self) -> Any:
        """The area: a scalar. 0 before the first batch."""
        if not self._counts:
            return ops.zeros((), dtype=self.dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self._total(self._interpolated_pr())
        x, y = CURVES[self.curve](self._counts)
        height = SUMMATIONS[self.summation_method](y[:-1], y[1:])
        return self._total(named(ops.multiply(x[:-1] - x[1:], height), "areas"))

    def _interpolated_pr(self) -> TensorLike:
        """Areas between neighbouring thresholds where the counts, not the precisions, are interpolated.

        With ``P = TP + FP`` along a segment, ``TP = intercept + slope * P``, so the integral of ``TP / P`` over the
        recall is ``slope * (dTP + intercept * log(P_left / P_right)) / (TP + FN)``.
        """
        tp, fp, fn = (self._counts[name].value for name in ("true_positives", "false_positives", "false_negatives"))
        predicted = named(tp + fp, "predicted")
        left, right = predicted[:-1], predicted[1:]
        gained = named(tp[:-1] - tp[1:], "gained")
        slope = named(ops.divide_no_nan(gained, ops.maximum(left - right, 0.0)), "slope")
        intercept = named(tp[1:] - slope * right, "intercept")
        both = ops.logical_and(left > 0.0, right > 0.0)
        ratio = named(ops.where(both, ops.divide_no_nan(left, ops.maximum(right, 0.0)), 1.0), "ratio")
        area = slope * (gained + intercept * ops.log(ratio))
        return named(ops.divide_no_nan(area, ops.maximum(tp[1:] + fn[1:], 0.0)), "areas")

    def _total(self, areas: TensorLike) -> TensorLike:
        """The sum over segments, and with ``multi_label`` the mean over labels."""
        if not self.multi_label:
            return named(ops.sum(areas), "result")
        by_label = named(ops.sum(areas, axis=0), "by_label")
        if self.label_weights is None:
            return named(ops.mean(by_label), "result")
        weights = self._label_weights()
        return named(ops.divide_no_nan(ops.sum(ops.multiply(by_label, weights)), ops.sum(weights)), "result")

    def _label_weights(self) -> TensorLike:
        return ops.convert_to_tensor(self.label_weights, dtype=self.dtype)

    def get_config(self) -> dict[str, Any]:
        given = {"thresholds": self.thresholds[1:-1]} if self._given_thresholds else {}
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
            **given,
        }


def _inner_thresholds(count: int, thresholds: Sequence[float] | None) -> list[float]:
    """The thresholds between the first and the last."""
    if thresholds is not None:
        return sorted(float(threshold) for threshold in thresholds)
    if not is_int(count) or count <= 1:
        raise ValueError(f"num_thresholds must be an int of 2 or more, not {count!r}")
    return [step / (count - 1) for step in range(1, count - 1)]
