"""Precision, recall and the four counts at thresholds, against their formulas in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import BINARY, CLASSES, ONE_HOT, SCORES, WEIGHTS, N, both_ways, confusion, halves

from kgraph import metrics


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("threshold", [0.5, 0.3])
def test_precision_recall_and_the_counts_are_their_formulas(threshold, weights):
    tp, fp, tn, fn = confusion(BINARY, SCORES, threshold, weights)
    batches = halves(BINARY, SCORES) if weights is None else halves(BINARY, SCORES, weights)
    expected = {
        metrics.Precision: tp / (tp + fp),
        metrics.Recall: tp / (tp + fn),
        metrics.TruePositives: tp,
        metrics.FalsePositives: fp,
        metrics.TrueNegatives: tn,
        metrics.FalseNegatives: fn,
    }
    for cls, value in expected.items():
        np.testing.assert_allclose(both_ways(cls(thresholds=threshold), *batches), value, rtol=1e-5)


def test_several_thresholds_give_a_value_each():
    thresholds = [0.2, 0.5, 0.9]
    counts = [confusion(BINARY, SCORES, threshold) for threshold in thresholds]
    precision = both_ways(metrics.Precision(thresholds), *halves(BINARY, SCORES))
    np.testing.assert_allclose(precision, [tp / max(tp + fp, 1) for tp, fp, _, _ in counts], rtol=1e-6)
    negatives = both_ways(metrics.FalseNegatives(thresholds), *halves(BINARY, SCORES))
    np.testing.assert_allclose(negatives, [fn for *_, fn in counts])


def test_only_the_k_largest_can_be_positive():
    kept = np.argsort(-CLASSES, 1)[:, :2]
    chosen = np.zeros(CLASSES.shape, bool)
    np.put_along_axis(chosen, kept, True, 1)
    result = both_ways(metrics.Recall(top_k=2), (ONE_HOT, CLASSES))
    np.testing.assert_allclose(result, (chosen & (ONE_HOT == 1)).sum() / N, rtol=1e-6)
    with_threshold = both_ways(metrics.Precision(thresholds=0.8, top_k=2), (ONE_HOT, CLASSES))
    positive = chosen & (CLASSES > 0.8)
    np.testing.assert_allclose(with_threshold, (positive & (ONE_HOT == 1)).sum() / positive.sum(), rtol=1e-6)


def test_one_class_may_be_looked_at_alone():
    tp, fp, _, _ = confusion(ONE_HOT[:, 3], CLASSES[:, 3], 0.5, WEIGHTS)
    result = both_ways(metrics.Precision(class_id=3), *halves(ONE_HOT, CLASSES, WEIGHTS))
    np.testing.assert_allclose(result, tp / (tp + fp), rtol=1e-5)
    with pytest.raises(
        ValueError, match=r"metric precision.*class_id needs y_pred of shape \(n, classes\), not \(40,\)"
    ):
        metrics.Precision(class_id=3, name="precision_of_3")(BINARY, SCORES)


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_what_is_masked_is_not_counted(weights):
    mask = np.arange(N) % 4 != 1
    total = mask if weights is None else mask * weights
    tp, fp, _, _ = confusion(BINARY, SCORES, 0.5, total)
    batch = (BINARY, SCORES) if weights is None else (BINARY, SCORES, weights)
    np.testing.assert_allclose(both_ways(metrics.Precision(), batch, mask=mask), tp / (tp + fp), rtol=1e-5)


def test_thresholds_lie_between_0_and_1():
    with pytest.raises(ValueError, match="thresholds must be from 0 to 1, not 1.5"):
        metrics.Recall(thresholds=[0.5, 1.5])


def test_a_class_that_predictions_do_not_have_is_refused():
    for class_id in (3, -4):
        with pytest.raises(ValueError, match=rf"metric precision.*: there is no class_id {class_id} in y_pred of"):
            metrics.Precision(class_id=class_id)(ONE_HOT[:, :3], CLASSES[:, :3])
