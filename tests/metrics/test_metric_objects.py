"""Metrics as objects: subclasses, state, names, configs."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import BINARY, GUESS, REAL, SCORES, N, both_ways, halves
from tracing import run_traced

from kgraph import losses, metrics, ops


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


def test_a_state_may_be_passed_in_and_out():
    metric = metrics.MeanSquaredError()
    metric.update_state(REAL, GUESS)
    before = metric.result()
    state = metric.stateless_reset_state()
    assert [float(value) for value in state] == [0, 0]
    for target, guess in halves(REAL, 2 * GUESS):
        state = metric.stateless_update_state(state, target, guess)
    expected = metrics.MeanSquaredError()(REAL, 2 * GUESS)
    np.testing.assert_allclose(metric.stateless_result(state), expected, rtol=1e-6)
    assert metric.result() == before
    with pytest.raises(ValueError, match="metric mean_squared_error has 2 variables, but 1 values were given"):
        metric.stateless_result(state[:1])


def test_a_state_may_be_passed_through_a_graph():
    metric = metrics.MeanAbsoluteError()
    metric.update_state(REAL, GUESS)

    def described(target, guess):
        return metric.stateless_result(metric.stateless_update_state([2.0, 5.0], target, guess))

    result, updates, _ = run_traced(described, REAL, GUESS)
    np.testing.assert_allclose(result, (2 + np.abs(REAL - GUESS).mean(1).sum()) / (5 + N), rtol=1e-6)
    assert all(value == variable.numpy() for variable, value in updates.items())


def test_a_state_is_left_as_it_was_by_a_batch_that_fails():
    metric = metrics.MeanSquaredError()
    metric.update_state(REAL, GUESS)
    before = [variable.numpy() for variable in metric.variables]
    with pytest.raises(ValueError, match="y_true has shape"):
        metric.stateless_update_state([0.0, 0.0], REAL[:, :2], GUESS)
    assert [variable.numpy() for variable in metric.variables] == before


def test_how_replicas_of_a_state_are_joined_may_be_said():
    metric = metrics.Metric(name="mine")
    assert metric.add_variable((2,), "ones", "float64", "mean", "state").path == "mine/state"
    with pytest.raises(ValueError, match="aggregation must be one of .*, not 'state'"):
        metric.add_variable((), "zeros", None, "state")


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
    assert metrics.get("kld") is losses.kl_divergence and metrics.get("log_cosh") is losses.log_cosh
    with pytest.raises(ValueError, match="unknown metric 'f2'"):
        metrics.get("f2")


def test_similarity_grows_with_likeness_where_the_loss_of_that_name_falls():
    assert metrics.get("cosine_similarity") is metrics.get("cosine_proximity") is metrics.get("cosine")
    np.testing.assert_allclose(metrics.get("cosine_proximity")(REAL, 3 * REAL), 1, rtol=1e-6)
    np.testing.assert_allclose(losses.get("cosine_proximity")(REAL, 3 * REAL), -1, rtol=1e-6)


def test_a_wrong_argument_is_told_with_those_that_a_metric_takes():
    with pytest.raises(TypeError, match=r"BinaryAccuracy: .*'limit'; it takes \(name.*threshold: 'float' = 0.5\)"):
        metrics.BinaryAccuracy(limit=0.5)


@pytest.mark.parametrize(
    "metric",
    [
        metrics.AUC(thresholds=[0.2, 0.4], curve="PR", summation_method="minoring", name="a"),
        metrics.AUC(num_thresholds=9, multi_label=True, num_labels=2, label_weights=[1, 2], name="b"),
        metrics.Precision([0.1, 0.9], class_id=1),
        metrics.Recall(top_k=3),
        metrics.FalseNegatives(0.25),
        metrics.BinaryAccuracy(threshold=0.2),
        metrics.SparseTopKCategoricalAccuracy(k=2),
        metrics.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0),
        metrics.RootMeanSquaredError(),
        metrics.CosineSimilarity(axis=1),
        metrics.PearsonCorrelation(axis=[0, 1]),
        metrics.LogCoshError(),
        metrics.R2Score("variance_weighted_average", 2),
        metrics.F1Score("macro", 0.3),
        metrics.FBetaScore(beta=2.0),
        metrics.SensitivityAtSpecificity(0.3, num_thresholds=7, class_id=1),
        metrics.PrecisionAtRecall(0.8, dtype="float64"),
        metrics.IoU(3, (0, 2), ignore_class=-1, sparse_y_pred=False, axis=1),
        metrics.BinaryIoU([1], 0.3),
        metrics.MeanIoU(4, dtype="float32"),
        metrics.OneHotIoU(4, [1], sparse_y_pred=True),
        metrics.OneHotMeanIoU(4, name="iou"),
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
