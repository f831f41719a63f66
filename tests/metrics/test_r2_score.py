"""The coefficient of determination, against its formula in numpy."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import GUESS, REAL, WEIGHTS, both_ways, halves

from kgraph import metrics

CLOSE = (REAL + 0.3 * GUESS).astype("float32")


def spread_and_scores(target, prediction, weights=None):
    weights = np.ones(len(target)) if weights is None else weights
    mean = np.average(target, axis=0, weights=weights)
    spread = (weights[:, None] * (target - mean) ** 2).sum(0)
    return spread, 1 - (weights[:, None] * (target - prediction) ** 2).sum(0) / spread


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("aggregation", [None, "uniform_average", "variance_weighted_average"])
def test_the_score_is_its_formula_under_every_aggregation(aggregation, weights):
    spread, each = spread_and_scores(REAL, CLOSE, weights)
    expected = {
        None: each,
        "uniform_average": each.mean(),
        "variance_weighted_average": np.average(each, weights=spread),
    }[aggregation]
    batches = halves(REAL, CLOSE) if weights is None else halves(REAL, CLOSE, weights)
    np.testing.assert_allclose(both_ways(metrics.R2Score(aggregation), *batches), expected, rtol=1e-4)


def test_regressors_have_their_price_while_there_are_more_numbers_than_they():
    _, (plain,) = spread_and_scores(REAL[:, :1], CLOSE[:, :1])
    adjusted = both_ways(metrics.R2Score(num_regressors=3), *halves(REAL[:, :1], CLOSE[:, :1]))
    np.testing.assert_allclose(adjusted, 1 - (1 - plain) * 39 / 36, rtol=1e-4)
    for too_many in (39, 60):
        metric = metrics.R2Score(num_regressors=too_many)
        np.testing.assert_allclose(both_ways(metric, (REAL[:, :1], CLOSE[:, :1])), plain, rtol=1e-4)


def test_targets_that_do_not_vary_score_0_or_nothing():
    ones = np.ones((4, 1), "float32")
    assert both_ways(metrics.R2Score(), (ones, 2 * ones)) == 0
    assert np.isnan(metrics.R2Score()(ones, ones))
    assert np.isnan(metrics.R2Score().result())


def test_a_weight_may_stand_for_each_output():
    weights = np.stack([WEIGHTS, np.ones_like(WEIGHTS), WEIGHTS[::-1]], 1)
    each = [spread_and_scores(REAL[:, [i]], CLOSE[:, [i]], weights[:, i])[1][0] for i in range(3)]
    result = both_ways(metrics.R2Score(None), *halves(REAL, CLOSE, weights))
    np.testing.assert_allclose(result, each, rtol=1e-4)


def test_what_is_masked_does_not_count():
    mask = np.arange(len(REAL)) % 3 != 0
    _, each = spread_and_scores(REAL[mask], CLOSE[mask])
    np.testing.assert_allclose(both_ways(metrics.R2Score(), (REAL, CLOSE), mask=mask), each.mean(), rtol=1e-4)


def test_scores_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="class_aggregation must be one of None, 'uniform_average', .*, not 'sum'"):
        metrics.R2Score("sum")
    with pytest.raises(ValueError, match="num_regressors must be an int of 0 or more, not -1"):
        metrics.R2Score(num_regressors=-1)
    with pytest.raises(ValueError, match=r"metric r2 needs y_pred of shape \(n, outputs\), not \(40,\)"):
        metrics.R2Score(name="r2")(REAL[:, 0], CLOSE[:, 0])
