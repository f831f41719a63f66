"""Losses of probabilities. Each takes one axis away: one value for each sample or timestep.

Probabilities are clipped to ``[epsilon, 1 - epsilon]`` with ``kgraph.config.epsilon()``; logits are not.
"""

from __future__ import annotations

from kgraph import ops
from kgraph.arguments import number
from kgraph.losses.reduction import with_mask
from kgraph.losses.targets import number_of_classes, paired, smoothed, with_shape
from kgraph.ops.operands import TensorLike, as_float, rank_of, shape_of
from kgraph.tensor import apply, named


def binary_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorLike:
    """``mean(-(t * log(p) + (1 - t) * log(1 - p)), axis)`` where ``p`` is ``y_pred``, or its sigmoid.

    Shapes ``(..., d), (..., d) -> (...)``.

    Args:
        from_logits: whether ``y_pred`` has yet to go through a sigmoid.
        label_smoothing: ``t`` is ``y_true * (1 - label_smoothing) + label_smoothing / 2``.
        axis: the axis to average.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    y_true, y_pred = paired(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 0.5)
    elements = named(ops.binary_crossentropy(y_true, y_pred, from_logits), "crossentropy")
    return named(ops.mean(elements, axis=axis), "per_sample")


def categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorLike:
    """``-sum(t * log(p), axis)`` where ``p`` is ``y_pred / sum(y_pred, axis)``, or the softmax of ``y_pred``.

    Shapes ``(..., c), (..., c) -> (...)``.

    Args:
        from_logits: whether ``y_pred`` has yet to go through a softmax.
        label_smoothing: ``t`` is ``y_true * (1 - label_smoothing) + label_smoothing / c``.
        axis: where the classes are.

    Raises:
        ValueError: the shapes differ, or ``c`` is unknown where labels are smoothed.
    """
    y_true, y_pred = paired(y_true, y_pred)
    if label_smoothing:
        y_true = smoothed(y_true, label_smoothing, 1.0 / number_of_classes(y_pred, axis))
    return named(ops.categorical_crossentropy(y_true, y_pred, from_logits, axis), "crossentropy")


def sparse_categorical_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> TensorLike:
    """``-log(p[y_true])`` where ``p`` is ``y_pred / sum(y_pred, axis)``, or the softmax of ``y_pred``.

    Shapes ``(...), (..., c) -> (...)``; ``y_true`` may have a last axis of 1 more.

    Args:
        y_true: class indices, of any dtype. One that is not a class is refused when the loss runs.
        from_logits: whether ``y_pred`` has yet to go through a softmax.
        ignore_class: a label whose places have loss 0, and no part in a mean: the result carries them as its mask.
        axis: where the classes are in ``y_pred``.

    Raises:
        ValueError: the shapes differ, or ``c`` is unknown.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), as_float(ops.convert_to_tensor(y_pred))
    if rank_of(y_true) == rank_of(y_pred) and shape_of(y_true)[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    if ignore_class is None:
        return named(ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis), "crossentropy")
    counts = named(ops.not_equal(y_true, ignore_class), "counts")
    labels = ops.where(counts, y_true, 0)
    # Ones in place of predictions that are ignored: whatever those were, NaN too, reaches neither loss nor gradient.
    y_pred = ops.where(ops.expand_dims(counts, axis), y_pred, 1.0)
    values = named(ops.sparse_categorical_crossentropy(labels, y_pred, from_logits, axis), "crossentropy")
    return with_mask(named(ops.where(counts, values, 0.0), "per_sample"), counts)


def categorical_generalized_cross_entropy(y_true: TensorLike, y_pred: TensorLike, q: float) -> TensorLike:
    """``(1 - p[y_true]^q) / q``, for labels that may be wrong: cross-entropy as ``q`` nears 0, absolute error as 1.

    Shapes ``(...), (..., c) -> (...)``; ``y_true`` may have a last axis of 1 more.

    Args:
        y_true: class indices, of any dtype. One that is not a class is refused when the loss runs.
        y_pred: probabilities.
        q: between 0 and 1.

    Raises:
        ValueError: ``q`` is not, the shapes differ, or ``c`` is unknown.
    """
    check_between_0_and_1("q", q)
    y_true, y_pred = ops.convert_to_tensor(y_true), as_float(ops.convert_to_tensor(y_pred))
    if rank_of(y_true) == rank_of(y_pred) - 1:
        y_true = ops.expand_dims(y_true, -1)
    y_true = with_shape("y_true", y_true, (*shape_of(y_pred)[:-1], 1))
    index = apply("class_index", y_true, classes=number_of_classes(y_pred, -1))
    probability = named(ops.squeeze(ops.take_along_axis(y_pred, index, axis=-1), -1), "probability")
    return named(ops.divide(ops.subtract(1.0, ops.power(probability, q)), q), "per_sample")


def check_between_0_and_1(name: str, value: float) -> None:
    """Refuses what is not inside the interval.

    Raises:
        ValueError: ``value`` is 0 or below, or 1 or above.
    """
    if not 0 < number(name, value) < 1:
        raise ValueError(f"{name} must be above 0 and below 1, not {value!r}")
