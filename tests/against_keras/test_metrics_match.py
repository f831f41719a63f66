"""Metrics, over several batches with and without weights, against Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(5)
BATCHES = (7, 1, 7)


def data(kind, size):
    """A batch: target, prediction."""
    probabilities = RNG.uniform(0, 1, (size, 5)).astype("float32")
    labels = RNG.integers(0, 5, size)
    return {
        "real": (RNG.normal(size=(size, 5)).astype("float32"), RNG.normal(size=(size, 5)).astype("float32")),
        "binary": (RNG.integers(0, 2, (size, 5)).astype("float32"), probabilities),
        "column": (RNG.integers(0, 2, (size, 1)).astype("float32"), probabilities[:, :1]),
        "vector to column": (RNG.integers(0, 2, size).astype("float32"), probabilities[:, :1]),
        "logits": (RNG.integers(0, 2, (size, 5)).astype("float32"), RNG.normal(0, 3, (size, 5)).astype("float32")),
        "one-hot": (np.eye(5, dtype="float32")[labels], probabilities),
        "labels": (labels, probabilities),
        "labels in a column": (labels[:, None], probabilities),
        "step labels": (
            RNG.integers(0, 5, (size, 3)), RNG.uniform(0.01, 1, (size, 3, 5)).astype("float32"),
        ),
        "classes": (labels.astype("float32"), RNG.integers(0, 5, size).astype("float32")),
        "counts": (RNG.integers(0, 4, (size, 5)).astype("float32"), RNG.uniform(0.1, 4, (size, 5)).astype("float32")),
        "steps": (RNG.normal(size=(size, 3, 5)).astype("float32"), RNG.normal(size=(size, 3, 5)).astype("float32")),
        "sorted classes": (labels, np.argsort(-probabilities, -1).astype("int32")),
    }[kind]  # fmt: skip


#: name, options, kind of data
CASES = [
    ("Accuracy", {}, "classes"),
    ("BinaryAccuracy", {}, "binary"),
    ("BinaryAccuracy", {}, "column"),
    ("BinaryAccuracy", {}, "vector to column"),
    ("BinaryAccuracy", {"threshold": 0.7}, "binary"),
    ("CategoricalAccuracy", {}, "one-hot"),
    ("SparseCategoricalAccuracy", {}, "labels"),
    ("SparseCategoricalAccuracy", {}, "labels in a column"),
    ("SparseCategoricalAccuracy", {}, "step labels"),
    ("TopKCategoricalAccuracy", {"k": 2}, "one-hot"),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, "labels"),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "step labels"),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, "sorted classes"),
    ("MeanSquaredError", {}, "real"),
    ("MeanSquaredError", {}, "steps"),
    ("MeanAbsoluteError", {}, "real"),
    ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "counts"),
    ("LogCoshError", {}, "real"),
    ("CosineSimilarity", {}, "real"),
    ("CosineSimilarity", {}, "steps"),
    ("CosineSimilarity", {"axis": 1}, "real"),
    ("PearsonCorrelation", {}, "real"),
    ("PearsonCorrelation", {"axis": (1, 2)}, "steps"),
    ("ConcordanceCorrelation", {}, "real"),
    ("ConcordanceCorrelation", {}, "steps"),
    ("Hinge", {}, "binary"),
    ("Hinge", {}, "logits"),
    ("SquaredHinge", {}, "binary"),
    ("CategoricalHinge", {}, "one-hot"),
    ("KLDivergence", {}, "binary"),
    ("Poisson", {}, "counts"),
    ("RootMeanSquaredError", {}, "real"),
    ("BinaryCrossentropy", {}, "binary"),
    ("BinaryCrossentropy", {"from_logits": True}, "logits"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "column"),
    ("CategoricalCrossentropy", {}, "one-hot"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1, "from_logits": True}, "one-hot"),
    ("SparseCategoricalCrossentropy", {}, "labels"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "step labels"),
    *[(name, {}, kind) for name in ("Precision", "Recall") for kind in ("binary", "column", "vector to column")],
    *[(name, {"thresholds": 0.3}, "binary") for name in ("Precision", "Recall")],
    *[(name, {"thresholds": [0.2, 0.5, 0.9]}, "binary") for name in ("Precision", "Recall")],
    *[(name, {"thresholds": [0.0, 0.5, 1.0]}, "binary") for name in ("Precision", "Recall")],
    *[(name, {"top_k": 2}, "one-hot") for name in ("Precision", "Recall")],
    *[(name, {"class_id": 3}, "one-hot") for name in ("Precision", "Recall")],
    *[(name, {"top_k": 2, "class_id": 1}, "one-hot") for name in ("Precision", "Recall")],
    *[
        (name, options, "binary")
        for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
        for options in ({}, {"thresholds": [0.1, 0.6]})
    ],
]


def of_both(name, options):
    return getattr(kgraph.metrics, name)(**options), getattr(keras.metrics, name)(**options)


def compare_over_batches(metrics, batches):
    ours, theirs = metrics
    assert_same(ours.result(), theirs.result())
    for batch in batches:
        ours.update_state(*batch)
        theirs.update_state(*batch)
        assert_same(ours.result(), theirs.result())
    ours.reset_state()
    theirs.reset_state()
    ours.update_state(*batches[-1])
    theirs.update_state(*batches[-1])
    assert_same(ours.result(), theirs.result())


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("name", "options", "kind"), CASES)
def test_a_metric_follows_that_of_keras_over_batches(name, options, kind, weighted):
    batches = [data(kind, size) for size in BATCHES]
    if weighted:
        batches = [(*batch, RNG.uniform(0, 2, len(batch[0])).astype("float32")) for batch in batches]
    compare_over_batches(of_both(name, options), batches)


@pytest.mark.parametrize(("name", "options", "kind"), CASES)
def test_a_metric_with_all_weights_zero_is_that_of_keras(name, options, kind):
    ours, theirs = of_both(name, options)
    batch = (*data(kind, 7), np.zeros(7, "float32"))
    assert_same(ours(*batch), theirs(*batch))


@pytest.mark.parametrize(("name", "options", "kind"), [case for case in CASES if case[2] == "step labels"])
def test_a_metric_takes_a_weight_for_each_step(name, options, kind):
    batches = [(*data(kind, size), RNG.uniform(0, 2, (size, 3)).astype("float32")) for size in BATCHES]
    compare_over_batches(of_both(name, options), batches)


@pytest.mark.parametrize("name", ["Precision", "Recall", "BinaryAccuracy"])
def test_a_metric_takes_a_weight_for_each_label(name):
    batches = [(*data("binary", size), RNG.uniform(0, 2, (size, 5)).astype("float32")) for size in BATCHES]
    if name == "BinaryAccuracy":
        batches = [(t, p, w[:, :1]) for t, p, w in batches]
    compare_over_batches(of_both(name, {}), batches)


@pytest.mark.parametrize("name", ["Mean", "Sum"])
@pytest.mark.parametrize("shape", [(), (4,), (4, 3), (4, 3, 2)])
def test_mean_and_sum_of_values_are_those_of_keras(name, shape):
    batches = [(RNG.normal(size=shape).astype("float32"),) for _ in range(3)]
    compare_over_batches(of_both(name, {}), batches)
    if shape:
        weights = [RNG.uniform(0, 2, shape[:1]).astype("float32") for _ in range(3)]
        compare_over_batches(of_both(name, {}), [(*b, w) for b, w in zip(batches, weights, strict=True)])
        full = [RNG.uniform(0, 2, shape).astype("float32") for _ in range(3)]
        compare_over_batches(of_both(name, {}), [(*b, w) for b, w in zip(batches, full, strict=True)])


@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_mean_and_sum_take_lists_and_numbers(name):
    compare_over_batches(of_both(name, {}), [([1, 3, 5, 7],), (2.5,), ([1, 3, 5, 7], [1, 1, 0, 0])])


@pytest.mark.parametrize("function", [name for name in kgraph.metrics.__all__ if name.endswith("_accuracy")])
def test_an_accuracy_function_gives_the_values_of_keras(function):
    kind = "labels" if function.startswith("sparse") else "one-hot"
    target, prediction = data(kind, 9)
    options = {"k": 2} if "top_k" in function else {}
    ours, theirs = (getattr(side.metrics, function)(target, prediction, **options) for side in (kgraph, keras))
    assert_same(ours, theirs)
