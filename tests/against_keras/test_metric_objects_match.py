"""Metrics as objects, against Keras: names, configs, state, lookup, and their place in compiled models."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sides import assert_same, both, both_models, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(25)
CLASSES = [name for name in kgraph.metrics.__all__ if inspect.isclass(getattr(kgraph.metrics, name))]
#: Arguments that have no default.
NEEDED = {
    "MeanMetricWrapper": {"fn": None},
    "IoU": {"num_classes": 3, "target_class_ids": [0, 2]},
    "MeanIoU": {"num_classes": 3},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [1]},
    "OneHotMeanIoU": {"num_classes": 3},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
}
MADE = [name for name in CLASSES if name not in ("Metric", "MeanMetricWrapper")]
#: What Keras leaves out of a config: the axis always, the other where it is the default.
MORE_CONFIG = {"CosineSimilarity": {"axis"}, "SparseTopKCategoricalAccuracy": {"from_sorted_ids"}}


def test_every_metric_of_keras_is_there():
    assert {name for name in dir(keras.metrics) if not name.startswith("_")} <= set(kgraph.metrics.__all__)


@pytest.mark.parametrize("name", MADE)
def test_a_metric_has_the_name_config_and_variables_of_keras(name):
    ours, theirs = both(lambda side: getattr(side.metrics, name)(**NEEDED.get(name, {})))
    assert (ours.name, ours.dtype) == (theirs.name, theirs.dtype)
    assert [v.shape for v in ours.variables] == [tuple(v.shape) for v in theirs.variables]
    assert [v.dtype for v in ours.variables] == [v.dtype for v in theirs.variables]
    if not name.endswith(("Positives", "Negatives")):
        assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    mine, other = ours.get_config(), theirs.get_config()
    assert set(mine) - set(other) == MORE_CONFIG.get(name, set())
    assert {key: mine[key] for key in other} == other


@pytest.mark.parametrize("name", MADE)
def test_a_config_of_keras_makes_the_metric_here(name):
    config = keras.metrics.serialize(getattr(keras.metrics, name)(**NEEDED.get(name, {})))
    metric = kgraph.metrics.deserialize(config)
    assert type(metric) is getattr(kgraph.metrics, name)
    assert {key: metric.get_config()[key] for key in config["config"]} == config["config"]


@pytest.mark.parametrize("name", ["R2Score", "F1Score", "FBetaScore"])
def test_state_that_is_made_at_the_first_batch_is_that_of_keras(name):
    ours, theirs = both(lambda side: getattr(side.metrics, name)())
    batch = RNG.uniform(0, 1, (2, 4, 3)).astype("float32")
    ours.update_state(*batch)
    theirs.update_state(*batch)
    assert [(v.name, v.shape) for v in ours.variables] == [(v.name, tuple(v.shape)) for v in theirs.variables]
    assert_same(ours.variables, [np.asarray(v) for v in theirs.variables])


KNOWN = sorted(keras.src.metrics.ALL_OBJECTS_DICT)


@pytest.mark.parametrize("name", KNOWN)
def test_a_name_that_keras_knows_means_the_same_here(name):
    """Where a function has that name too, it means the function: a plain node of the graph, averaged over batches."""
    cls = keras.src.metrics.ALL_OBJECTS_DICT[name]
    if set(NEEDED.get(cls.__name__, ())):
        with pytest.raises(TypeError):
            kgraph.metrics.get(name)
        return
    found = kgraph.metrics.get(name)
    if isinstance(found, kgraph.metrics.Metric):
        assert type(found) is getattr(kgraph.metrics, cls.__name__)
    else:
        target, prediction = np.eye(6, dtype="float32")[:4], RNG.uniform(0.1, 0.9, (4, 6)).astype("float32")
        target = target.argmax(-1) if name.startswith("sparse") else target
        assert_same(np.mean(found(target, prediction)), cls()(target, prediction))


def test_state_passes_in_and_out_as_in_keras():
    ours, theirs = both(lambda side: side.metrics.MeanSquaredError())
    batches = RNG.normal(size=(2, 2, 5, 3)).astype("float32")
    for metric in (ours, theirs):
        metric.update_state(*batches[0])
    states = [metric.stateless_reset_state() for metric in (ours, theirs)]
    assert_same(states[0], [np.asarray(value) for value in states[1]])
    given = [np.float32(3), np.float32(2)]
    mine, other = (metric.stateless_update_state(given, *batches[1]) for metric in (ours, theirs))
    assert_same(mine, [np.asarray(value) for value in other])
    assert_same(ours.stateless_result(mine), theirs.stateless_result(other))
    assert_same(ours.result(), theirs.result())
    for metric in (ours, theirs):
        with pytest.raises(ValueError):
            metric.stateless_result(given[:1])


# --- in compiled models ----------------------------------------------------------------------------------------------


def counted(side):
    """Keras 3's way to write a metric: it counts the positives that are found."""

    class Found(side.metrics.Metric):
        def __init__(self, name="found", **kwargs):
            super().__init__(name=name, **kwargs)
            self.found = self.add_variable(shape=(), initializer="zeros", name="found")

        def update_state(self, y_true, y_pred, sample_weight=None):
            hits = side.ops.logical_and(side.ops.equal(y_true, 1), y_pred > 0.5)
            values = side.ops.cast(hits, self.dtype)
            if sample_weight is not None:
                weights = side.ops.reshape(side.ops.cast(sample_weight, self.dtype), (-1, 1))
                values = side.ops.multiply(values, weights)
            self.found.assign_add(side.ops.sum(values))

        def result(self):
            return {"found": self.found.value, "twice_found": 2.0 * self.found}

    return Found()


def of_probabilities(side):
    metrics = side.metrics
    return [
        metrics.AUC(),
        metrics.AUC(curve="PR", name="pr"),
        metrics.Precision(),
        metrics.Recall([0.4]),
        metrics.SensitivityAtSpecificity(0.5),
        metrics.PrecisionAtRecall(0.5),
        metrics.F1Score("macro", threshold=0.5),
        metrics.R2Score(),
        metrics.CosineSimilarity(),
        metrics.Hinge(),
        metrics.KLDivergence(),
        metrics.RootMeanSquaredError(),
        counted(side),
    ]


@pytest.mark.parametrize("argument", ["metrics", "weighted_metrics"])
def test_metrics_of_a_compiled_model_are_those_of_keras_over_epochs(argument):
    def make(side):
        model = side.Sequential([side.Input((6,)), side.layers.Dense(4, activation="sigmoid")])
        # A weight for each sample is none for each place, which is what Keras's IoU takes.
        given = {"metrics": [side.metrics.BinaryIoU()], **{argument: of_probabilities(side)}}
        model.compile(side.optimizers.SGD(0.5), "binary_crossentropy", **given)
        return model

    ours, theirs = both_models(make)
    x = RNG.normal(size=(32, 6)).astype("float32")
    y = (x[:, :4] + 0.3 * RNG.normal(size=(32, 4)) > 0).astype("float32")
    # Of mean 1, so that both losses train alike.
    weights = RNG.permutation(np.linspace(0.5, 1.5, 32)).astype("float32")
    weighted = {"sample_weight": weights} if argument == "weighted_metrics" else {}
    options = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    mine, other = (model.fit(x, y, **options, **weighted).history for model in (ours, theirs))
    compare(mine, other)
    results = (model.evaluate(x, y, batch_size=8, verbose=0, return_dict=True, **weighted) for model in (ours, theirs))
    compare(*results)


def compare(mine, other):
    for name in other:
        if name != "loss":
            own = name if name in mine else f"weighted_{name}"
            np.testing.assert_allclose(mine[own], other[name], rtol=2e-3, atol=1e-5, err_msg=name)
