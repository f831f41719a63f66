"""AUC in all its variants, over several batches, against Keras."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(9)
BATCHES = (16, 1, 40)
CURVES = [
    {"curve": curve, "summation_method": method}
    for curve, method in itertools.product(("ROC", "PR"), ("interpolation", "minoring", "majoring"))
]
THRESHOLDS = [{}, {"num_thresholds": 20}, {"num_thresholds": 2}, {"thresholds": [0.1, 0.35, 0.8]}]


def batches(labels, weights):
    made = []
    for size in BATCHES:
        target = RNG.integers(0, 2, (size, labels)).astype("float32")
        # Right more often than not, with ties at multiples of 1/8.
        noise = RNG.uniform(0, 1, (size, labels))
        prediction = np.round((0.4 * target + 0.6 * noise) * 8) / 8 if size % 2 else 0.4 * target + 0.6 * noise
        shape = {"none": None, "sample": (size,), "label": (size, labels)}[weights]
        weight = () if shape is None else (RNG.uniform(0, 2, shape).astype("float32"),)
        made.append((target, prediction.astype("float32"), *weight))
    return made


def compare(options, given):
    ours, theirs = kgraph.metrics.AUC(**options), keras.metrics.AUC(**options)
    assert_same(ours.thresholds, [float(t) for t in theirs.thresholds])
    for batch in given:
        ours.update_state(*batch)
        theirs.update_state(*batch)
        assert_same(ours.result(), theirs.result())
    for mine, other in zip(ours.variables, theirs.variables, strict=True):
        assert mine.name == other.name
        # Keras takes negatives as a difference of sums, which leaves what float32 rounds off.
        assert_same(mine, other, atol=2e-5)


@pytest.mark.parametrize("weights", ["none", "sample"])
@pytest.mark.parametrize("thresholds", THRESHOLDS, ids=str)
@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: f"{curve['curve']}-{curve['summation_method']}")
def test_the_area_and_its_counts_are_those_of_keras(curve, thresholds, weights):
    compare({**curve, **thresholds}, batches(1, weights))


@pytest.mark.parametrize("weights", ["none", "sample", "label"])
@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: f"{curve['curve']}-{curve['summation_method']}")
def test_several_columns_count_together(curve, weights):
    compare(curve, batches(3, weights))


@pytest.mark.parametrize("thresholds", [{}, {"thresholds": [0.1, 0.35, 0.8]}], ids=str)
@pytest.mark.parametrize("label_weights", [None, [0.2, 1.0, 3.0]])
@pytest.mark.parametrize("weights", ["none", "sample"])
@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_each_label_may_have_an_area_of_its_own(curve, weights, label_weights, thresholds):
    options = {"multi_label": True, "num_labels": 3, "label_weights": label_weights, "curve": curve, **thresholds}
    compare(options, batches(3, weights))


def test_the_number_of_labels_is_seen_at_the_first_batch():
    compare({"multi_label": True}, batches(3, "none"))


@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_logits_go_through_a_sigmoid_first(curve):
    given = [(target, 8 * prediction - 4) for target, prediction in batches(1, "none")]
    compare({"from_logits": True, "curve": curve}, given)


@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: f"{curve['curve']}-{curve['summation_method']}")
def test_the_area_with_one_class_alone_is_that_of_keras(curve, target):
    prediction = RNG.uniform(0, 1, (9, 1)).astype("float32")
    compare(curve, [(np.full((9, 1), target, "float32"), prediction)])


def test_prgain_is_that_of_keras_once_counts_are_positive():
    compare({"curve": "PRGAIN"}, batches(1, "none"))
