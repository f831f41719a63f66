"""Areas under curves, against their definition in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import BINARY, MULTI, MULTI_SCORES, RNG, SCORES, WEIGHTS, N, both_ways, confusion, halves
from tracing import run_traced

from kgraph import metrics


def thresholds_of(count):
    return np.array([-1e-7, *(np.arange(1, count - 1) / (count - 1)), 1 + 1e-7], "float32")


def ratio(a, b):
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def area(target, score, thresholds, curve="ROC", method="interpolation", weights=None):
    """The area by its definition, in double precision."""
    tp, fp, tn, fn = np.array([confusion(target, score, t, weights) for t in thresholds], float).T
    recall, precision = ratio(tp, tp + fn), ratio(tp, tp + fp)
    if (curve, method) == ("PR", "interpolation"):
        return interpolated_pr(tp, tp + fp, tp + fn)
    x, y = {
        "ROC": lambda: (ratio(fp, fp + tn), recall),
        "PR": lambda: (recall, precision),
        "PRGAIN": lambda: gains(tp, fp, tn, fn),
    }[curve]()
    pairs = np.stack([y[:-1], y[1:]])
    height = {"interpolation": pairs.mean(0), "minoring": pairs.min(0), "majoring": pairs.max(0)}[method]
    return ((x[:-1] - x[1:]) * height).sum()


def gains(tp, fp, tn, fn):
    odds = ratio(tp + fn, tn + fp)
    recall_gain = np.maximum(np.where(tp == 0, 0, 1 - odds * ratio(fn, tp)), 0)
    return recall_gain, np.where(tp == 0, 1, 1 - odds * ratio(fp, tp))


def interpolated_pr(tp, predicted, relevant):
    """Davis and Goadrich: TP is linear in the number of predicted positives between two thresholds."""
    total = 0.0
    for i in range(len(tp) - 1):
        gained, more = tp[i] - tp[i + 1], predicted[i] - predicted[i + 1]
        if more <= 0 or relevant[i + 1] == 0:
            continue
        slope = gained / more
        intercept = tp[i + 1] - slope * predicted[i + 1]
        logarithm = np.log(predicted[i] / predicted[i + 1]) if predicted[i + 1] > 0 else 0.0
        total += slope * (gained + intercept * logarithm) / relevant[i + 1]
    return total


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
@pytest.mark.parametrize("curve", ["ROC", "PR", "PRGAIN"])
def test_the_area_under_a_curve_is_its_formula(curve, method, weights):
    metric = metrics.AUC(num_thresholds=37, curve=curve, summation_method=method)
    batches = halves(BINARY, SCORES) if weights is None else halves(BINARY, SCORES, weights)
    expected = area(BINARY, SCORES, thresholds_of(37), curve, method, weights)
    np.testing.assert_allclose(both_ways(metric, *batches), expected, rtol=1e-4)


def test_with_many_thresholds_the_area_is_the_chance_that_a_positive_scores_higher():
    positive, negative = SCORES[BINARY == 1], SCORES[BINARY == 0]
    higher = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    assert metrics.AUC(num_thresholds=20_000)(BINARY, SCORES) == pytest.approx(higher.mean(), abs=1e-4)


def test_thresholds_may_be_given():
    metric = metrics.AUC(thresholds=[0.7, 0.1, 0.2])
    expected = area(BINARY, SCORES, np.array([-1e-7, 0.1, 0.2, 0.7, 1 + 1e-7], "float32"))
    np.testing.assert_allclose(both_ways(metric, *halves(BINARY, SCORES)), expected, rtol=1e-5)
    assert metric.get_config()["thresholds"] == [0.1, 0.2, 0.7]
    assert [v.shape for v in metric.variables] == [(5,)] * 4


def test_logits_go_through_a_sigmoid():
    logits = RNG.normal(size=N).astype("float32")
    expected = metrics.AUC()(BINARY, 1 / (1 + np.exp(-logits)))
    np.testing.assert_allclose(metrics.AUC(from_logits=True)(BINARY, logits), expected, rtol=1e-6)


def test_labels_may_have_an_area_each():
    each = np.array([area(MULTI[:, i], MULTI_SCORES[:, i], thresholds_of(50)) for i in range(3)])
    batches = halves(MULTI, MULTI_SCORES)
    metric = metrics.AUC(num_thresholds=50, multi_label=True)
    np.testing.assert_allclose(both_ways(metric, *batches), each.mean(), rtol=1e-5)
    assert metric.true_positives.shape == (50, 3)
    weighted = metrics.AUC(num_thresholds=50, multi_label=True, num_labels=3, label_weights=[1, 0, 3])
    np.testing.assert_allclose(both_ways(weighted, *batches), (each[0] + 3 * each[2]) / 4, rtol=1e-5)


def test_labels_of_one_area_may_weigh_differently():
    label_weights = np.array([1.0, 0.0, 3.0])
    metric = metrics.AUC(num_thresholds=50, label_weights=label_weights)
    weights = WEIGHTS[:, None] * label_weights
    expected = area(MULTI, MULTI_SCORES, thresholds_of(50), weights=weights)
    np.testing.assert_allclose(both_ways(metric, *halves(MULTI, MULTI_SCORES, WEIGHTS)), expected, rtol=1e-5)


def test_the_state_of_labels_may_be_made_inside_a_graph():
    metric = metrics.AUC(multi_label=True)
    in_graph, updates, _ = run_traced(metric, MULTI, MULTI_SCORES)
    assert list(updates) == metric.variables and len(updates) == 4
    np.testing.assert_allclose(in_graph, metrics.AUC(multi_label=True)(MULTI, MULTI_SCORES), rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"curve": "F1"}, "curve must be one of 'ROC', 'PR', 'PRGAIN', not 'F1'"),
        ({"summation_method": "simpson"}, "summation_method must be one of .*'simpson'"),
        ({"num_thresholds": 1}, "num_thresholds must be an int of 2 or more, not 1"),
        ({"num_labels": 3}, "num_labels is for multi_label=True"),
    ],
)
def test_an_area_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        metrics.AUC(**options)


def test_labels_need_a_matrix():
    with pytest.raises(ValueError, match=r"multi_label=True needs y_pred of shape \(n, labels\), not \(40,\)"):
        metrics.AUC(multi_label=True)(BINARY, SCORES)
