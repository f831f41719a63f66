"""How often predictions are right. The functions give 1 or 0 for each prediction, as the default float."""

from __future__ import annotations

from kgraph import config, dims, ops
from kgraph.losses.reduction import squeeze_or_expand_to_same_rank
from kgraph.losses.targets import with_shape
from kgraph.metrics.reduction_metrics import MeanMetricWrapper, mean_of
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

    Raises:
        ValueError: the shapes differ.
    """
    return _matches(ops.equal(_largest(y_true, y_pred), ops.argmax(y_pred, axis=-1)))


def sparse_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """Whether the largest of ``y_pred`` stands at the class ``y_true``.

    Shapes ``(...), (..., c) -> (...)``; ``y_true`` may have a last axis of 1 more.
    """
    y_true = _labels(y_true, y_pred)
    return _matches(ops.equal(y_true, ops.argmax(y_pred, axis=-1)))


def top_k_categorical_accuracy(y_true: TensorLike, y_pred: TensorLike, k: int = 5) -> TensorLike:
    """Whether the largest of ``y_true`` stands at one of the ``k`` largest of ``y_pred``.

    Shapes ``(..., c), (..., c) -> (...)``.

    Raises:
        ValueError: the shapes differ.
    """
    return _in_top_k(_largest(y_true, y_pred), y_pred, k)


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


def _largest(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """Where the largest of ``y_true`` stands, once it has the shape of ``y_pred``."""
    return ops.argmax(with_shape("y_true", ops.convert_to_tensor(y_true), shape_of(y_pred)), axis=-1)


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

    __init__ = mean_of(accuracy)


class BinaryAccuracy(MeanMetricWrapper):
    """The share of predictions on the right side of ``threshold``. See ``binary_accuracy``."""

    __init__ = mean_of(binary_accuracy, "name dtype threshold")


class CategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose class is predicted, targets one-hot. See ``categorical_accuracy``."""

    __init__ = mean_of(categorical_accuracy)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples whose class is predicted, targets class indices. See ``sparse_categorical_accuracy``."""

    __init__ = mean_of(sparse_categorical_accuracy)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples with their class among the ``k`` best. See ``top_k_categorical_accuracy``."""

    __init__ = mean_of(top_k_categorical_accuracy, "k name dtype")


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """The share of samples with their class among the ``k`` best. See ``sparse_top_k_categorical_accuracy``."""

    __init__ = mean_of(sparse_top_k_categorical_accuracy, "k name dtype from_sorted_ids")
