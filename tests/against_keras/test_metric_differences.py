"""Where metrics differ from those of Keras 3 on purpose: each difference, and its reason."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, both, keras, kgraph

from kgraph.losses.reduction import with_mask

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(45)
TARGET = RNG.integers(0, 2, (12, 3)).astype("float32")
PREDICTION = RNG.uniform(0, 1, (12, 3)).astype("float32")


def test_a_reset_gives_state_its_initial_value_again():
    """Keras gives it zeros: state that started elsewhere is another metric from the second epoch on."""

    def make(side):
        metric = side.metrics.Metric(name="lowest")
        metric.add_variable((), "ones", name="lowest")
        metric.reset_state()
        return metric.variables[0]

    ours, theirs = both(make)
    assert (float(ours.numpy()), float(theirs)) == (1, 0)


@pytest.mark.parametrize("name", ["F1Score", "R2Score", "AUC", "Precision", "BinaryIoU"])
def test_a_mask_of_the_predictions_counts_in_every_metric(name):
    """In Keras it counts in the means, and in the others only where a compiled model passes it as weights."""
    mask = np.arange(12) % 3 != 0
    metric, other = (getattr(kgraph.metrics, name)() for _ in range(2))
    masked = metric(TARGET, with_mask(PREDICTION.copy(), mask[:, None] if "IoU" in name else mask))
    assert_same(masked, other(TARGET[mask], PREDICTION[mask]))


def test_an_iou_spreads_a_weight_for_each_sample_over_its_places():
    """Keras wants one for each place, which `fit` has no way to give."""
    classes = RNG.integers(0, 3, (2, 4, 5))
    weights = np.array([1, 0, 2, 1], "int32")
    spread = np.repeat(weights[:, None], 5, 1)
    assert_same(kgraph.metrics.MeanIoU(3)(*classes, weights), keras.metrics.MeanIoU(3)(*classes, spread))
    with pytest.raises(ValueError):
        keras.metrics.MeanIoU(3)(*classes, weights)


def test_an_iou_takes_classes_from_any_axis():
    """Keras does, but fails when it is asked for the result."""
    target, scores = RNG.integers(0, 3, (4, 2)), RNG.random((4, 3, 2)).astype("float32")
    ours = kgraph.metrics.MeanIoU(3, sparse_y_pred=False, axis=1)(target, scores)
    assert_same(ours, keras.metrics.MeanIoU(3, sparse_y_pred=False)(target, np.moveaxis(scores, 1, -1)))
    with pytest.raises(ValueError):
        keras.metrics.MeanIoU(3, sparse_y_pred=False, axis=1)(target, scores)


@pytest.mark.parametrize(("name", "value"), [("F1Score", 0.0), ("R2Score", np.nan)])
def test_a_score_that_has_seen_nothing_has_a_value(name, value):
    """Keras's has no state yet, and raises an AttributeError."""
    np.testing.assert_equal(float(getattr(kgraph.metrics, name)().result()), value)
    with pytest.raises(AttributeError):
        getattr(keras.metrics, name)().result()


def test_an_adjusted_score_is_part_of_a_graph():
    """Keras looks at the number of samples with an ``if``, which cannot be compiled; here it is a node."""

    def make(side):
        model = side.Sequential([side.Input((3,)), side.layers.Activation("linear")])
        model.compile("sgd", "mse", metrics=[side.metrics.R2Score(num_regressors=2)])
        return model

    ours, theirs = both(make)
    found = ours.evaluate(PREDICTION, TARGET, batch_size=12, verbose=0, return_dict=True)["r2_score"]
    assert_same(np.float32(found), keras.metrics.R2Score(num_regressors=2)(TARGET, PREDICTION))
    with pytest.raises(keras.src.backend.jax.core.jax.errors.TracerBoolConversionError):
        theirs.evaluate(PREDICTION, TARGET, batch_size=12, verbose=0)


def test_the_bar_shows_each_of_a_few_numbers(capsys):
    """Keras shows their mean, which means little where they belong to classes or thresholds."""
    shown = []
    for side in (kgraph, keras):
        model = side.Sequential([side.Input((3,)), side.layers.Dense(3, activation="softmax")])
        model.compile("sgd", loss="mse", metrics=[side.metrics.F1Score()])
        values = model.evaluate(np.eye(3), np.eye(3), verbose=2, return_dict=True)["f1_score"]
        shown.append((capsys.readouterr().out, np.asarray(values)))
    (ours, values), (theirs, their_values) = shown
    assert f"f1_score: [{' '.join(f'{value:.4f}' for value in values)}]" in ours
    assert f"f1_score: {their_values.mean():.4f}" in theirs


def test_the_config_of_a_metric_has_all_that_makes_it_equal():
    """Keras leaves the axis out, so that a loaded metric looks along another one."""
    ours, theirs = both(lambda side: side.metrics.CosineSimilarity(axis=1))
    assert ours.get_config()["axis"] == 1 and "axis" not in theirs.get_config()
