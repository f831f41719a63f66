"""Losses: functions and classes, their options, reductions, weights and masks, against Keras."""

from __future__ import annotations

import numpy as np
import pytest
from loss_cases import CASES, LABELS, ONE_HOT, PROBABILITIES, RNG
from sides import assert_same, keras, kgraph

pytestmark = pytest.mark.keras

#: Those that take probabilities, by names that Keras's own `get` knows.
FUNCTIONS = sorted(
    {case.function for case in CASES.values()} - {"categorical_generalized_cross_entropy", "circle", "ctc"}
)
CLASSES = sorted({case.name for case in CASES.values()})
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
#: Classes of Keras whose configs forget the options, and that its `get` and `deserialize` do not know.
DROPS_OPTIONS = ("CosineSimilarity", "Huber")
UNKNOWN_BY_NAME = ("CategoricalGeneralizedCrossEntropy",)
#: One of each kind of values: for samples, for steps, with a mask of their own, of all samples together.
KINDS = (
    "mean_squared_error plain", "binary_crossentropy of logits", "sparse_categorical_crossentropy of steps",
    "sparse_categorical_crossentropy of steps without a class", "sparse_categorical_crossentropy without a class",
    "circle plain", "dice of the batch",
)  # fmt: skip


def of_both(case, **options):
    return [getattr(side.losses, case.name)(**options, **case.options) for side in (kgraph, keras)]


def weights_for(prediction, kind):
    samples = np.array([0.5, 2, 0, 1, 3, 0.25], "float32")[: len(prediction)]
    return {"per sample": samples, "a column": samples[:, None], "one number": 0.3}[kind]


def weighs_as_keras(case, reduction, kind):
    """Whether these weights mean the same to both; `test_differences` has those that do not."""
    steps = CASES[case].prediction.ndim > 2
    if reduction == "mean_with_sample_weight" and (kind == "one number" or steps):
        return False
    return not (steps and kind == "per sample")


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
    _, name, target, prediction, options = CASES[case]
    ours, theirs = (getattr(side.losses, name)(target, prediction, **options) for side in (kgraph, keras))
    assert_same(ours, theirs)


@pytest.mark.parametrize("case", CASES)
def test_a_loss_object_averages_and_weighs_as_keras_does(case):
    name, _, target, prediction, options = CASES[case]
    ours, theirs = of_both(CASES[case])
    assert_same(ours(target, prediction), theirs(target, prediction))
    weights = weights_for(prediction, "a column" if prediction.ndim > 2 else "per sample")
    weights = weights[:, 0] if name in ("Tversky", "CTC") and weights.ndim > 1 else weights
    assert_same(ours(target, prediction, weights), theirs(target, prediction, weights))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", KINDS)
def test_a_loss_object_reduces_as_keras_does(case, reduction):
    ours, theirs = of_both(CASES[case], reduction=reduction)
    assert_same(*(loss(CASES[case].target, CASES[case].prediction) for loss in (ours, theirs)))


@pytest.mark.parametrize(
    ("case", "reduction", "kind"),
    [
        (case, reduction, kind)
        for case in KINDS
        for reduction in REDUCTIONS
        for kind in ("per sample", "a column", "one number")
        if weighs_as_keras(case, reduction, kind)
    ],
)
def test_weights_of_every_shape_enter_a_reduction_as_in_keras(case, reduction, kind):
    _, _, target, prediction, _ = CASES[case]
    weights = weights_for(prediction, kind)
    ours, theirs = of_both(CASES[case], reduction=reduction)
    assert_same(ours(target, prediction, weights), theirs(target, prediction, weights))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", [case for case in KINDS if not case.startswith("dice")])
def test_a_mask_on_the_prediction_counts_as_in_keras(case, reduction, weighted):
    _, _, target, prediction, _ = CASES[case]
    shape = prediction.shape[:-1]
    mask = (np.arange(np.prod(shape)) % 3 != 1).reshape(shape)
    weights = RNG.uniform(0, 2, shape).astype("float32") if weighted else None
    ours, theirs = of_both(CASES[case], reduction=reduction)
    mine, other = (masked(side, prediction, mask) for side in (kgraph, keras))
    assert_same(ours(target, mine, weights), theirs(target, other, weights))


@pytest.mark.parametrize("case", CASES)
def test_a_loss_written_as_config_by_one_side_is_read_by_the_other(case):
    name, _, target, prediction, options = CASES[case]
    theirs = getattr(keras.losses, name)(**({} if name in DROPS_OPTIONS else options))
    read = kgraph.losses.deserialize(keras.losses.serialize(theirs))
    assert_same(read(target, prediction), theirs(target, prediction))
    ours = getattr(kgraph.losses, name)(**options)
    if name not in UNKNOWN_BY_NAME:
        config = kgraph.losses.serialize(ours)
        assert_same(ours(target, prediction), keras.losses.deserialize(config)(target, prediction))


@pytest.mark.parametrize(
    "name", ["mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "bce", "BCE", "kld", "KLD", *FUNCTIONS]
)
def test_a_loss_by_name_is_that_of_keras(name):
    target = LABELS if name.startswith("sparse") else ONE_HOT
    assert_same(*(side.losses.get(name)(target, PROBABILITIES) for side in (kgraph, keras)))


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_by_name_has_the_name_reduction_and_options_of_keras(name):
    ours, theirs = kgraph.losses.get(name), getattr(keras.losses, name)()
    assert type(ours).__name__ == type(theirs).__name__ == name
    mine, other = ours.get_config(), theirs.get_config()
    assert {**mine, **other, "reduction": ours.reduction} == {**mine, "reduction": theirs.reduction}


def test_every_loss_of_keras_is_there():
    names = {name for name in dir(keras.losses) if not name.startswith("_")}
    assert names <= set(kgraph.losses.__all__)
    assert {name for name in names if name[0].isupper()} - {"Loss"} == set(CLASSES)


@pytest.mark.parametrize("reference", [False, True])
def test_circle_compares_with_references_as_keras_does(reference):
    case = CASES["circle plain"]
    given = {"ref_labels": LABELS[:5], "ref_embeddings": case.prediction[::-1][:5]} if reference else {}
    given["remove_diagonal"] = not reference
    assert_same(*(side.losses.circle(case.target, case.prediction, **given) for side in (kgraph, keras)))
