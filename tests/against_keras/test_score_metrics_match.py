"""Metrics that are no means over samples: R², F scores, intersection over union, the best of one rate at another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(15)
SIZES = (16, 1, 16)


def probabilities(size):
    target = RNG.integers(0, 2, (size, 3)).astype("float32")
    return target, (0.4 * target + 0.6 * RNG.uniform(0, 1, (size, 3))).astype("float32")


def column(size):
    target, prediction = probabilities(size)
    return target[:, :1], prediction[:, :1]


def one_hot(size):
    return np.eye(3, dtype="float32")[RNG.integers(0, 3, size)], probabilities(size)[1]


def real(size):
    target = RNG.normal(size=(size, 3)).astype("float32")
    return target, (target + 0.5 * RNG.normal(size=(size, 3))).astype("float32")


def classes(size):
    return RNG.integers(0, 3, (size, 2)), RNG.integers(0, 3, (size, 2))


def scores_of_classes(size):
    return RNG.integers(0, 3, (size, 2)), RNG.uniform(0, 1, (size, 2, 3)).astype("float32")


AT = {
    "SensitivityAtSpecificity": "specificity",
    "SpecificityAtSensitivity": "sensitivity",
    "PrecisionAtRecall": "recall",
    "RecallAtPrecision": "precision",
}

#: name, options, data
CASES = [
    *[
        ("R2Score", {"class_aggregation": aggregation, "num_regressors": regressors}, real)
        for aggregation in (None, "uniform_average", "variance_weighted_average")
        for regressors in (0, 2)
    ],
    *[
        ("FBetaScore", {"average": average, "beta": beta, "threshold": threshold}, probabilities)
        for average, (beta, threshold) in itertools.product(
            (None, "micro", "macro", "weighted"), ((0.5, None), (2.0, 0.6))
        )
    ],
    *[("F1Score", {"average": average}, one_hot) for average in (None, "micro", "macro", "weighted")],
    *[(name, {bound: value}, column) for name, bound in AT.items() for value in (0.0, 0.45, 0.8)],
    *[(name, {bound: 0.4, "class_id": 1}, probabilities) for name, bound in AT.items()],
    *[(name, {bound: 0.3, "num_thresholds": count}, column) for name, bound in AT.items() for count in (1, 2, 8)],
    ("IoU", {"num_classes": 3, "target_class_ids": [0, 2]}, classes),
    ("IoU", {"num_classes": 3, "target_class_ids": [1], "ignore_class": 0}, classes),
    ("IoU", {"num_classes": 2, "target_class_ids": (1,)}, classes),
    ("MeanIoU", {"num_classes": 3}, classes),
    ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False}, scores_of_classes),
    ("MeanIoU", {"num_classes": 3, "ignore_class": 1, "sparse_y_pred": False}, scores_of_classes),
    ("OneHotIoU", {"num_classes": 3, "target_class_ids": [0, 1]}, one_hot),
    ("OneHotMeanIoU", {"num_classes": 3}, one_hot),
    ("BinaryIoU", {}, column),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.7}, column),
]
IDS = [f"{name}-{index}" for index, (name, _, _) in enumerate(CASES)]


def weights_for(name, target):
    """One for each sample; IoU takes one for each place, and whole ones."""
    if "IoU" in name:
        shape = target.shape[:1] if name.startswith("OneHot") else target.shape
        return RNG.integers(0, 4, shape).astype("int32")
    return RNG.uniform(0, 2, len(target)).astype("float32")


@pytest.mark.filterwarnings("ignore:More independent predictors")
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("name", "options", "data"), CASES, ids=IDS)
def test_a_score_follows_that_of_keras_over_batches(name, options, data, weighted):
    ours, theirs = (getattr(side.metrics, name)(**options) for side in (kgraph, keras))
    for size in SIZES:
        batch = data(size)
        batch = (*batch, weights_for(name, batch[0])) if weighted else batch
        ours.update_state(*batch)
        theirs.update_state(*batch)
        assert_same(ours.result(), theirs.result(), rtol=2e-4)
    for mine, other in zip(ours.variables, theirs.variables, strict=True):
        # Keras takes negatives as a difference of sums, which leaves what float32 rounds off.
        assert_same(mine, other, atol=2e-5)
    ours.reset_state()
    theirs.reset_state()
    batch = data(SIZES[0])
    assert_same(ours(*batch), theirs(*batch), rtol=2e-4)


@pytest.mark.parametrize("name", ["R2Score", "F1Score", "MeanIoU", *AT])
def test_a_score_with_all_weights_zero_is_that_of_keras(name):
    options = {"MeanIoU": {"num_classes": 3}, **{name: {bound: 0.0} for name, bound in AT.items()}}.get(name, {})
    target, prediction = classes(6) if name == "MeanIoU" else probabilities(6)
    batch = target, prediction, np.zeros(target.shape if name == "MeanIoU" else 6, "int32")
    ours, theirs = (getattr(side.metrics, name)(**options) for side in (kgraph, keras))
    assert_same(ours(*batch), theirs(*batch))


def test_scores_of_targets_that_do_not_vary_are_those_of_keras():
    target = np.ones((4, 2), "float32")
    for prediction in (target, target + np.array([0, 1], "float32")):
        ours, theirs = (side.metrics.R2Score(None)(target, prediction) for side in (kgraph, keras))
        assert_same(ours, theirs)


def test_an_iou_in_floats_takes_fractions_of_weights():
    ours, theirs = (side.metrics.MeanIoU(3, dtype="float32") for side in (kgraph, keras))
    for size in SIZES:
        batch = classes(size)
        weights = RNG.uniform(0, 2, batch[0].shape).astype("float32")
        assert_same(ours(*batch, weights), theirs(*batch, weights))


@pytest.mark.parametrize("side", [kgraph, keras], ids=["kgraph", "keras"])
def test_fractions_of_weights_are_dropped_by_an_iou_in_ints_with_a_warning(side):
    target, prediction = np.array([0, 1, 1]), np.array([0, 1, 0])
    with pytest.warns(UserWarning):
        result = side.metrics.MeanIoU(2)(target, prediction, np.array([1.9, 2.9, 1.5], "float32"))
    assert_same(result, np.float32((1 / 2 + 2 / 3) / 2))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("FBetaScore", {"average": "mean"}),
        ("FBetaScore", {"beta": 2}),
        ("FBetaScore", {"beta": -1.0}),
        ("FBetaScore", {"threshold": 1}),
        ("FBetaScore", {"threshold": 1.5}),
        ("R2Score", {"class_aggregation": "sum"}),
        ("R2Score", {"num_regressors": -1}),
        ("IoU", {"num_classes": 2, "target_class_ids": [2]}),
        *[(name, {bound: 1.5}) for name, bound in AT.items()],
        *[(name, {bound: 0.5, "num_thresholds": 0}) for name, bound in AT.items()],
    ],
)
def test_both_refuse_what_no_score_can_be(name, options):
    for side in (kgraph, keras):
        with pytest.raises(ValueError):
            getattr(side.metrics, name)(**options)
