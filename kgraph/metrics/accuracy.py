"""How often predictions are right. The functions give 1 or 0 for each prediction, as the default float."""

from __future__ import annotations

from typing import Any

from kgraph import config, dims, ops
from kgraph.losses.reduction import squeeze_or_expand_to_same_rank
from kgraph.losses.targets import with_shape
from kgraph.metrics.reduction_metrics import MeanMetricWrapper
from kgraph.ops.operands import TensorLike, as_float, rank_of, shape_of
from kgraph.tensor import apply, cast, named
from kgraph.types import short_dtype


def _matches(hits: TensorLike) -> TensorLike:
    return named(cast(hits, short_dtype(config.floatx())), "matches")


def _of_equal_rank(y_true: TensorLike, y_pred: TensorLike) -> tuple[TensorLike, TensorLike]:
    y_true, y_pred = squeeze_or_expand_to_same_rank(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    return with_shape("y_true", y_true, shape_of(y_pred)), y_pred


def accuracy(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """Whether ``y_pred`` equals ``y_true``. Shapes ``(...), (...) -> (...)``."""
    y_true, y_pred = _of_equal_rank(y_true, y_pred)
    return _matches(ops.equal(y_true, y_pred))


def binary_accuracy(y_true: TensorLike, y_pred: TensorLike, threshold: float = 0.5) -> TensorLike:
    """Whether ``y_pred > threshold`` is what ``y_true`` says. Shapes ``(...), (...) -> (...)``."""
    y_true, y_pred = _of_equal_rank(y_true, y_pred)
    positive = named(ops.greater(y_pred, threshold), "positive")
    return _matches(ops.equal(as_float(y_true), as_float(positive)))


def categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """Whether the largest of ``y_pred`` stands where the largest of ``y_true`` does.

    Shapes ``(..., c), (..., c) -> (...)``.
    """
    return _matches(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)))


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """Whether the largest of ``y_pred`` stands at the class ``y_true``.

    Shapes ``(...), (..., c) -> (...)``; ``y_true`` may have a last axis of 1 more.
    """
    y_true = _labels(y_true, y_pred)
    return _matches(ops.equal(y_true, ops.argmax(y_pred, axis=-1)))


def top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> TensorLike:
    """Whether the largest of ``y_true`` stands at one of the ``k`` largest of ``y_pred``.

    Shapes ``(..., c), (..., c) -> (...)``.
    """
    return _in_top_k(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: TensorLike, y_pred: TensorLike, k: int = 5, from_sorted_ids: bool = False
) -> TensorLike:
    """Whether the class ``y_true`` is one of the ``k`` largest of ``y_pred``.

    Shapes ``(...), (..., c) -> (...)``; ``y_true`` may have a last axis of 1 more.

    Args:
        from_sorted_ids: whether ``y_pred`` holds classes, the best first, rather than a number for each class.
    """
    y_true = _labels(y_true, y_pred)
    if from_sorted_ids:
        hits = ops.equal(ops.expand_dims(y_true, -1), ops.convert_to_tensor(y_pred)[..., :k])
        return _matches(ops.any(hits, axis=-1))
    return _in_top_k(y_true, y_pred, k)


def _labels(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``y_true`` in the shape of ``y_pred`` without its last axis."""
    y_true = ops.convert_to_tensor(y_true)
    if rank_of(y_true) == rank_of(y_pred) and shape_of(y_true)[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    return with_shape("y_true", y_true, shape_of(y_pred)[:-1])


def _in_top_k(labels: TensorLike, y_pred: TensorLike, k: int) -> TensorLike:
    y_pred = as_float(ops.convert_to_tensor(y_pred))
    rows = dims.product(shape_of(labels))
    flat_labels = apply("reshape", cast(labels, "i32"), shape=[rows])
    flat_pred = apply("reshape", y_pred, shape=[rows, shape_of(y_pred)[-1]])
    hits = apply("in_top_k", flat_labels, flat_pred, k=k)
    return _matches(apply("reshape", hits, shape=list(shape_of(labels))))


class Accuracy(MeanMetricWrapper):
    """The share of predictions that equal their target. See ``accuracy``."""

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """The share of predictions on the right side of ``threshold``. See ``binary_accuracy``."""

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


class CategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose class is predicted, targets one-hot. See ``categorical_accuracy``."""

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose class is predicted, targets class indices. See ``sparse_categorical_accuracy``."""

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples with their class among the ``k`` best. See ``top_k_categorical_accuracy``."""

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples with their class among the ``k`` best. See ``sparse_top_k_categorical_accuracy``."""

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
        self.k, self.from_sorted_ids = k, from_sorted_ids
