"""Metrics, against their formulas in numpy: on arrays, and as graphs."""

from __future__ import annotations

import numpy as np
import pytest
from tracing import run_traced

from kgraph import losses, metrics, ops
from kgraph.losses.reduction import with_mask

RNG = np.random.default_rng(11)
N = 40
BINARY = (RNG.random(N) < 0.4).astype("float32")
SCORES = np.clip(RNG.normal(0.35 + 0.3 * BINARY, 0.2), 0, 1).astype("float32")
WEIGHTS = RNG.uniform(0, 2, N).astype("float32")
LABELS = RNG.integers(0, 5, N)
CLASSES = RNG.uniform(0.01, 1, (N, 5)).astype("float32")
REAL = RNG.normal(size=(N, 3)).astype("float32")
GUESS = RNG.normal(size=(N, 3)).astype("float32")
MULTI = (RNG.random((N, 3)) < 0.5).astype("float32")
MULTI_SCORES = RNG.random((N, 3)).astype("float32")


def both_ways(metric, *batches, mask=None):
    """The result after all of ``batches`` on arrays, once it is known that a graph gives the same, batch by batch."""
    metric.reset_state()
    for batch in batches:
        prediction = batch[1] if mask is None else with_mask(np.asarray(batch[1]), mask)
        on_arrays = metric(batch[0], prediction, *batch[2:])
    metric.reset_state()
    for batch in batches:
        # The last tensor carries the mask: the prediction.
        target, prediction, *weights = batch
        in_graph, updates, _ = run_traced(
            lambda t, *rest: metric(t, rest[-1], *rest[:-1]), target, *weights, prediction, mask=mask
        )
        for variable, value in updates.items():
            variable.assign(value)
    assert on_arrays.dtype == in_graph.dtype == metric.dtype
    np.testing.assert_allclose(on_arrays, in_graph, rtol=1e-6)
    return on_arrays


def halves(*arrays):
    return tuple(x[: N // 2] for x in arrays), tuple(x[N // 2 :] for x in arrays)


HIT = (CLASSES.argmax(1) == LABELS).astype(float)
ONE_HOT = np.eye(5, dtype="float32")[LABELS]
RANK = (CLASSES > np.take_along_axis(CLASSES, LABELS[:, None], 1)).sum(1)
PROBABILITY = CLASSES / CLASSES.sum(1, keepdims=True)
LOG_LOSS = -np.log(np.take_along_axis(PROBABILITY, LABELS[:, None], 1)[:, 0])
BINARY_LOSS = -np.log(np.clip(np.where(BINARY == 1, SCORES, 1 - SCORES), 1e-7, 1 - 1e-7))

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


# --- counts at thresholds --------------------------------------------------------------------------------------------


def confusion(target, score, threshold, weights=None):
    weights = np.ones(target.shape) if weights is None else weights
    positive, true = score > threshold, target != 0
    return [(weights * hit).sum() for hit in (positive & true, positive & ~true, ~positive & ~true, ~positive & true)]


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


# --- AUC -------------------------------------------------------------------------------------------------------------


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
        ({"num_thresholds": 1}, "num_thresholds must be 2 or more, not 1"),
        ({"num_labels": 3}, "num_labels is for multi_label=True"),
    ],
)
def test_an_area_that_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        metrics.AUC(**options)


def test_labels_need_a_matrix():
    with pytest.raises(ValueError, match=r"multi_label=True needs y_pred of shape \(n, labels\), not \(40,\)"):
        metrics.AUC(multi_label=True)(BINARY, SCORES)


# --- metrics as objects ----------------------------------------------------------------------------------------------


class LargestError(metrics.Metric):
    """Keras 3's way to write a metric: state that starts at -1, and another metric inside."""

    def __init__(self, name="largest_error", **kwargs):
        super().__init__(name=name, **kwargs)
        self.largest = self.add_weight(name="largest", initializer=lambda shape, dtype: -np.ones(shape, dtype))
        self.mean = metrics.Mean()

    def update_state(self, y_true, y_pred, sample_weight=None):
        error = ops.abs(y_true - y_pred)
        self.largest.assign(ops.maximum(self.largest, ops.max(error)))
        self.mean.update_state(error)

    def result(self):
        return self.largest + self.mean.result()


def test_a_metric_can_be_subclassed():
    metric = LargestError()
    error = np.abs(REAL - GUESS)
    np.testing.assert_allclose(both_ways(metric, *halves(REAL, GUESS)), error.max() + error.mean(), rtol=1e-5)
    assert [variable.path for variable in metric.variables] == ["largest_error/largest", "mean/total", "mean/count"]
    metric.reset_state()
    assert metric.result() == -1


def test_result_reads_what_update_state_left_and_names_say_what_nodes_are():
    metric = metrics.BinaryAccuracy(name="accurate")
    _, updates, graph = run_traced(metric, BINARY, SCORES)
    assert graph.updates == {"accurate/total": "new_total", "accurate/count": "new_count"}
    assert {"positive", "matches", "samples"} <= {node.name for node in graph.nodes}
    assert updates[metric.count] == N and metric.count.numpy() == 0


def test_a_metric_may_count_in_double_precision():
    metric = metrics.MeanSquaredError(dtype="float64")
    result = both_ways(metric, (REAL.astype("float64"), GUESS.astype("float64")))
    np.testing.assert_allclose(result, ((REAL.astype("float64") - GUESS) ** 2).mean(), rtol=1e-12)


def test_names_mean_functions_or_new_instances():
    assert metrics.get("mse") is metrics.get("mean_squared_error") is losses.mean_squared_error
    assert metrics.get("binary_accuracy") is metrics.binary_accuracy
    assert isinstance(metrics.get("auc"), metrics.AUC) and metrics.get("AUC") is not metrics.get("AUC")
    assert isinstance(metrics.get("root_mean_squared_error"), metrics.RootMeanSquaredError)
    assert isinstance(metrics.get(metrics.Recall), metrics.Recall)
    assert metrics.get(None) is None
    with pytest.raises(ValueError, match="unknown metric 'f2'"):
        metrics.get("f2")


@pytest.mark.parametrize(
    "metric",
    [
        metrics.AUC(thresholds=[0.2, 0.4], curve="PR", summation_method="minoring", name="a"),
        metrics.AUC(num_thresholds=9, multi_label=True, num_labels=2, label_weights=[1, 2], dtype="float64"),
        metrics.Precision([0.1, 0.9], class_id=1),
        metrics.Recall(top_k=3),
        metrics.FalseNegatives(0.25),
        metrics.BinaryAccuracy(threshold=0.2),
        metrics.SparseTopKCategoricalAccuracy(k=2),
        metrics.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0),
        metrics.RootMeanSquaredError(),
        metrics.MeanMetricWrapper(losses.binary_crossentropy, name="wrapped", from_logits=True),
    ],
    ids=lambda metric: type(metric).__name__,
)
def test_a_config_makes_an_equal_metric(metric):
    config = metrics.serialize(metric)
    again = metrics.deserialize(config)
    assert type(again) is type(metric)
    assert metrics.serialize(again) == config
    assert config["module"] == "keras.metrics"
