"""Counts of right and wrong yes-or-no predictions at thresholds, and the metrics that are quotients of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from kgraph import config, dims, ops
from kgraph.broadcasting import shape_text
from kgraph.losses.reduction import apply_mask, expand_to_rank, mask_of, squeeze_or_expand_to_same_rank
from kgraph.losses.targets import with_shape
from kgraph.metrics.metric import Metric
from kgraph.metrics.reduction_metrics import advance
from kgraph.ops.operands import TensorLike, rank_of, shape_of
from kgraph.opset.metrics import even_thresholds
from kgraph.tensor import apply, cast, named
from kgraph.types import short_dtype
from kgraph.variable import Variable

#: The rows of the op ``confusion_at_thresholds``.
COUNTS: Final = ("true_positives", "false_positives", "true_negatives", "false_negatives")
#: What predictions outside the ``k`` best become: below every threshold but the default one of ``top_k``, which it is.
BELOW_ALL: Final = -1e10


def confusion_counts(
    y_true: TensorLike,
    y_pred: TensorLike,
    weights: TensorLike | None,
    thresholds: Sequence[float],
    per_label: bool = False,
) -> Mapping[str, TensorLike]:
    """Weighted counts by the names in ``COUNTS``: a prediction is positive where it is above the threshold.

    Shapes ``(...), (...), (...) -> (k,)``; with ``per_label``, ``(n, labels), ... -> (k, labels)``.
    """
    if weights is None:
        weights = ops.ones_like(y_pred)
    operands = [y_true, y_pred, weights]
    if per_label:
        columns = [_counts([x[:, i] for x in operands], thresholds) for i in range(int(shape_of(y_pred)[1]))]
        counts = named(ops.stack(columns, axis=-1), "counts")
    else:
        counts = _counts([_flat(x) for x in operands], thresholds)
    return {name: named(counts[row], name) for row, name in enumerate(COUNTS)}


def share_of(part: str, rest: str, counts: Mapping[str, Variable]) -> TensorLike:
    """``part / (part + rest)``; 0 where both are."""
    return ops.divide_no_nan(counts[part], counts[part] + counts[rest])


def _flat(x: TensorLike) -> TensorLike:
    return x if rank_of(x) == 1 else apply("reshape", x, shape=[dims.product(shape_of(x))])


def _counts(operands: Sequence[TensorLike], thresholds: Sequence[float]) -> TensorLike:
    """``(4, k)`` for vectors of targets, predictions and weights."""
    count = len(thresholds)
    even = count >= 2 and list(thresholds) == even_thresholds(count)
    given: dict[str, Any] = {"even": count} if even else {"thresholds": list(thresholds)}
    return named(apply("confusion_at_thresholds", *operands, **given), "counts")


def aligned(
    y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None, dtype: str
) -> tuple[TensorLike, TensorLike, TensorLike | None]:
    """All three as ``dtype`` in the shape of the prediction. The weights take in its mask, and are spread over labels.

    Raises:
        ValueError: target and prediction differ in shape by more than a last axis of 1.
    """
    short = short_dtype(dtype)
    sample_weight = apply_mask(sample_weight, mask_of(y_pred), short, "sum")
    y_true, y_pred = (cast(ops.convert_to_tensor(x), short) for x in (y_true, y_pred))
    y_pred, y_true = squeeze_or_expand_to_same_rank(y_pred, y_true)
    y_true = with_shape("y_true", y_true, shape_of(y_pred))
    if sample_weight is not None:
        sample_weight = cast(ops.convert_to_tensor(sample_weight), short)
        if rank_of(sample_weight) == rank_of(y_pred) + 1:
            sample_weight = ops.squeeze(sample_weight, -1)
        sample_weight = ops.broadcast_to(expand_to_rank(sample_weight, rank_of(y_pred)), ops.shape(y_pred))
    return y_true, y_pred, sample_weight


def is_evenly_spaced(thresholds: Sequence[float]) -> bool:
    """Whether there are three thresholds or more, in equal steps from 0 to 1."""
    count = len(thresholds)
    return count >= 3 and np.allclose(thresholds, np.linspace(0.0, 1.0, count), atol=config.epsilon())


def parse_thresholds(thresholds: float | Sequence[float] | None, default: float) -> list[float]:
    """``thresholds`` as a list; ``[default]`` for ``None``.

    Raises:
        ValueError: one is not in [0, 1].
    """
    if thresholds is None:
        return [default]
    listed = [thresholds] if isinstance(thresholds, (int, float)) else list(thresholds)
    outside = [threshold for threshold in listed if threshold is None or not 0 <= threshold <= 1]
    if outside:
        raise ValueError(f"thresholds must be from 0 to 1, not {', '.join(map(repr, outside))}")
    return [float(threshold) for threshold in listed]


class CountingMetric(Metric):
    """A metric whose state is some of ``COUNTS``, each an attribute of its name."""

    def _add_counts(self, names: Sequence[str], shape: Sequence[int]) -> None:
        self._counts = {name: self.add_variable(shape, name=name) for name in names}
        for name, variable in self._counts.items():
            setattr(self, name, variable)

    def _advance_counts(self, counts: Mapping[str, TensorLike]) -> None:
        for name, variable in self._counts.items():
            advance(variable, counts[name])


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
            y_true, y_pred, sample_weight = (self._of_class(x) for x in (y_true, y_pred, sample_weight))
        if is_evenly_spaced(self.thresholds):
            y_pred = ops.clip(y_pred, 0.0, 1.0)
        self._advance_counts(confusion_counts(y_true, y_pred, sample_weight, self.thresholds))

    def _of_class(self, x: TensorLike | None) -> Any:
        if x is not None and rank_of(x) < 2:
            given = shape_text(shape_of(x))
            raise ValueError(f"metric {self.name}: class_id needs y_pred of shape (n, classes), not {given}")
        return None if x is None else x[..., self.class_id]

    def _scalar_if_one(self, x: TensorLike) -> Any:
        """``x`` for several thresholds, its only element for one."""
        return named(x[0], "result") if len(self.thresholds) == 1 else x

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

    counted = ("true_positives", "false_positives")

    def result(self) -> Any:
        """A scalar for one threshold, else a value for each."""
        return self._scalar_if_one(share_of("true_positives", "false_positives", self._counts))


class Recall(ConfusionMetric):
    """The share of positive targets that are found: ``TP / (TP + FN)``; 0 where there are none."""

    counted = ("true_positives", "false_negatives")

    def result(self) -> Any:
        """A scalar for one threshold, else a value for each."""
        return self._scalar_if_one(share_of("true_positives", "false_negatives", self._counts))


class _Count(ConfusionMetric):
    """One of the four counts."""

    def __init__(
        self, thresholds: float | Sequence[float] | None = None, name: str | None = None, dtype: Any = None
    ) -> None:
        super().__init__(thresholds=thresholds, name=name, dtype=dtype)

    def result(self) -> Any:
        """A scalar for one threshold, else a value for each."""
        return self._scalar_if_one(self._counts[self.counted[0]].value)

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
