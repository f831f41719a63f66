"""Intersection over union, against sets counted in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import BINARY, CLASSES, LABELS, RNG, SCORES, both_ways, halves

from kgraph import metrics

PREDICTED = CLASSES.argmax(1)
COUNTS = RNG.integers(0, 4, len(LABELS)).astype("int32")


def shares(target, prediction, classes, weights=None):
    """For each class, the weight where both have it over the weight where one has; NaN where none has."""
    weights = np.ones(len(target)) if weights is None else weights
    both = [weights[(target == c) & (prediction == c)].sum() for c in range(classes)]
    either = [weights[(target == c) | (prediction == c)].sum() for c in range(classes)]
    with np.errstate(invalid="ignore"):
        return np.array(both) / np.array(either)


@pytest.mark.parametrize("weights", [None, COUNTS], ids=["unweighted", "weighted"])
def test_the_share_of_each_class_is_its_intersection_over_its_union(weights):
    each = shares(LABELS, PREDICTED, 5, weights)
    batches = halves(LABELS, PREDICTED) if weights is None else halves(LABELS, PREDICTED, weights)
    np.testing.assert_allclose(both_ways(metrics.MeanIoU(5), *batches), each.mean(), rtol=1e-6)
    np.testing.assert_allclose(both_ways(metrics.IoU(5, [3]), *batches), each[3], rtol=1e-6)
    np.testing.assert_allclose(both_ways(metrics.IoU(5, (0, 4)), *batches), each[[0, 4]].mean(), rtol=1e-6)


@pytest.mark.parametrize("cls", [metrics.OneHotMeanIoU, lambda n: metrics.OneHotIoU(n, range(n))])
def test_one_hot_targets_and_a_number_for_each_class_are_classes(cls):
    one_hot = np.eye(5, dtype="float32")[LABELS]
    expected = np.mean(shares(LABELS, PREDICTED, 5))
    np.testing.assert_allclose(both_ways(cls(5), *halves(one_hot, CLASSES)), expected, rtol=1e-6)


def test_classes_may_stand_along_another_axis_and_predictions_be_classes():
    target, scores = RNG.integers(0, 3, (4, 2, 2)), RNG.random((4, 3, 2, 2)).astype("float32")
    metric = metrics.MeanIoU(3, sparse_y_pred=False, axis=1)
    expected = shares(target.ravel(), scores.argmax(1).ravel(), 3).mean()
    np.testing.assert_allclose(both_ways(metric, (target, scores)), expected, rtol=1e-6)
    one_hot = np.moveaxis(np.eye(3)[target], -1, 1)
    sparse = metrics.OneHotMeanIoU(3, sparse_y_pred=True, axis=1)
    np.testing.assert_allclose(both_ways(sparse, (one_hot, scores.argmax(1))), expected, rtol=1e-6)


def test_two_classes_are_told_apart_by_a_threshold():
    each = shares(BINARY, SCORES >= 0.4, 2)
    mean = both_ways(metrics.BinaryIoU(threshold=0.4), *halves(BINARY, SCORES))
    np.testing.assert_allclose(mean, each.mean(), rtol=1e-6)
    np.testing.assert_allclose(both_ways(metrics.BinaryIoU([1], 0.4), (BINARY[:, None], SCORES)), each[1], rtol=1e-6)
    assert metrics.BinaryIoU()([1.0], [0.5]) == pytest.approx(1)


def test_classes_that_nobody_has_do_not_count_and_before_the_first_batch_there_are_none():
    metric = metrics.MeanIoU(4)
    assert metric.result() == 0
    np.testing.assert_allclose(both_ways(metric, ([0, 0, 1], [0, 1, 1])), 0.5, rtol=1e-6)


def test_places_that_are_no_class_are_left_out():
    target, prediction = np.array([0, 1, 255, -1, 1, 0]), np.array([0, 1, 1, 0, 7, -2])
    np.testing.assert_allclose(both_ways(metrics.MeanIoU(2), (target, prediction)), 1, rtol=1e-6)
    ignoring = metrics.MeanIoU(2, ignore_class=0)
    np.testing.assert_allclose(both_ways(ignoring, ([0, 1, 0, 1], [1, 1, 1, 0])), 0.25, rtol=1e-6)


def test_a_weight_for_each_sample_is_spread_over_its_places():
    target, prediction = RNG.integers(0, 3, (2, 6, 2, 2))
    weights = np.array([1, 0, 2, 3, 0, 1], "int32")
    expected = shares(target.ravel(), prediction.ravel(), 3, np.repeat(weights, 4)).mean()
    np.testing.assert_allclose(both_ways(metrics.MeanIoU(3), (target, prediction, weights)), expected, rtol=1e-6)


def test_what_is_masked_does_not_count():
    mask = np.arange(len(LABELS)) % 3 != 1
    expected = shares(LABELS[mask], PREDICTED[mask], 5).mean()
    np.testing.assert_allclose(both_ways(metrics.MeanIoU(5), (LABELS, PREDICTED), mask=mask), expected, rtol=1e-6)
    binary = shares(BINARY[mask], SCORES[mask] >= 0.5, 2).mean()
    np.testing.assert_allclose(both_ways(metrics.BinaryIoU(), (BINARY, SCORES), mask=mask), binary, rtol=1e-6)


def test_fractions_of_weights_need_a_float_dtype_and_a_warning_says_so():
    weights = np.linspace(0.1, 1.9, len(LABELS)).astype("float32")
    with pytest.warns(UserWarning, match="counts in int32: the fractions of its weights are dropped.*dtype='float32'"):
        whole = metrics.MeanIoU(5)(LABELS, PREDICTED, weights)
    np.testing.assert_allclose(whole, np.nanmean(shares(LABELS, PREDICTED, 5, np.floor(weights))), rtol=1e-6)
    exact = both_ways(metrics.MeanIoU(5, dtype="float32"), *halves(LABELS, PREDICTED, weights))
    np.testing.assert_allclose(exact, shares(LABELS, PREDICTED, 5, weights).mean(), rtol=1e-5)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"target class id 4 is not in \[0, 3\)"):
        metrics.IoU(3, [0, 4])
    with pytest.raises(ValueError, match="y_true has shape"):
        metrics.MeanIoU(3)(np.zeros(3), np.zeros(4))
