"""The best of one rate where another is good enough, against the definition in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import BINARY, CLASSES, ONE_HOT, SCORES, WEIGHTS, both_ways, confusion, halves

from kgraph import metrics


def rates(target, score, weights=None, count=200):
    thresholds = np.array([0.0, *(np.arange(1, count - 1) / (count - 1)), 1.0], "float32")
    tp, fp, tn, fn = np.array([confusion(target, score, t, weights) for t in thresholds], float).T
    with np.errstate(invalid="ignore"):
        precision = np.nan_to_num(tp / (tp + fp))
    recall = tp / (tp + fn)
    return {"sensitivity": recall, "recall": recall, "specificity": tn / (tn + fp), "precision": precision}


PAIRS = {
    metrics.SensitivityAtSpecificity: ("sensitivity", "specificity"),
    metrics.SpecificityAtSensitivity: ("specificity", "sensitivity"),
    metrics.PrecisionAtRecall: ("precision", "recall"),
    metrics.RecallAtPrecision: ("recall", "precision"),
}


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("least", [0.0, 0.45, 0.8, 1.0])
@pytest.mark.parametrize("cls", PAIRS)
def test_the_best_is_taken_over_the_thresholds_where_the_other_is_good_enough(cls, least, weights):
    best, bound = PAIRS[cls]
    at = rates(BINARY, SCORES, weights)
    # A bound that lies between two values of the rate, so that rounding cannot decide.
    expected = max([0.0, *at[best][at[bound] >= least - 1e-6]])
    batches = halves(BINARY, SCORES) if weights is None else halves(BINARY, SCORES, weights)
    np.testing.assert_allclose(both_ways(cls(least), *batches), expected, rtol=1e-5)


def test_a_bound_that_nothing_reaches_gives_0():
    never_right = metrics.RecallAtPrecision(0.9)
    assert both_ways(never_right, (np.array([0.0, 0, 1]), np.array([0.9, 0.8, 0.1]))) == 0
    assert metrics.SensitivityAtSpecificity(0.5).result() == 0


def test_predictions_outside_of_0_to_1_count_as_those():
    target, score = np.array([0.0, 1, 1, 0]), np.array([-3.0, 0.4, 7, 0.2])
    clipped = metrics.PrecisionAtRecall(1.0)(target, np.clip(score, 0, 1))
    assert both_ways(metrics.PrecisionAtRecall(1.0), (target, score)) == clipped == 1


def test_one_threshold_is_a_half():
    metric = metrics.RecallAtPrecision(0.1, num_thresholds=1)
    tp, _, _, fn = confusion(BINARY, SCORES, 0.5)
    np.testing.assert_allclose(both_ways(metric, (BINARY, SCORES)), tp / (tp + fn), rtol=1e-6)
    assert [variable.shape for variable in metric.variables] == [(1,)] * 4


def test_one_class_may_be_looked_at_alone():
    at = rates(ONE_HOT[:, 2], CLASSES[:, 2])
    metric = metrics.SpecificityAtSensitivity(0.5, class_id=2)
    expected = at["specificity"][at["sensitivity"] >= 0.5].max()
    np.testing.assert_allclose(both_ways(metric, *halves(ONE_HOT, CLASSES)), expected, rtol=1e-5)
    with pytest.raises(ValueError, match=r"class_id needs y_pred of shape \(n, classes\), not \(40,\)"):
        metric.update_state(BINARY, SCORES)


@pytest.mark.parametrize("cls", PAIRS)
def test_a_bound_that_no_rate_can_have_is_refused(cls):
    with pytest.raises(ValueError, match=f"{PAIRS[cls][1]} must be from 0 to 1, not 1.5"):
        cls(1.5)
    with pytest.raises(ValueError, match="num_thresholds must be a positive int, not 0"):
        cls(0.5, num_thresholds=0)
