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
FUNCTIONS = sorted({function for _, function, *_ in CASES.values()})
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)


def of_both(name, **options):
    return getattr(kgraph.losses, name)(**options), getattr(keras.losses, name)(**options)


def weights_for(target, prediction, kind):
    samples = np.array([0.5, 2, 0, 1, 3, 0.25], "float32")[: len(prediction)]
    return {"per sample": samples, "a column": samples[:, None], "one number": 0.3}[kind]


def weighs_as_keras(case, reduction, kind):
    """Whether these weights mean the same to both; `test_differences` has those that do not."""
    has_steps = CASES[case][-1].ndim > 2
    if reduction == "mean_with_sample_weight" and (kind == "one number" or has_steps):
        return False
    return not (has_steps and kind == "per sample")


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


@pytest.mark.parametrize(
    ("case", "reduction", "kind"),
    [
        (case, reduction, kind)
        for case in CASES
        for reduction in REDUCTIONS
        for kind in ("per sample", "a column", "one number")
        if weighs_as_keras(case, reduction, kind)
    ],
)
def test_a_loss_object_weighs_samples_as_keras_does(case, reduction, kind):
    name, _, options, target, prediction = CASES[case]
    weights = weights_for(target, prediction, kind)
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
    mine, other = (masked(side, prediction, mask) for side in (kgraph, keras))
    assert_same(ours(target, mine, weights), theirs(target, other, weights))


@pytest.mark.parametrize("case", CASES)
def test_a_loss_written_as_config_by_one_side_is_read_by_the_other(case):
    name, _, options, target, prediction = CASES[case]
    for mine, other in ((kgraph, keras), (keras, kgraph)):
        loss = getattr(mine.losses, name)(**options)
        read = other.losses.deserialize(mine.losses.serialize(loss))
        assert_same(loss(target, prediction), read(target, prediction))


@pytest.mark.parametrize("name", ["mse", "MSE", "mae", "MAE", "bce", "BCE", *FUNCTIONS])
def test_a_loss_by_name_is_that_of_keras(name):
    target = LABELS if name.startswith("sparse") else ONE_HOT
    assert_same(kgraph.losses.get(name)(target, PROBABILITIES), keras.losses.get(name)(target, PROBABILITIES))


@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy", "SparseCategoricalCrossentropy"])
def test_automatic_and_default_names_are_those_of_keras(name):
    ours, theirs = of_both(name)
    assert ours.name == theirs.name
    assert ours.reduction == theirs.reduction
