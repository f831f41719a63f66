"""Metrics inside of compiled models: over an epoch each is what it is on arrays."""

from __future__ import annotations

import numpy as np
import pytest
from metric_data import BINARY, CLASSES, GUESS, LABELS, ONE_HOT, REAL, SCORES, WEIGHTS, N

import kgraph
from kgraph import metrics, ops


def on_real_numbers():
    return [
        metrics.MeanSquaredError(),
        metrics.RootMeanSquaredError(),
        metrics.MeanAbsoluteError(),
        metrics.MeanAbsolutePercentageError(),
        metrics.MeanSquaredLogarithmicError(),
        metrics.CosineSimilarity(),
        metrics.LogCoshError(),
        metrics.R2Score(),
        metrics.R2Score("variance_weighted_average", num_regressors=2, name="adjusted"),
        metrics.PearsonCorrelation(),
        metrics.ConcordanceCorrelation(),
    ]


def on_probabilities_of_one():
    return [
        metrics.BinaryAccuracy(),
        metrics.BinaryCrossentropy(),
        metrics.Hinge(),
        metrics.SquaredHinge(),
        metrics.AUC(),
        metrics.AUC(curve="PR", name="pr"),
        metrics.Precision(),
        metrics.Recall(0.3),
        metrics.TruePositives(),
        metrics.FalsePositives(),
        metrics.TrueNegatives(),
        metrics.FalseNegatives(),
        metrics.SensitivityAtSpecificity(0.6),
        metrics.SpecificityAtSensitivity(0.6),
        metrics.PrecisionAtRecall(0.6),
        metrics.RecallAtPrecision(0.6),
        metrics.F1Score("micro", threshold=0.5),
        metrics.BinaryIoU(dtype="float32"),
    ]


def on_probabilities_of_classes():
    return [
        metrics.CategoricalAccuracy(),
        metrics.TopKCategoricalAccuracy(k=2),
        metrics.CategoricalCrossentropy(label_smoothing=0.1),
        metrics.KLDivergence(),
        metrics.Poisson(),
        metrics.CategoricalHinge(),
        metrics.Precision(top_k=2),
        metrics.Recall(class_id=3),
        metrics.AUC(multi_label=True),
        metrics.F1Score("macro"),
        metrics.FBetaScore("weighted", 2.0, 0.4),
        metrics.OneHotIoU(5, [0, 2], dtype="float32"),
        metrics.OneHotMeanIoU(5, dtype="float32"),
    ]


def on_labels():
    return [
        metrics.SparseCategoricalAccuracy(),
        metrics.SparseTopKCategoricalAccuracy(k=3),
        metrics.SparseCategoricalCrossentropy(),
        metrics.MeanIoU(5, sparse_y_pred=False, dtype="float32"),
        metrics.IoU(5, [1], sparse_y_pred=False, dtype="float32"),
    ]


#: metrics, the loss they stand beside, targets, predictions
KINDS = {
    "real numbers": (on_real_numbers, "mse", REAL, GUESS),
    "probabilities of one": (on_probabilities_of_one, "mse", BINARY[:, None], SCORES[:, None]),
    "probabilities of classes": (on_probabilities_of_classes, "mse", ONE_HOT, CLASSES),
    "labels": (on_labels, "sparse_categorical_crossentropy", LABELS[:, None], CLASSES),
}


def passing_on(width, loss, **given):
    """A model whose predictions are its inputs."""
    model = kgraph.Sequential([kgraph.Input((width,)), kgraph.layers.Activation("linear")])
    model.compile("sgd", loss, **given)
    return model


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("kind", KINDS)
def test_over_an_epoch_a_metric_is_what_it_is_on_arrays(kind, weighted):
    make, loss, target, prediction = KINDS[kind]
    kgraph.utils.clear_session()
    argument = "weighted_metrics" if weighted else "metrics"
    model = passing_on(prediction.shape[1], loss, **{argument: make()})
    kgraph.utils.clear_session()
    expected = {}
    for metric in make():
        metric.update_state(target, prediction, WEIGHTS if weighted else None)
        expected[("weighted_" if weighted else "") + metric.name] = metric.result()
    weights = {"sample_weight": WEIGHTS} if weighted else {}
    for _ in range(2):
        found = model.evaluate(prediction, target, batch_size=7, verbose=0, return_dict=True, **weights)
        assert list(found) == ["loss", *expected]
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=2e-5, err_msg=name)


class Extremes(metrics.Metric):
    """A metric of two numbers."""

    def __init__(self, name="extremes", **kwargs):
        super().__init__(name=name, **kwargs)
        self.least = self.add_weight(name="least", initializer=lambda shape, dtype: np.full(shape, np.inf, dtype))
        self.most = self.add_weight(name="most", initializer=lambda shape, dtype: np.full(shape, -np.inf, dtype))

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.least.assign(ops.minimum(self.least, ops.min(y_pred)))
        self.most.assign(ops.maximum(self.most, ops.max(y_pred)))

    def result(self):
        return {"least": self.least, "most": self.most}


def test_a_metric_of_several_numbers_reports_each_by_its_own_name():
    model = passing_on(3, "mse", metrics=["mae", Extremes()], weighted_metrics=[Extremes()])
    assert model.metrics_names == ["loss", "mae", "least", "most", "weighted_least", "weighted_most"]
    found = model.evaluate(GUESS, REAL, batch_size=16, verbose=0, return_dict=True)
    assert found["least"] == found["weighted_least"] == GUESS.min()
    assert found["most"] == GUESS.max()


@pytest.mark.parametrize("name", ["cosine_proximity", "cosine", "cosine_similarity"])
def test_old_names_of_the_cosine_mean_the_one_that_grows_with_likeness(name):
    model = passing_on(3, name, metrics=[name])
    loss, found = model.evaluate(REAL, 2 * REAL, batch_size=N, verbose=0)
    assert (loss, found) == (pytest.approx(-1), pytest.approx(1))
