"""Cross-entropies that look away from what is predicted well: each term times ``(1 - p)^gamma`` (Lin et al. 2018).

Probabilities are clipped to ``[epsilon, 1 - epsilon]`` with ``kgraph.config.epsilon()``.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgraph import config, ops
from kgraph.losses.targets import number_of_classes, paired, smoothed
from kgraph.ops.operands import TensorLike
from kgraph.tensor import named


def binary_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorLike:
    """The mean of ``(1 - q)^gamma * binary_crossentropy(t, p)`` along ``axis``.

    ``q = t * p + (1 - t) * (1 - p)``, where ``p`` is ``y_pred``, or its sigmoid.

    Shapes ``(..., d), (..., d) -> (...)``.

    Args:
        apply_class_balancing: whether terms are multiplied by ``t * alpha + (1 - t) * (1 - alpha)`` besides.
        alpha: the weight of the class 1; that of the class 0 is ``1 - alpha``.
        gamma: how fast well predicted targets lose their weight; 0 leaves it to all.
        from_logits: whether ``y_pred`` has yet to go through a sigmoid.
        label_smoothing: ``t`` is ``y_true * (1 - label_smoothing) + label_smoothing / 2``.
        axis: the axis to average.

    Raises:
        ValueError: the shapes differ by more than a last axis of 1.
    """
    y_true, y_pred = paired(y_true, y_pred)
    y_true = smoothed(y_true, label_smoothing, 0.5)
    if from_logits:
        y_pred = named(ops.sigmoid(y_pred), "probability")
    elements = named(ops.binary_crossentropy(y_true, y_pred), "crossentropy")
    missed = ops.add(ops.multiply(y_true, ops.subtract(1.0, y_pred)), ops.multiply(ops.subtract(1.0, y_true), y_pred))
    elements = _focused(elements, named(missed, "missed"), gamma)
    if apply_class_balancing:
        balance = ops.add(ops.multiply(y_true, alpha), ops.multiply(ops.subtract(1.0, y_true), 1.0 - alpha))
        elements = named(ops.multiply(named(balance, "balance"), elements), "balanced")
    return named(ops.mean(elements, axis=axis), "per_sample")


def categorical_focal_crossentropy(
    y_true: TensorLike,
    y_pred: TensorLike,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> TensorLike:
    """``-sum(alpha * (1 - p)^gamma * t * log(p), axis)`` where ``p`` is ``y_pred / sum(y_pred)``, or its softmax.

    Shapes ``(..., c), (..., c) -> (...)``.

    Args:
        alpha: the weight of all classes, or a list with one for each.
        gamma: how fast well predicted classes lose their weight; 0 leaves it to all.
        from_logits: whether ``y_pred`` has yet to go through a softmax.
        label_smoothing: ``t`` is ``y_true * (1 - label_smoothing) + label_smoothing / c``.
        axis: where the classes are.

    Raises:
        ValueError: the shapes differ, or ``c`` is unknown where labels are smoothed.
    """
    y_true, y_pred = paired(y_true, y_pred)
    if label_smoothing:
        y_true = smoothed(y_true, label_smoothing, 1.0 / number_of_classes(y_pred, axis))
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    share = ops.divide(y_pred, ops.sum(y_pred, axis=axis, keepdims=True))
    share = named(ops.clip(share, config.epsilon(), 1.0 - config.epsilon()), "share")
    elements = named(ops.negative(ops.multiply(y_true, ops.log(share))), "crossentropy")
    elements = ops.multiply(_focused(elements, ops.subtract(1.0, share), gamma), alpha)
    return named(ops.sum(elements, axis=axis), "per_sample")


def _focused(elements: TensorLike, missed: TensorLike, gamma: float) -> TensorLike:
    # At 0 the power is 1 with a slope of 0, where the slope of a power would be 0 times infinity.
    return named(ops.multiply(ops.power(missed, gamma), elements), "focused") if gamma else elements
