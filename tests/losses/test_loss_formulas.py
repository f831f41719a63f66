"""Each loss against its formula in numpy: on arrays, and as a graph."""

from __future__ import annotations

import numpy as np
import pytest
from tracing import run_traced

from kgraph import losses, ops
from kgraph.autodiff import gradients
from kgraph.losses.reduction import mask_of
from kgraph.runtime import NodeError

RNG = np.random.default_rng(11)
TARGET = RNG.uniform(0.0, 1.0, (6, 4))
PREDICTION = RNG.uniform(0.05, 0.95, (6, 4))
REAL = RNG.normal(0, 3, (6, 4))
LABELS = np.array([0, 3, 1, 2, 2, 0])
ONE_HOT = np.eye(4)[LABELS]
WRONG = np.where(ONE_HOT == 1, -np.inf, REAL).max(-1)
SIGNS = np.where(TARGET > 0.5, 1.0, -1.0)
ERROR = REAL - TARGET
EPSILON = 1e-7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def binary(t, p):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def focal(t, p, gamma):
    return (1 - (t * p + (1 - t) * (1 - p))) ** gamma * binary(t, p)


def unit(x, axis):
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def share(p):
    return p / p.sum(-1, keepdims=True)


#: function, options, target, prediction, expected values of the samples
CASES = {
    "mean_absolute_percentage_error": ({}, TARGET, REAL, 100 * np.abs(ERROR / TARGET).mean(-1)),
    "mean_squared_logarithmic_error": (
        {}, TARGET, np.abs(REAL), ((np.log1p(np.abs(REAL)) - np.log1p(TARGET)) ** 2).mean(-1),
    ),
    "huber": ({}, TARGET, REAL, np.where(np.abs(ERROR) <= 1, ERROR**2 / 2, np.abs(ERROR) - 0.5).mean(-1)),
    "huber of delta": (
        {"delta": 2.0}, TARGET, REAL, np.where(np.abs(ERROR) <= 2, ERROR**2 / 2, 2 * np.abs(ERROR) - 2).mean(-1),
    ),
    "log_cosh": ({}, TARGET, REAL, np.log(np.cosh(ERROR)).mean(-1)),
    "cosine_similarity": ({}, TARGET, REAL, -(unit(TARGET, 1) * unit(REAL, 1)).sum(1)),
    "cosine_similarity of columns": ({"axis": 0}, TARGET, REAL, -(unit(TARGET, 0) * unit(REAL, 0)).sum(0)),
    "hinge": ({}, SIGNS, REAL, np.maximum(1 - SIGNS * REAL, 0).mean(-1)),
    "hinge of zeros and ones": ({}, (SIGNS + 1) / 2, REAL, np.maximum(1 - SIGNS * REAL, 0).mean(-1)),
    "squared_hinge": ({}, SIGNS, REAL, (np.maximum(1 - SIGNS * REAL, 0) ** 2).mean(-1)),
    "categorical_hinge": (
        {}, ONE_HOT, REAL, np.maximum(np.maximum(WRONG, 0) - (ONE_HOT * REAL).sum(-1) + 1, 0),
    ),
    "poisson": ({}, TARGET, PREDICTION, (PREDICTION - TARGET * np.log(PREDICTION + EPSILON)).mean(-1)),
    "kl_divergence": ({}, TARGET, PREDICTION, (TARGET * np.log(TARGET / PREDICTION)).sum(-1)),
    "binary_focal_crossentropy": ({}, TARGET, PREDICTION, focal(TARGET, PREDICTION, 2).mean(-1)),
    "binary_focal_crossentropy of logits": (
        {"from_logits": True, "gamma": 1.5}, TARGET, REAL, focal(TARGET, sigmoid(REAL), 1.5).mean(-1),
    ),
    "binary_focal_crossentropy balanced": (
        {"apply_class_balancing": True, "alpha": 0.3}, ONE_HOT, PREDICTION,
        (np.where(ONE_HOT == 1, 0.3, 0.7) * focal(ONE_HOT, PREDICTION, 2)).mean(-1),
    ),
    "binary_focal_crossentropy smoothed, without focus": (
        {"label_smoothing": 0.2, "gamma": 0}, ONE_HOT, PREDICTION, binary(0.8 * ONE_HOT + 0.1, PREDICTION).mean(-1),
    ),
    "categorical_focal_crossentropy": (
        {}, ONE_HOT, PREDICTION,
        -(0.25 * ONE_HOT * (1 - share(PREDICTION)) ** 2 * np.log(share(PREDICTION))).sum(-1),
    ),
    "categorical_focal_crossentropy of logits and weighted classes": (
        {"from_logits": True, "alpha": [1.0, 2.0, 3.0, 4.0], "gamma": 1.0}, ONE_HOT, REAL / 3,
        -([1, 2, 3, 4] * ONE_HOT * (1 - softmax(REAL / 3)) * np.log(softmax(REAL / 3))).sum(-1),
    ),
    "categorical_generalized_cross_entropy": (
        {"q": 0.3}, LABELS, PREDICTION, (1 - (ONE_HOT * PREDICTION).sum(-1) ** 0.3) / 0.3,
    ),
    "dice": ({}, TARGET, PREDICTION, 1 - 2 * (TARGET * PREDICTION).sum() / (TARGET + PREDICTION).sum()),
    "dice of samples": (
        {"axis": -1}, TARGET, PREDICTION, 1 - 2 * (TARGET * PREDICTION).sum(-1) / (TARGET + PREDICTION).sum(-1),
    ),
    "tversky": (
        {"alpha": 0.3, "beta": 0.6}, TARGET, PREDICTION,
        1 - (TARGET * PREDICTION).sum()
        / (TARGET * PREDICTION + 0.3 * TARGET * (1 - PREDICTION) + 0.6 * PREDICTION * (1 - TARGET)).sum(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_a_loss_is_its_formula_on_arrays_and_in_a_graph(case, dtype):
    options, target, prediction, expected = CASES[case]
    function = getattr(losses, case.split()[0])
    prediction = prediction.astype(dtype)
    tolerance = {"rtol": 2e-5, "atol": 1e-6} if dtype == "float32" else {"rtol": 1e-6}
    on_arrays = function(target, prediction, **options)
    in_graph, _, _ = run_traced(lambda t, p: function(t, p, **options), target, prediction)
    assert on_arrays.dtype == in_graph.dtype == dtype
    assert on_arrays.shape == in_graph.shape == np.shape(expected)
    np.testing.assert_allclose(on_arrays, expected, **tolerance)
    np.testing.assert_allclose(in_graph, expected, **tolerance)


#: Targets and predictions at the edge of what a loss is defined on.
EDGES = {
    "mean_absolute_percentage_error": ([[0.0, 1.0]], [[0.0, 2.0]]),
    "mean_squared_logarithmic_error": ([[-3.0, 0.0]], [[-1.0, 0.0]]),
    "log_cosh": ([[0.0, 0.0]], [[1e4, -1e4]]),
    "cosine_similarity": ([[0.0, 0.0]], [[0.0, 0.0]]),
    "poisson": ([[1.0, 0.0]], [[0.0, 0.0]]),
    "kl_divergence": ([[1.0, 0.0]], [[0.0, 1.0]]),
    "binary_focal_crossentropy": ([[1.0, 0.0]], [[0.0, 1.0]]),
    "categorical_focal_crossentropy": ([[1.0, 0.0]], [[0.0, 1.0]]),
    "dice": ([[0.0, 0.0]], [[0.0, 0.0]]),
    "tversky": ([[0.0, 0.0]], [[0.0, 0.0]]),
}


@pytest.mark.parametrize("name", EDGES)
def test_a_loss_and_its_gradient_are_finite_at_the_edge_of_its_domain(name):
    target, prediction = map(np.float32, EDGES[name])
    value, _, graph = run_traced(lambda t, p: ops.mean(getattr(losses, name)(t, p)), target, prediction)
    slope = gradients(graph, graph.outputs["result"], ["x1"]).run({"x0": target, "x1": prediction})["grad/x1"]
    assert np.isfinite(value).all() and np.isfinite(slope).all()


def test_the_circle_loss_is_its_formula():
    labels = np.array([0, 1, 0, 2, 1, 0])
    embeddings = unit(REAL, 1)
    gamma, margin = 5.0, 0.3
    distance = np.maximum(1 - embeddings @ embeddings.T, 0)
    own, gone = labels[:, None] == labels, np.eye(6, dtype=bool)
    pull = np.exp(gamma * (margin + distance) * (distance - margin)) * (own & ~gone)
    push = np.exp(gamma * np.maximum(1 + margin - distance, 0) * (1 - margin - distance)) * ~own
    expected = np.log1p(pull.sum(1) * push.sum(1))
    for given in (labels, labels[:, None]):
        np.testing.assert_allclose(losses.circle(given, embeddings, gamma=gamma, margin=margin), expected, rtol=1e-6)
    in_graph, _, _ = run_traced(lambda t, p: losses.circle(t, p, gamma=gamma, margin=margin), labels, embeddings)
    np.testing.assert_allclose(in_graph, expected, rtol=1e-6)
    assert expected[3] == 0, "label 2 stands alone"
    counted = mask_of(losses.circle(labels, embeddings, gamma=gamma, margin=margin))
    np.testing.assert_array_equal(counted, expected > 0)
    loss = losses.Circle(gamma=gamma, margin=margin)
    np.testing.assert_allclose(loss(labels, embeddings), expected[expected > 0].mean(), rtol=1e-6)


def test_a_label_that_stands_alone_has_a_gradient_without_nan():
    labels, embeddings = np.array([0, 1, 2]), unit(REAL, 1)[:3].astype("float32")
    _, _, graph = run_traced(losses.Circle(), labels, embeddings)
    slope = gradients(graph, graph.outputs["result"], ["x1"]).run({"x0": labels, "x1": embeddings})["grad/x1"]
    np.testing.assert_array_equal(slope, np.zeros_like(embeddings))


def test_labels_of_the_generalized_crossentropy_may_stand_in_a_column_but_must_be_classes():
    column = losses.categorical_generalized_cross_entropy(LABELS[:, None], PREDICTION, 0.3)
    np.testing.assert_array_equal(column, losses.categorical_generalized_cross_entropy(LABELS, PREDICTION, 0.3))
    with pytest.raises(NodeError, match="label 4 at position 2 is not a class in"):
        losses.categorical_generalized_cross_entropy([0, 1, 4], PREDICTION[:3], 0.3)
    with pytest.raises(ValueError, match=r"y_true has shape \(6, 4\).*\(6, 1\)"):
        losses.categorical_generalized_cross_entropy(ONE_HOT, PREDICTION, 0.3)


@pytest.mark.parametrize("q", [0, 1, -0.5])
def test_q_must_lie_between_0_and_1(q):
    with pytest.raises(ValueError, match=f"q must be above 0 and below 1, not {q}"):
        losses.CategoricalGeneralizedCrossEntropy(q)
    with pytest.raises(ValueError, match=f"q must be above 0 and below 1, not {q}"):
        losses.categorical_generalized_cross_entropy(LABELS, PREDICTION, q)


@pytest.mark.parametrize("name", [name for name in CASES if " " not in name and "generalized" not in name])
def test_a_target_of_another_shape_is_refused_by_name(name):
    with pytest.raises(ValueError, match=r"y_true has shape \(6, 1\).*\(6, 4\)"):
        getattr(losses, name)(TARGET[:, :1], PREDICTION)
