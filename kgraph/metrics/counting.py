"""Counts of right and wrong yes-or-no predictions at thresholds, and quotients of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

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

#: Four counts by their names.
Counts = Mapping[str, Variable]

#: The rows of the op ``confusion_at_thresholds``.
COUNTS: Final = ("true_positives", "false_positives", "true_negatives", "false_negatives")
#: Quotients ``a / (a + b)`` of two counts ``a``, ``b``.
RATES: Final[Mapping[str, tuple[str, str]]] = {
    "precision": ("true_positives", "false_positives"),
    "recall": ("true_positives", "false_negatives"),
    "sensitivity": ("true_positives", "false_negatives"),
    "specificity": ("true_negatives", "false_positives"),
    "false_positive_rate": ("false_positives", "true_negatives"),
}


def rate(name: str, counts: Counts) -> TensorLike:
    """The quotient that ``RATES`` calls ``name``; 0 where both of its counts are."""
    part, rest = (counts[count] for count in RATES[name])
    return named(ops.divide_no_nan(part, part + rest), name)


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
        counts = _counts([flat(x) for x in operands], thresholds)
    return {name: named(counts[row], name) for row, name in enumerate(COUNTS)}


def flat(x: TensorLike) -> TensorLike:
    """``x`` as a vector."""
    return x if rank_of(x) == 1 else apply("reshape", x, shape=[dims.product(shape_of(x))])


def _counts(operands: Sequence[TensorLike], thresholds: Sequence[float]) -> TensorLike:
    """``(4, k)`` for vectors of targets, predictions and weights."""
    count = len(thresholds)
    given: dict[str, Any] = {"thresholds": list(thresholds)}
    if count >= 2 and list(thresholds) == even_thresholds(count, margin=-thresholds[0]):
        given = {"even": count, "margin": abs(thresholds[0])}
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


def columns_of(who: str, y_pred: TensorLike, columns: str) -> int:
    """How many columns ``y_pred`` has. Messages call them ``columns``, and ``who`` asks for them.

    Raises:
        ValueError: ``y_pred`` is no matrix, or the number is not known.
    """
    shape = shape_of(y_pred)
    if len(shape) != 2 or not isinstance(shape[1], int):
        raise ValueError(f"{who} needs y_pred of shape (n, {columns}), not {shape_text(shape)}")
    return shape[1]


def is_evenly_spaced(thresholds: Sequence[float]) -> bool:
    """Whether there are three thresholds or more, in equal steps from 0 to 1."""
    count = len(thresholds)
    return count >= 3 and np.allclose(thresholds, np.linspace(0.0, 1.0, count), atol=config.epsilon())


class CountingMetric(Metric):
    """A metric whose state is counts, each an attribute of its name."""

    def _add_counts(self, names: Sequence[str], shape: Sequence[int]) -> None:
        self._counts = {name: self.add_variable(shape, name=name) for name in names}
        for name, variable in self._counts.items():
            setattr(self, name, variable)

    def _advance_counts(self, counts: Mapping[str, TensorLike]) -> None:
        for name, variable in self._counts.items():
            advance(variable, counts[name])

    def _of_class(self, class_id: int, *tensors: TensorLike | None) -> list[Any]:
        """``tensors`` at one place of their last axis.

        Raises:
            ValueError: they have one axis alone, or fewer classes.
        """
        for shape in (shape_of(x) for x in tensors if x is not None):
            given = shape_text(shape)
            if len(shape) < 2:
                raise ValueError(f"metric {self.name}: class_id needs y_pred of shape (n, classes), not {given}")
            if isinstance(shape[-1], int) and not -shape[-1] <= class_id < shape[-1]:
                raise ValueError(f"metric {self.name}: there is no class_id {class_id} in y_pred of shape {given}")
        return [None if x is None else x[..., class_id] for x in tensors]
