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


def even_thresholds(count: int, margin: float = 1e-7) -> list[float]:
    """``count`` thresholds in equal steps, from ``margin`` below 0 to ``margin`` above 1."""
    inner = [step / (count - 1) for step in range(1, count - 1)]
    return [-margin, *inner, 1.0 + margin]


def _thresholds(attrs: Attrs) -> list[float]:
    return even_thresholds(attrs["even"], attrs["margin"]) if attrs["even"] else attrs["thresholds"]


def _confusion_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    if attrs["even"] and (attrs["thresholds"] or attrs["even"] < 2):
        raise OpError("even is a number of thresholds from 2 up, in place of thresholds")
    if any(threshold != threshold for threshold in attrs["thresholds"]):
        raise OpError("a threshold is NaN")
    return (4, attrs["even"] or len(attrs["thresholds"]))


def _lower_confusion(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    thresholds = _thresholds(attrs)
    order = sorted(range(len(thresholds)), key=thresholds.__getitem__)
    units = -(-len(order) // _UNIT_THRESHOLDS)
    ints = (inputs[0].known_shape[0], len(order), _UNIT_THRESHOLDS, *order)
    return Call(f"confusion_at_thresholds_{output.dtype}", units, 1, ints, tuple(float(thresholds[i]) for i in order))


def _confusion(
    y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray, *, thresholds: list[float], even: int, margin: float
) -> np.ndarray:
    columns = _thresholds({"thresholds": thresholds, "even": even, "margin": margin})
    positive = y_pred > np.asarray(columns, y_pred.dtype)[:, None]
    true = y_true != 0
    rows = (positive & true, positive & ~true, ~positive & ~true, ~positive & true)
    return np.stack([(row * weights.astype(np.float64)).sum(1) for row in rows]).astype(y_pred.dtype)


define(
    "confusion_at_thresholds(y_true: T[n], y_pred: T[n], weights: T[n]; thresholds: floats = [], even: int = 0,"
    " margin: float = 1e-7) -> T[?]",
    "Sums of weights in rows TP, FP, TN, FN, one column for each threshold. A prediction is positive where it is above "
    "the threshold, a target where it is not 0; a NaN prediction is negative. `even=k` stands for k thresholds in "
    "equal steps from `margin` below 0 to `margin` above 1.",
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
        sample(draw(50, low=0, high=2), draw(50, low=0, high=1), draw(50, low=0, high=2), even=20),
        sample(draw(50, low=0, high=2), draw(50, low=0, high=1), draw(50, low=0, high=2), even=20, margin=0.0),
    ),
)
