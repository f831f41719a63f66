"""Functions averaged over batches, against their formulas in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import BINARY, CLASSES, GUESS, LABELS, ONE_HOT, REAL, RNG, SCORES, WEIGHTS, N, both_ways, halves

from kgraph import metrics

HIT = (CLASSES.argmax(1) == LABELS).astype(float)
RANK = (CLASSES > np.take_along_axis(CLASSES, LABELS[:, None], 1)).sum(1)
PROBABILITY = CLASSES / CLASSES.sum(1, keepdims=True)
LOG_LOSS = -np.log(np.take_along_axis(PROBABILITY, LABELS[:, None], 1)[:, 0])
BINARY_LOSS = -np.log(np.clip(np.where(BINARY == 1, SCORES, 1 - SCORES), 1e-7, 1 - 1e-7))
SIGN = 2 * ONE_HOT - 1
WRONG = np.where(ONE_HOT == 1, -np.inf, CLASSES).max(1)
RIGHT = (ONE_HOT * CLASSES).sum(1)
COVARIANCE = np.array([np.cov(t, p, bias=True)[0, 1] for t, p in zip(REAL, GUESS, strict=True)])
COSINE = (REAL * GUESS).sum(1) / np.linalg.norm(REAL, axis=1) / np.linalg.norm(GUESS, axis=1)
DISTANCE = REAL.var(1) + GUESS.var(1) + (REAL.mean(1) - GUESS.mean(1)) ** 2

#: a metric, targets, predictions, the value of each sample
CASES = {
    "Accuracy": (metrics.Accuracy, LABELS, CLASSES.argmax(1), HIT),
    "BinaryAccuracy": (metrics.BinaryAccuracy, BINARY, SCORES, (SCORES > 0.5) == BINARY),
    "BinaryAccuracy at 0.7": (lambda: metrics.BinaryAccuracy(threshold=0.7), BINARY, SCORES, (SCORES > 0.7) == BINARY),
    "CategoricalAccuracy": (metrics.CategoricalAccuracy, ONE_HOT, CLASSES, HIT),
    "SparseCategoricalAccuracy": (metrics.SparseCategoricalAccuracy, LABELS, CLASSES, HIT),
    "SparseCategoricalAccuracy of a column": (metrics.SparseCategoricalAccuracy, LABELS[:, None], CLASSES, HIT),
    "TopK": (lambda: metrics.TopKCategoricalAccuracy(k=2), ONE_HOT, CLASSES, RANK < 2),
    "SparseTopK": (lambda: metrics.SparseTopKCategoricalAccuracy(k=3), LABELS, CLASSES, RANK < 3),
    "SparseTopK of sorted ids": (
        lambda: metrics.SparseTopKCategoricalAccuracy(k=3, from_sorted_ids=True),
        LABELS, np.argsort(-CLASSES, 1).astype("int32"), RANK < 3,
    ),
    "MeanSquaredError": (metrics.MeanSquaredError, REAL, GUESS, ((REAL - GUESS) ** 2).mean(1)),
    "MeanAbsoluteError": (metrics.MeanAbsoluteError, REAL, GUESS, np.abs(REAL - GUESS).mean(1)),
    "MeanAbsolutePercentageError": (
        metrics.MeanAbsolutePercentageError, REAL, GUESS, 100 * np.abs((REAL - GUESS) / REAL).mean(1),
    ),
    "MeanSquaredLogarithmicError": (
        metrics.MeanSquaredLogarithmicError, ONE_HOT, CLASSES, (np.log((1 + ONE_HOT) / (1 + CLASSES)) ** 2).mean(1),
    ),
    "LogCoshError": (metrics.LogCoshError, REAL, GUESS, np.log(np.cosh(REAL - GUESS)).mean(1)),
    "CosineSimilarity": (metrics.CosineSimilarity, REAL, GUESS, COSINE),
    "PearsonCorrelation": (metrics.PearsonCorrelation, REAL, GUESS, COVARIANCE / REAL.std(1) / GUESS.std(1)),
    "ConcordanceCorrelation": (metrics.ConcordanceCorrelation, REAL, GUESS, 2 * COVARIANCE / DISTANCE),
    "Hinge": (metrics.Hinge, ONE_HOT, CLASSES, np.maximum(1 - SIGN * CLASSES, 0).mean(1)),
    "SquaredHinge": (metrics.SquaredHinge, ONE_HOT, CLASSES, (np.maximum(1 - SIGN * CLASSES, 0) ** 2).mean(1)),
    "CategoricalHinge": (metrics.CategoricalHinge, ONE_HOT, CLASSES, np.maximum(WRONG - RIGHT + 1, 0)),
    "KLDivergence": (metrics.KLDivergence, ONE_HOT, CLASSES, -np.log(RIGHT)),
    "Poisson": (metrics.Poisson, ONE_HOT, CLASSES, (CLASSES - ONE_HOT * np.log(CLASSES)).mean(1)),
    "BinaryCrossentropy": (metrics.BinaryCrossentropy, BINARY[:, None], SCORES[:, None], BINARY_LOSS),
    "CategoricalCrossentropy": (metrics.CategoricalCrossentropy, ONE_HOT, CLASSES, LOG_LOSS),
    "SparseCategoricalCrossentropy": (metrics.SparseCategoricalCrossentropy, LABELS, CLASSES, LOG_LOSS),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mean_metric_is_the_mean_over_all_batches(case):
    make, target, prediction, values = CASES[case]
    result = both_ways(make(), *halves(target, prediction))
    np.testing.assert_allclose(result, np.mean(values), rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_weights_of_a_mean_metric_count_over_all_batches(case):
    make, target, prediction, values = CASES[case]
    result = both_ways(make(), *halves(target, prediction, WEIGHTS))
    np.testing.assert_allclose(result, np.average(values, weights=WEIGHTS), rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_what_is_masked_does_not_count_in_a_mean_metric(case):
    make, target, prediction, values = CASES[case]
    mask = np.arange(N) % 3 != 0
    np.testing.assert_allclose(both_ways(make(), (target, prediction), mask=mask), values[mask].mean(), rtol=1e-5)
    weighted = both_ways(make(), (target, prediction, WEIGHTS), mask=mask)
    np.testing.assert_allclose(weighted, np.average(values[mask], weights=WEIGHTS[mask]), rtol=1e-5)


def test_the_root_mean_squared_error_is_the_root_of_the_mean_over_batches():
    result = both_ways(metrics.RootMeanSquaredError(), *halves(REAL, GUESS))
    np.testing.assert_allclose(result, np.sqrt(((REAL - GUESS) ** 2).mean()), rtol=1e-5)
    weighted = both_ways(metrics.RootMeanSquaredError(), *halves(REAL, GUESS, WEIGHTS))
    squared = ((REAL - GUESS) ** 2).mean(1)
    np.testing.assert_allclose(weighted, np.sqrt(np.average(squared, weights=WEIGHTS)), rtol=1e-5)


def test_timesteps_are_averaged_within_a_sample_and_may_be_masked():
    labels, scores = RNG.integers(0, 5, (4, 6)), RNG.random((4, 6, 5)).astype("float32")
    hits = scores.argmax(-1) == labels
    np.testing.assert_allclose(metrics.SparseCategoricalAccuracy()(labels, scores), hits.mean(), rtol=1e-6)
    top = both_ways(metrics.SparseTopKCategoricalAccuracy(k=1), (labels, scores))
    np.testing.assert_allclose(top, hits.mean(), rtol=1e-6)
    mask = RNG.random((4, 6)) < 0.6
    masked = both_ways(metrics.SparseCategoricalAccuracy(), (labels, scores), mask=mask)
    np.testing.assert_allclose(masked, hits[mask].mean(), rtol=1e-6)


def test_ignored_labels_do_not_count():
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=2)
    counts = LABELS != 2
    np.testing.assert_allclose(both_ways(metric, (LABELS, CLASSES)), LOG_LOSS[counts].mean(), rtol=1e-5)
    expected = np.average(LOG_LOSS[counts], weights=WEIGHTS[counts])
    np.testing.assert_allclose(both_ways(metric, (LABELS, CLASSES, WEIGHTS)), expected, rtol=1e-5)


def test_mean_and_sum_take_values_alone():
    mean, total = metrics.Mean(), metrics.Sum()
    for metric in (mean, total):
        metric.update_state([1.0, 3.0])
        metric.update_state([[5.0, 7.0], [9.0, 11.0]], sample_weight=[1.0, 0.0])
        metric.update_state(2.0)
    # Samples: 1, 3, the mean 6 of the first row, 2.
    assert mean.result() == pytest.approx((1 + 3 + 6 + 2) / 4)
    assert total.result() == pytest.approx(1 + 3 + 12 + 2)


def test_a_metric_is_zero_before_the_first_batch_and_again_after_a_reset():
    for metric in (metrics.Mean(), metrics.Sum(), metrics.AUC(), metrics.Precision(), metrics.AUC(multi_label=True)):
        assert metric.result() == 0
    mean = metrics.Mean()
    mean.update_state([4.0])
    mean.reset_state()
    assert mean.result() == 0


@pytest.mark.parametrize("kind", [metrics.CategoricalAccuracy, metrics.TopKCategoricalAccuracy])
@pytest.mark.parametrize("shape", [(1, 5), (N, 3)])
def test_one_hot_targets_have_the_shape_of_the_predictions(kind, shape):
    with pytest.raises(ValueError, match=rf"y_true has shape \({shape[0]}, {shape[1]}\), but for y_pred it must have"):
        kind()(np.ones(shape, "float32"), CLASSES)
