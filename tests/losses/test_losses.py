"""Losses, against their formulas in numpy: on arrays, and as graphs."""

from __future__ import annotations

import numpy as np
import pytest
from tracing import run_traced

from kgraph import config, losses, ops
from kgraph.autodiff import gradients
from kgraph.builder import Builder
from kgraph.losses.reduction import REDUCTIONS, apply_mask, squeeze_or_expand_to_same_rank, with_mask
from kgraph.runtime import NodeError
from kgraph.tensor import wrap
from kgraph.trace import Trace
from kgraph.types import TensorType

RNG = np.random.default_rng(7)
TARGET = RNG.uniform(0.0, 1.0, (6, 4))
PREDICTION = RNG.uniform(0.05, 0.95, (6, 4))
LOGITS = RNG.uniform(-6.0, 6.0, (6, 4))
LABELS = np.array([0, 3, 1, 2, 2, 0])
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.0, 3.0, 0.25])
EPSILON = 1e-7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


def binary(t, p):
    p = np.clip(p, EPSILON, 1 - EPSILON)
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean(-1)


def categorical(t, p):
    return -(t * np.log(np.clip(p / p.sum(-1, keepdims=True), EPSILON, 1 - EPSILON))).sum(-1)


ONE_HOT = np.eye(4)[LABELS]
SMOOTH = 0.1
SQUARED = ((TARGET - PREDICTION) ** 2).mean(-1)

#: function, options, target, prediction, expected values of the samples
CASES = {
    "mean_squared_error": (losses.mean_squared_error, {}, TARGET, PREDICTION, SQUARED),
    "mean_absolute_error": (
        losses.mean_absolute_error, {}, TARGET, PREDICTION, np.abs(TARGET - PREDICTION).mean(-1),
    ),
    "binary": (losses.binary_crossentropy, {}, TARGET, PREDICTION, binary(TARGET, PREDICTION)),
    "binary of logits": (
        losses.binary_crossentropy, {"from_logits": True}, TARGET, LOGITS, binary(TARGET, sigmoid(LOGITS)),
    ),
    "binary smoothed": (
        losses.binary_crossentropy, {"label_smoothing": SMOOTH}, TARGET, PREDICTION,
        binary(TARGET * 0.9 + 0.05, PREDICTION),
    ),
    "categorical": (losses.categorical_crossentropy, {}, ONE_HOT, PREDICTION, categorical(ONE_HOT, PREDICTION)),
    "categorical of logits": (
        losses.categorical_crossentropy, {"from_logits": True}, ONE_HOT, LOGITS, categorical(ONE_HOT, softmax(LOGITS)),
    ),
    "categorical smoothed": (
        losses.categorical_crossentropy, {"label_smoothing": SMOOTH}, ONE_HOT, PREDICTION,
        categorical(ONE_HOT * 0.9 + 0.025, PREDICTION),
    ),
    "sparse": (losses.sparse_categorical_crossentropy, {}, LABELS, PREDICTION, categorical(ONE_HOT, PREDICTION)),
    "sparse of logits": (
        losses.sparse_categorical_crossentropy, {"from_logits": True}, LABELS, LOGITS,
        categorical(ONE_HOT, softmax(LOGITS)),
    ),
    "sparse with a last axis": (
        losses.sparse_categorical_crossentropy, {}, LABELS[:, None], PREDICTION, categorical(ONE_HOT, PREDICTION),
    ),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES)
def test_a_loss_is_its_formula_on_arrays_and_in_a_graph(case, dtype):
    function, options, target, prediction, expected = CASES[case]
    prediction = prediction.astype(dtype)
    tolerance = 1e-5 if dtype == "float32" else 1e-11
    on_arrays = function(target, prediction, **options)
    in_graph, _, _ = run_traced(lambda t, p: function(t, p, **options), target, prediction)
    assert on_arrays.dtype == in_graph.dtype == dtype
    np.testing.assert_allclose(on_arrays, expected, rtol=tolerance)
    np.testing.assert_allclose(in_graph, expected, rtol=tolerance)


def test_binary_crossentropy_of_a_sure_mistake_is_finite():
    value = losses.binary_crossentropy([[1.0]], np.array([[0.0]]))
    np.testing.assert_allclose(value, [-np.log(EPSILON)])


@pytest.mark.parametrize("options", [{}, {"from_logits": True}, {"label_smoothing": 0.2}])
def test_classes_may_stand_on_another_axis(options):
    t, p = RNG.uniform(0.1, 1, (2, 3, 5)), RNG.uniform(0.1, 1, (2, 3, 5))
    moved = losses.categorical_crossentropy(np.moveaxis(t, 1, -1), np.moveaxis(p, 1, -1), **options)
    np.testing.assert_allclose(losses.categorical_crossentropy(t, p, axis=1, **options), moved, rtol=1e-12)


def test_sparse_classes_may_stand_on_another_axis():
    labels, p = RNG.integers(0, 3, (2, 5)), RNG.uniform(0.1, 1, (2, 3, 5))
    moved = losses.sparse_categorical_crossentropy(labels, np.moveaxis(p, 1, -1))
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy(labels, p, axis=1), moved, rtol=1e-12)
    ignoring = losses.sparse_categorical_crossentropy(labels, p, axis=1, ignore_class=2)
    np.testing.assert_allclose(ignoring, np.where(labels == 2, 0, moved), rtol=1e-12)


def test_timesteps_keep_a_value_each():
    labels, p = RNG.integers(0, 4, (3, 5)), RNG.uniform(0.1, 1, (3, 5, 4))
    value, _, _ = run_traced(losses.sparse_categorical_crossentropy, labels, p)
    np.testing.assert_allclose(value, categorical(np.eye(4)[labels], p), rtol=1e-6)


@pytest.mark.parametrize("label", [4, -1])
def test_a_label_that_is_no_class_is_refused(label):
    with pytest.raises(NodeError, match=rf"label {label} at position 1"):
        losses.sparse_categorical_crossentropy(np.array([0, label]), PREDICTION[:2])


def test_a_target_of_another_shape_is_refused_by_name():
    with pytest.raises(ValueError, match=r"y_true has shape \(6, 1\).*\(6, 4\)"):
        losses.mean_squared_error(TARGET[:, :1], PREDICTION)
    with pytest.raises(ValueError, match=r"y_true has shape \(6,\).*\(6, 4\)"):
        losses.categorical_crossentropy(LABELS, PREDICTION)


def test_a_vector_of_targets_meets_a_column_of_predictions_without_broadcasting():
    t, p = TARGET[:, 0], PREDICTION[:, :1]
    np.testing.assert_allclose(losses.mean_squared_error(t, p), (t - p[:, 0]) ** 2)
    np.testing.assert_allclose(losses.BinaryCrossentropy()(t, p), binary(t[:, None], p).mean())


def test_lists_and_ints_are_tensors_of_the_default_float():
    value = losses.mean_squared_error([[0, 1], [0, 0]], [[1, 1], [1, 0]])
    assert value.dtype == "float32"
    np.testing.assert_array_equal(value, [0.5, 0.5])


def reduced(values, weights, mask, reduction):
    """Keras 3's rule, written out."""
    total = np.ones_like(values) if weights is None else np.broadcast_to(weights, values.shape)
    if mask is not None:
        scale = mask.size / mask.sum() if reduction in ("sum_over_batch_size", "mean") and mask.any() else 1.0
        total = total * mask * scale
    if reduction in ("none", None):
        return values * total
    if reduction == "sum":
        return (values * total).sum()
    if reduction == "mean_with_sample_weight" and (weights is not None or mask is not None):
        return (values * total).sum() / total.sum()
    return (values * total).mean()


MASK = np.array([True, True, False, True, False, True])


@pytest.mark.parametrize("mask", [None, MASK], ids=["unmasked", "masked"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_reduction_is_its_formula(reduction, weights, mask):
    loss = losses.MeanSquaredError(reduction=reduction)
    prediction = PREDICTION if mask is None else with_mask(PREDICTION, mask)
    expected = reduced(SQUARED, weights, mask, reduction)
    np.testing.assert_allclose(loss(TARGET, prediction, weights), expected, rtol=1e-12)
    arrays = (TARGET, PREDICTION) if weights is None else (TARGET, WEIGHTS, PREDICTION)
    in_graph, _, _ = run_traced(lambda t, *rest: loss(t, rest[-1], *rest[:-1]), *arrays, mask=mask)
    np.testing.assert_allclose(in_graph, expected, rtol=1e-12)


def test_everything_masked_is_a_loss_of_zero():
    assert losses.MeanSquaredError()(TARGET, with_mask(PREDICTION, np.zeros(6, bool))) == 0


def test_a_weight_for_each_sample_meets_a_mask_of_timesteps():
    mask = np.array([[True, False, True], [True, True, False]])
    weight = apply_mask(np.array([2.0, 3.0]), mask, "float64", "sum")
    np.testing.assert_array_equal(weight, [[2, 0, 2], [3, 3, 0]])


def test_ignored_labels_have_no_part_in_the_mean():
    labels = np.array([0, -1, 1, 2, -1, 0])
    counts = labels != -1
    expected = categorical(np.eye(4)[labels], PREDICTION)
    loss = losses.SparseCategoricalCrossentropy(ignore_class=-1)
    np.testing.assert_allclose(loss.call(labels, PREDICTION), expected * counts, rtol=1e-12)
    np.testing.assert_allclose(loss(labels, PREDICTION), expected[counts].mean(), rtol=1e-12)
    in_graph, _, _ = run_traced(loss, labels, PREDICTION)
    np.testing.assert_allclose(in_graph, expected[counts].mean(), rtol=1e-12)


def test_predictions_of_ignored_labels_may_be_anything():
    prediction = PREDICTION.copy()
    prediction[1] = np.nan
    labels = np.array([0, 9, 1, 2, 2, 0])
    value, _, graph = run_traced(losses.SparseCategoricalCrossentropy(ignore_class=9), labels, prediction)
    assert np.isfinite(value)
    slope = gradients(graph, graph.outputs["result"], ["x1"]).run({"x0": labels, "x1": prediction})["grad/x1"]
    assert np.isfinite(slope).all() and (slope[1] == 0).all() and (slope[0] != 0).any()


def test_only_a_chosen_reduction_is_explicit():
    assert not losses.MeanSquaredError().explicit_reduction
    assert losses.MeanSquaredError().reduction == "sum_over_batch_size"
    assert losses.MeanSquaredError(reduction="sum_over_batch_size").explicit_reduction
    assert losses.Loss(reduction=None).explicit_reduction
    with pytest.raises(ValueError, match="reduction must be one of .*'avg'"):
        losses.Loss(reduction="avg")


class Cubed(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.power(y_true - y_pred, 3), axis=-1)


def test_a_loss_can_be_subclassed():
    loss = Cubed(name="cubed", dtype="float64")
    np.testing.assert_allclose(loss(TARGET, PREDICTION), ((TARGET - PREDICTION) ** 3).mean(), rtol=1e-12)
    assert loss.get_config() == {"name": "cubed"}
    with pytest.raises(NotImplementedError, match="Loss has no `call`"):
        losses.Loss()(TARGET, PREDICTION)


class Structured(losses.Loss):
    def call(self, y_true, y_pred):
        return losses.mean_squared_error(y_true["a"], y_pred["a"])


def test_targets_may_be_dicts():
    value = Structured()({"a": TARGET}, {"a": PREDICTION})
    np.testing.assert_allclose(value, SQUARED.mean(), rtol=1e-12)


def test_the_dump_of_a_loss_reads_like_its_formula():
    trace = Trace(Builder("f"))
    with trace.active():
        tensors = [wrap(trace.builder.leaf("input", name, TensorType("f32", ("N", 3)))) for name in ("t", "p")]
        with trace.builder.scope("loss/y"):
            losses.mean_squared_error(*tensors)
            losses.binary_crossentropy(*tensors)
    assert trace.builder.finish().section("loss/y") == (
        "%loss/y/sub: f32[N,3] = sub(%t, %p)\n"
        "%loss/y/squared_error: f32[N,3] = square(%loss/y/sub)\n"
        "%loss/y/per_sample: f32[N] = mean(%loss/y/squared_error){axes: [1]}\n"
        "%loss/y/crossentropy: f32[N,3] = binary_crossentropy(%t, %p){epsilon: 1e-07}\n"
        "%loss/y/per_sample_1: f32[N] = mean(%loss/y/crossentropy){axes: [1]}\n"
    )


def test_ranks_are_made_equal_by_a_last_axis_of_one_alone():
    def shapes(*given, **options):
        return tuple(x.shape for x in squeeze_or_expand_to_same_rank(*map(np.zeros, given), **options))

    assert shapes((6,), (6, 1)) == ((6, 1), (6, 1))
    assert shapes((6, 1), (6,)) == ((6, 1), (6, 1))
    assert shapes((6, 1), (6,), expand_rank_1=False) == ((6,), (6,))
    assert shapes((6, 5, 1), (6, 5)) == ((6, 5), (6, 5))
    assert shapes((6,), (6, 4)) == ((6,), (6, 4))
    assert shapes((6,), (6, 1, 1)) == ((6,), (6, 1, 1))


def test_the_default_float_decides_the_dtype_of_lists():
    config.set_floatx("float64")
    try:
        assert losses.mean_absolute_error([1], [2]).dtype == "float64"
    finally:
        config.set_floatx("float32")


def test_names_mean_functions_and_class_names_instances():
    assert losses.get("mse") is losses.get("MSE") is losses.get("mean_squared_error") is losses.mean_squared_error
    assert losses.get("bce") is losses.binary_crossentropy
    assert isinstance(losses.get("CategoricalCrossentropy"), losses.CategoricalCrossentropy)
    assert isinstance(losses.get(losses.MeanAbsoluteError), losses.MeanAbsoluteError)
    given = {"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}
    assert losses.get(given).from_logits is True
    assert losses.get(None) is None
    with pytest.raises(ValueError, match="unknown loss 'mze'"):
        losses.get("mze")


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(reduction="sum"),
        losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1, axis=1, name="b"),
        losses.SparseCategoricalCrossentropy(ignore_class=3, reduction=None, axis=1),
        losses.LossFunctionWrapper(losses.mean_absolute_error, name="wrapped"),
    ],
    ids=lambda loss: loss.name,
)
def test_a_config_makes_an_equal_loss(loss):
    config = losses.serialize(loss)
    again = losses.deserialize(config)
    assert type(again) is type(loss)
    assert losses.serialize(again) == config
    assert (again.explicit_reduction, again.reduction) == (loss.explicit_reduction, loss.reduction)


def test_a_function_has_a_config_too():
    config = losses.serialize(losses.binary_crossentropy)
    assert losses.deserialize(config) is losses.binary_crossentropy
