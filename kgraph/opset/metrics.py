"""Counts that metrics are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, OpError, define, draw, sample
from kgraph.types import TensorType

#: Thresholds in one unit of work, at most what ``csrc/kinds/metrics_template.h`` has room for.
_UNIT_THRESHOLDS: Final = 512


def _confusion_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    if any(threshold != threshold for threshold in attrs["thresholds"]):
        raise OpError("a threshold is NaN")
    return (4, len(attrs["thresholds"]))


def _lower_confusion(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    thresholds = attrs["thresholds"]
    order = sorted(range(len(thresholds)), key=thresholds.__getitem__)
    units = -(-len(order) // _UNIT_THRESHOLDS)
    ints = (inputs[0].known_shape[0], len(order), _UNIT_THRESHOLDS, *order)
    return Call(f"confusion_at_thresholds_{output.dtype}", units, 1, ints, tuple(float(thresholds[i]) for i in order))


def _confusion(y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray, *, thresholds: list[float]) -> np.ndarray:
    positive = y_pred > np.asarray(thresholds, y_pred.dtype)[:, None]
    true = y_true != 0
    rows = (positive & true, positive & ~true, ~positive & ~true, ~positive & true)
    return np.stack([(row * weights.astype(np.float64)).sum(1) for row in rows]).astype(y_pred.dtype)


define(
    "confusion_at_thresholds(y_true: T[n], y_pred: T[n], weights: T[n]; thresholds: floats) -> T[?]",
    "Sums of weights in rows TP, FP, TN, FN, one column for each threshold. A prediction is positive where it is above "
    "the threshold, a target where it is not 0; a NaN prediction is negative.",
    infer=_confusion_type,
    lower=_lower_confusion,
    reference=_confusion,
    samples=(
        sample(draw(40, low=0, high=2), draw(40, low=0, high=1), draw(40, low=0, high=2), thresholds=[0.5]),
        sample(
            draw(300, low=-1, high=1),
            draw(300, low=0, high=1),
            draw(300, low=0, high=1),
            thresholds=[0.9, -1e-7, 0.1, 0.5, 1.0000001, 0.5, 0.3],
        ),
        sample(draw(60), draw(60, low=0, high=1), draw(60, low=0, high=1), thresholds=[i / 1300 for i in range(1300)]),
        sample(draw(1), draw(1), draw(1), thresholds=[0.0, 1.0]),
        sample(draw(0), draw(0), draw(0), thresholds=[0.5, 0.7]),
        sample(draw(3), draw(3), draw(3), thresholds=[]),
    ),
)
