"""Losses: functions and classes, their options, reductions, weights and masks, against Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(3)
PROBABILITIES = RNG.uniform(0.01, 0.99, (6, 4)).astype("float32")
LOGITS = RNG.normal(0, 4, (6, 4)).astype("float32")
TARGET = RNG.integers(0, 2, (6, 4)).astype("float32")
LABELS = RNG.integers(0, 4, 6)
ONE_HOT = np.eye(4, dtype="float32")[LABELS]
REAL = RNG.normal(size=(6, 4)).astype("float32")
#: Probabilities that the clipping by epsilon reaches.
SURE = np.array([[0, 1, 1e-9, 1 - 1e-9]] * 6, "float32")
STEPS = RNG.uniform(0.05, 0.95, (3, 5, 4)).astype("float32")
STEP_LABELS = RNG.integers(0, 4, (3, 5))
PIXELS = RNG.uniform(0.05, 0.95, (2, 4, 3)).astype("float32")

#: class, function, options, target, prediction
CASES = {
    "mean squared error": ("MeanSquaredError", "mean_squared_error", {}, REAL, LOGITS),
    "mean absolute error": ("MeanAbsoluteError", "mean_absolute_error", {}, REAL, LOGITS),
    "mean squared error of steps": ("MeanSquaredError", "mean_squared_error", {}, STEPS[::-1], STEPS),
    "mean squared error of a column": ("MeanSquaredError", "mean_squared_error", {}, REAL[:, :1], LOGITS[:, :1]),
    "binary": ("BinaryCrossentropy", "binary_crossentropy", {}, TARGET, PROBABILITIES),
    "binary of sure predictions": ("BinaryCrossentropy", "binary_crossentropy", {}, TARGET, SURE),
    "binary of logits": ("BinaryCrossentropy", "binary_crossentropy", {"from_logits": True}, TARGET, LOGITS),
    "binary smoothed": ("BinaryCrossentropy", "binary_crossentropy", {"label_smoothing": 0.2}, TARGET, PROBABILITIES),
    "binary smoothed, of logits": (
        "BinaryCrossentropy", "binary_crossentropy", {"label_smoothing": 0.2, "from_logits": True}, TARGET, LOGITS,
    ),
    "binary along an axis": ("BinaryCrossentropy", "binary_crossentropy", {"axis": 1}, STEPS[::-1].round(), STEPS),
    "categorical": ("CategoricalCrossentropy", "categorical_crossentropy", {}, ONE_HOT, PROBABILITIES),
    "categorical of sure predictions": ("CategoricalCrossentropy", "categorical_crossentropy", {}, ONE_HOT, SURE),
    "categorical of logits": (
        "CategoricalCrossentropy", "categorical_crossentropy", {"from_logits": True}, ONE_HOT, LOGITS,
    ),
    "categorical smoothed": (
        "CategoricalCrossentropy", "categorical_crossentropy", {"label_smoothing": 0.1}, ONE_HOT, PROBABILITIES,
    ),
    "categorical of soft targets": (
        "CategoricalCrossentropy", "categorical_crossentropy", {"from_logits": True}, PROBABILITIES, LOGITS,
    ),
    "categorical along an axis": ("CategoricalCrossentropy", "categorical_crossentropy", {"axis": 1}, PIXELS, PIXELS),
    "sparse": ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {}, LABELS, PROBABILITIES),
    "sparse of a column": (
        "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {}, LABELS[:, None], PROBABILITIES,
    ),
    "sparse of float labels": (
        "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {}, LABELS.astype("float32"), PROBABILITIES,
    ),
    "sparse of logits": (
        "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {"from_logits": True}, LABELS, LOGITS,
    ),
    "sparse of sure predictions": (
        "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {}, LABELS, SURE,
    ),
    "sparse of steps": ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {}, STEP_LABELS, STEPS),
    "sparse without a class": (
        "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {"ignore_class": 2}, LABELS, PROBABILITIES,
    ),
    "sparse of steps without a class": (
        "SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", {"ignore_class": 0, "from_logits": True},
        STEP_LABELS, STEPS,
    ),
}  # fmt: skip
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)


def of_both(name, **options):
    return getattr(kgraph.losses, name)(**options), getattr(keras.losses, name)(**options)


def weights_for(target, prediction, kind):
    samples = np.array([0.5, 2, 0, 1, 3, 0.25], "float32")[: len(prediction)]
    return {"per sample": samples, "a column": samples[:, None], "one number": 0.3}[kind]


def masked(side, prediction, mask):
    """The prediction as a tensor of ``side`` that carries ``mask``."""
    tensor = prediction.view(kgraph.losses.reduction.MaskedArray) if side is kgraph else keras.ops.array(prediction)
    if side is kgraph:
        tensor._keras_mask = mask
    else:
        keras.src.backend.set_keras_mask(tensor, keras.ops.array(mask))
    return tensor


@pytest.mark.parametrize("case", CASES)
def test_a_loss_function_gives_the_values_of_keras(case):
    _, name, options, target, prediction = CASES[case]
    ours, theirs = (getattr(side.losses, name)(target, prediction, **options) for side in (kgraph, keras))
    assert_same(ours, theirs)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_loss_object_reduces_as_keras_does(case, reduction):
    name, _, options, target, prediction = CASES[case]
    ours, theirs = of_both(name, reduction=reduction, **options)
    assert_same(ours(target, prediction), theirs(target, prediction))


@pytest.mark.parametrize("kind", ["per sample", "a column", "one number"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_loss_object_weighs_samples_as_keras_does(case, reduction, kind):
    name, _, options, target, prediction = CASES[case]
    weights = weights_for(target, prediction, kind)
    has_steps = prediction.ndim > 2
    if has_steps and kind == "per sample":
        pytest.skip("Keras has no such weights for steps: see test_differences")
    if reduction == "mean_with_sample_weight" and (kind == "one number" or (has_steps and kind == "a column")):
        pytest.skip("divided by another sum on purpose: see test_differences")
    ours, theirs = of_both(name, reduction=reduction, **options)
    assert_same(ours(target, prediction, weights), theirs(target, prediction, weights))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", ["mean squared error", "binary of logits", "sparse", "sparse of steps"])
def test_a_mask_on_the_prediction_counts_as_in_keras(case, reduction, weighted):
    name, _, options, target, prediction = CASES[case]
    shape = prediction.shape[:-1]
    mask = (np.arange(np.prod(shape)) % 3 != 1).reshape(shape)
    weights = RNG.uniform(0, 2, shape).astype("float32") if weighted else None
    ours, theirs = of_both(name, reduction=reduction, **options)
    assert_same(
        ours(target, masked(kgraph, prediction, mask), weights), theirs(target, masked(keras, prediction, mask), weights)
    )


@pytest.mark.parametrize("case", CASES)
def test_a_loss_written_as_config_by_one_side_is_read_by_the_other(case):
    name, _, options, target, prediction = CASES[case]
    for mine, other in ((kgraph, keras), (keras, kgraph)):
        written = mine.losses.serialize(getattr(mine.losses, name)(**options))
        assert_same(
            kgraph.losses.deserialize(written)(target, prediction) if other is kgraph else getattr(kgraph.losses, name)(
                **options
            )(target, prediction),
            keras.losses.deserialize(written)(target, prediction),
        )


@pytest.mark.parametrize(
    "name", ["mse", "MSE", "mae", "MAE", "bce", "BCE", "binary_crossentropy", "categorical_crossentropy", "mean_squared_error"]
)
def test_a_loss_by_name_is_that_of_keras(name):
    assert_same(
        kgraph.losses.get(name)(ONE_HOT, PROBABILITIES), keras.losses.get(name)(ONE_HOT, PROBABILITIES)
    )


@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "SparseCategoricalCrossentropy"])
def test_automatic_and_default_names_are_those_of_keras(name):
    ours, theirs = of_both(name)
    assert ours.name == theirs.name
    assert ours.reduction == theirs.reduction
