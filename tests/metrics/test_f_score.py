"""F scores, against precision and recall counted in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import CLASSES, MULTI, MULTI_SCORES, ONE_HOT, SCORES, WEIGHTS, both_ways, halves

from kgraph import metrics


def scores(target, positive, beta=1.0, weights=None, axis=0):
    weights = np.ones(len(target)) if weights is None else weights
    weights = weights[:, None]
    hits, predicted, relevant = ((weights * x).sum(axis) for x in (positive * target, positive, target))
    return (1 + beta**2) * hits / (beta**2 * relevant + predicted), relevant


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("average", [None, "macro", "weighted", "micro"])
def test_the_score_is_its_formula_under_every_average(average, beta, weights):
    positive = MULTI_SCORES > 0.6
    each, support = scores(MULTI, positive, beta, weights, axis=None if average == "micro" else 0)
    expected = {None: each, "micro": each, "macro": np.mean(each), "weighted": (each * support / support.sum()).sum()}
    batches = halves(MULTI, MULTI_SCORES) if weights is None else halves(MULTI, MULTI_SCORES, weights)
    result = both_ways(metrics.FBetaScore(average, beta, threshold=0.6), *batches)
    np.testing.assert_allclose(result, expected[average], rtol=1e-5)


def test_without_a_threshold_the_largest_is_predicted():
    positive = CLASSES == CLASSES.max(1, keepdims=True)
    result = both_ways(metrics.F1Score(average="macro"), *halves(ONE_HOT, CLASSES))
    np.testing.assert_allclose(result, scores(ONE_HOT, positive)[0].mean(), rtol=1e-5)


def test_a_row_of_zeros_predicts_nothing():
    result = both_ways(metrics.F1Score(), (np.eye(3), np.diag([1.0, 0, 1])))
    np.testing.assert_allclose(result, [1, 0, 1], atol=1e-6)


def test_the_score_of_what_is_masked_or_not_seen_yet_is_0():
    metric = metrics.F1Score(average="micro")
    assert metric.result() == 0
    assert both_ways(metric, (MULTI, MULTI_SCORES, np.zeros(len(MULTI)))) == 0
    mask = np.arange(len(MULTI)) % 3 == 0
    positive = MULTI_SCORES == MULTI_SCORES.max(1, keepdims=True)
    expected = scores(MULTI, positive, weights=mask, axis=None)[0]
    np.testing.assert_allclose(both_ways(metric, (MULTI, MULTI_SCORES), mask=mask), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"average": "mean"}, "average must be one of None, 'micro', 'macro', 'weighted', not 'mean'"),
        ({"beta": 2}, "beta must be a float above 0, not 2"),
        ({"beta": -1.0}, "beta must be a float above 0, not -1.0"),
        ({"threshold": 1}, "threshold must be a float above 0 and up to 1, not 1"),
        ({"threshold": 0.0}, "threshold must be a float above 0 and up to 1, not 0.0"),
    ],
)
def test_a_score_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        metrics.FBetaScore(**options)


def test_a_score_needs_matrices_of_one_shape():
    with pytest.raises(ValueError, match=r"metric mine needs y_pred of shape \(n, classes\), not \(40,\)"):
        metrics.F1Score(name="mine")(SCORES, SCORES)
    with pytest.raises(ValueError, match="y_true has shape"):
        metrics.F1Score()(MULTI[:, :2], MULTI_SCORES)
