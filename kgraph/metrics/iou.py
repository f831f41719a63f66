"""Intersection over union of predicted and true classes, from their confusion matrix."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final

from kgraph import config, ops
from kgraph.arguments import ints, positive_int
from kgraph.losses.reduction import apply_mask, expand_to_rank, mask_of, with_mask
from kgraph.losses.targets import with_shape
from kgraph.metrics.counting import flat
from kgraph.metrics.metric import Metric
from kgraph.metrics.reduction_metrics import advance
from kgraph.ops.operands import TensorLike, rank_of, shape_of
from kgraph.tensor import apply, cast, named, operand_type
from kgraph.types import short_dtype

#: A class with no more weight than this, in targets and predictions together, has no part in the mean.
_ABSENT: Final = 1e-9


class IoU(Metric):
    """The mean over classes of ``TP / (TP + FP + FN)``; classes in neither targets nor predictions do not count.

    State: ``total_confusion_matrix`` of shape ``(num_classes, num_classes)``, targets by rows; int32 where no ``dtype``
    is given, so that fractional weights need one. Places where the target or the prediction is no class are left out.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes whose mean is taken.
        name: made from the class's name where not given.
        dtype: of the state.
        ignore_class: a target whose places are left out.
        sparse_y_true: whether targets are classes; else their largest along ``axis`` is.
        sparse_y_pred: whether predictions are classes; else their largest along ``axis`` is.
        axis: where the classes are.

    Raises:
        TypeError: ``target_class_ids`` are no ints.
        ValueError: ``num_classes`` is no positive int, or a target class is not in ``[0, num_classes)``.
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name=name, dtype=dtype or "int32")
        self.num_classes = positive_int("num_classes", num_classes)
        self.target_class_ids = list(ints("target_class_ids", target_class_ids))
        outside = [class_id for class_id in self.target_class_ids if not 0 <= class_id < num_classes]
        if outside:
            raise ValueError(f"target class id {outside[0]} is not in [0, {num_classes})")
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Counts a batch of targets and predictions of any shape; weights are for each place, or for each sample.

        Raises:
            ValueError: targets and predictions differ in size, or the weights do not fit them.
        """
        weights = self._weights(sample_weight, mask_of(y_pred))
        y_true = self._classes(y_true, self.sparse_y_true)
        y_pred = self._classes(y_pred, self.sparse_y_pred)
        if weights is not None:
            weights = flat(ops.broadcast_to(expand_to_rank(weights, rank_of(y_pred)), ops.shape(y_pred)))
        y_pred = flat(y_pred)
        y_true = with_shape("y_true", flat(y_true), shape_of(y_pred))
        counts = ops.logical_and(self._is_class(y_true), self._is_class(y_pred))
        if self.ignore_class is not None:
            counts = ops.logical_and(counts, ops.not_equal(y_true, self.ignore_class))
        counts = named(counts, "counts")
        advance(self.total_cm, self._confusion(y_true, y_pred, counts, weights))

    def _classes(self, x: TensorLike, sparse: bool) -> TensorLike:
        return cast(ops.convert_to_tensor(x if sparse else ops.argmax(x, axis=self.axis)), "i32")

    def _is_class(self, x: TensorLike) -> TensorLike:
        return ops.logical_and(ops.greater_equal(x, 0), ops.less(x, self.num_classes))

    def _weights(self, sample_weight: TensorLike | None, mask: Any) -> Any:
        """Weights and mask in the state's dtype; ``None`` where there are neither."""
        sample_weight = None if sample_weight is None else ops.convert_to_tensor(sample_weight)
        if sample_weight is not None and operand_type(sample_weight).is_float and self.dtype.startswith("int"):
            message = f"metric {self.name} counts in {self.dtype}: the fractions of its weights are dropped"
            warnings.warn(f"{message}. Give it dtype='float32' to keep them.", stacklevel=3)
        weights = apply_mask(sample_weight, mask, short_dtype(config.floatx()), "sum")
        return None if weights is None else cast(weights, short_dtype(self.dtype))

    def _confusion(self, y_true: TensorLike, y_pred: TensorLike, counts: TensorLike, weights: Any) -> TensorLike:
        """The confusion matrix of the places that count."""
        row, column = (ops.where(counts, x, 0) for x in (y_true, y_pred))
        cell = named(row * self.num_classes + column, "cell")
        amount = cast(counts, short_dtype(self.dtype))
        amount = amount if weights is None else named(ops.multiply(amount, weights), "amount")
        flat = apply("scatter_add", cell, amount, rows=self.num_classes**2)
        return named(apply("reshape", flat, shape=[self.num_classes, self.num_classes]), "confusion_matrix")

    def result(self) -> Any:
        """A scalar, of the default float where the state counts in ints; 0 before the first batch."""
        matrix = self.total_cm.value
        dtype = self.dtype if self.dtype.startswith("float") else config.floatx()
        by_target, by_prediction = (ops.cast(ops.sum(matrix, axis=axis), dtype) for axis in (1, 0))
        diagonal = [class_id * (self.num_classes + 1) for class_id in self.target_class_ids]
        hits = named(ops.cast(ops.take(matrix, diagonal), dtype), "true_positives")
        either = by_target + by_prediction
        union = named(ops.take(either, self.target_class_ids) - hits, "union")
        present = named(ops.greater(union, _ABSENT), "present")
        shares = named(ops.where(present, hits / (union + config.epsilon()), 0.0), "shares")
        return named(ops.sum(shares) / (ops.sum(ops.cast(present, dtype)) + config.epsilon()), "result")

    def get_config(self) -> dict[str, Any]:
        own = {"num_classes": self.num_classes, "target_class_ids": self.target_class_ids}
        options = {"ignore_class": self.ignore_class, "axis": self.axis}
        sparse = {"sparse_y_true": self.sparse_y_true, "sparse_y_pred": self.sparse_y_pred}
        return {**super().get_config(), **own, **options, **sparse}


class BinaryIoU(IoU):
    """``IoU`` of two classes, of which 1 is predicted from ``threshold`` on.

    Args:
        target_class_ids: which of the two: ``[0]``, ``[1]`` or both.
        threshold: predictions that are not below it are of class 1.
        name: made from the class's name where not given.
        dtype: of the state.
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Counts a batch of targets 0 or 1, and predictions of the same shape."""
        predicted = ops.cast(ops.greater_equal(ops.convert_to_tensor(y_pred), self.threshold), "int32")
        super().update_state(y_true, with_mask(named(predicted, "predicted"), mask_of(y_pred)), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**Metric.get_config(self), "target_class_ids": self.target_class_ids, "threshold": self.threshold}


class MeanIoU(IoU):
    """``IoU`` averaged over all classes."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        every = range(positive_int("num_classes", num_classes))
        super().__init__(num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return without(super().get_config(), "target_class_ids")


class OneHotIoU(IoU):
    """``IoU`` of one-hot targets, and predictions with a number for each class, or of classes (``sparse_y_pred``)."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return without(super().get_config(), "sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """``MeanIoU`` of one-hot targets, and predictions with a number for each class, or of classes."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        return without(super().get_config(), "sparse_y_true")


def without(described: dict[str, Any], argument: str) -> dict[str, Any]:
    """A config but for an argument that the class does not take."""
    return {name: value for name, value in described.items() if name != argument}
