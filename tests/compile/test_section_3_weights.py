"""Compile, section 3: sample weights, class weights, and the weighted, masked objective."""

from __future__ import annotations

import warnings

import formulas
import numpy as np
import pytest
from formulas import RULES, objective
from small_models import MaskZeros, kernel, linear, masked_inputs, numbers, still, twin

import kgraph as keras
from kgraph import layers, ops

# --- 3.1 to 3.3: placeholders and what is fed to them -----------------------------------------------------------------


def sequences() -> keras.Model:
    """Outputs ``a`` and ``b`` of shape ``(n, 4, 2)``, and ``flat`` of shape ``(n, 1)``."""
    inputs = keras.Input((4, 3), name="x")
    outputs = [layers.Dense(2, use_bias=False, name=name)(inputs) for name in "ab"]
    return keras.Model(inputs, [*outputs, layers.Dense(1, use_bias=False, name="flat")(inputs[:, 0])])


@pytest.mark.parametrize("mode", [None, [None, "temporal", None], {"a": None, "b": "temporal", "flat": None}])
def test_row_3_1_each_fed_output_has_weights_of_one_or_two_axes(mode):
    model = sequences()
    model.compile("sgd", "mse", sample_weight_mode=mode)
    assert [w.name for w in model.sample_weights] == [f"{name}_sample_weights" for name in ("a", "b", "flat")]
    shapes = [(None,), (None,) if mode is None else (None, None), (None,)]
    assert [w.shape for w in model.sample_weights] == shapes
    assert {w.dtype for w in model.sample_weights} == {"float32"}
    assert {model.graph[w.name].op for w in model.sample_weights} == {"sample_weight"}


def test_row_3_1_one_word_is_the_mode_of_all_outputs():
    inputs = keras.Input((4, 3), name="x")
    model = keras.Model(inputs, [layers.Dense(2, name=name)(inputs) for name in "ab"])
    model.compile("sgd", "mse", sample_weight_mode="temporal")
    assert model.sample_weight_modes == ["temporal", "temporal"]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ({"a": None, "b": None, "flat": None, "c": "temporal"}, "'c'.*a, b, flat"),
        ({"a": None, "b": "temporal"}, "no entry for output 'flat'"),
        ([None, "temporal"], "3 outputs"),
        ([None] * 4, "3 outputs"),
        ("spatial", "output a .*'spatial'"),
        ([None, "samplewise", None], "output b .*'samplewise'"),
        ({"a": 1, "b": None, "flat": None}, "output a .*not 1"),
        (2, "output a .*not 2"),
        ("temporal", r"output flat .*\(None, 1\)"),
    ],
)
def test_row_3_1_a_mode_that_does_not_fit_is_refused(mode, message):
    with pytest.raises(ValueError, match=message):
        sequences().compile("sgd", "mse", sample_weight_mode=mode)


def test_row_3_1_a_skipped_output_needs_no_mode():
    model = sequences()
    with pytest.warns(UserWarning, match="for a, flat:"):
        model.compile("sgd", {"b": "mse"}, sample_weight_mode={"b": "temporal"})
    assert model.sample_weight_modes == [None, "temporal", None]


def test_row_3_2_sample_weights_and_modes_have_an_entry_per_output_and_feeds_one_per_fed_output():
    model = sequences()
    with pytest.warns(UserWarning, match="for a:"):
        model.compile("sgd", {"b": "mse", "flat": "mse"}, sample_weight_mode=[None, "temporal", None])
    assert [getattr(w, "name", None) for w in model.sample_weights] == [None, "b_sample_weights", "flat_sample_weights"]
    assert model.sample_weight_modes == [None, "temporal", None]
    assert [w.name for w in model._feed_sample_weights] == ["b_sample_weights", "flat_sample_weights"]
    assert model._feed_sample_weight_modes == ["temporal", None]


def test_row_3_3_weights_not_given_are_ones_and_cost_nothing(rng):
    model = linear(2)
    model.compile(still(), "mse", weighted_metrics=["mae"])
    x, y = numbers(rng, 8, 3), numbers(rng, 8, 2)
    plain = model.train_on_batch(x, y)
    np.testing.assert_allclose(model.train_on_batch(x, y, sample_weight=np.ones(8)), plain, rtol=1e-6)
    feeds = {"x": x, "out_target": y}
    assert "out_sample_weights" in model.train_function.graph
    without = model.train_function.program(feeds)
    weighted = model.train_function.program({**feeds, "out_sample_weights": np.ones(8, "float32")})
    assert "out_sample_weights" not in str(without.graph)
    assert len(without.graph) < len(weighted.graph)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("steps", [5, None])
def test_row_3_3_temporal_weights_not_given_are_ones_too(rule, steps, rng):
    model = linear(2, steps)
    metrics = ["mae", keras.metrics.MeanSquaredError()]
    model.compile(still(), "mse", weighted_metrics=metrics, sample_weight_mode="temporal", weighting=rule)
    x, y = numbers(rng, 7, 5, 3), numbers(rng, 7, 5, 2)
    given = model.evaluate(x, y, batch_size=4, sample_weight=np.ones((7, 5)), verbose=0)
    np.testing.assert_allclose(model.evaluate(x, y, batch_size=4, verbose=0), given, rtol=1e-6)
    np.testing.assert_allclose(list(model.fit(x, y, verbose=0).history.values()), np.array(given)[:, None], rtol=1e-5)


@pytest.mark.parametrize(
    "form", ["an array", "a list of numbers", "a list of one array", "a dict", "a dict of None", "float64"]
)
def test_row_3_3_weights_may_be_given_as(form, rng):
    model = linear(2)
    model.compile("sgd", "mse")
    x, y, w = numbers(rng, 4, 3), numbers(rng, 4, 2), np.array([0.5, 0.0, 2.0, 1.0], "float32")
    given = {
        "an array": w,
        "a list of numbers": w.tolist(),
        "a list of one array": [w],
        "a dict": {"out": w},
        "a dict of None": {"out": None},
        "float64": w.astype("float64"),
    }[form]
    used = None if form == "a dict of None" else w
    expected = objective("keras2", formulas.mse(y, x @ kernel(model)), w=used)
    assert model.test_on_batch(x, y, sample_weight=given) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("form", ["a list", "a list with None", "a dict", "a dict of one", "one for all"])
def test_row_3_3_outputs_take_their_weights_from_a_list_or_a_dict_or_share_them(form, rng):
    model = twin()
    model.compile("sgd", "mse")
    x, y, w = numbers(rng, 4, 3), [numbers(rng, 4, 1), numbers(rng, 4, 2)], [rng.random(4), rng.random(4)]
    given = {
        "a list": w,
        "a list with None": [None, w[1]],
        "a dict": {"a": w[0], "b": w[1]},
        "a dict of one": {"b": w[1]},
        "one for all": w[1],
    }
    used = [{"a list": w[0], "a dict": w[0], "one for all": w[1]}.get(form), w[1]]
    parts = [objective("keras2", formulas.mse(y[i], x @ kernel(model, name)), w=used[i]) for i, name in enumerate("ab")]
    np.testing.assert_allclose(model.test_on_batch(x, y, sample_weight=given[form]), [sum(parts), *parts], rtol=1e-5)


def test_row_3_3_weights_for_unknown_outputs_or_in_the_wrong_number_are_refused(rng):
    model = twin()
    model.compile("sgd", "mse")
    x, y, w = numbers(rng, 4, 3), [numbers(rng, 4, 1), numbers(rng, 4, 2)], np.ones(4)
    for given, message in (({"c": w}, "'c'.*a, b"), ([w], "a, b"), ([w, w, w], "a, b")):
        with pytest.raises(ValueError, match=message):
            model.train_on_batch(x, y, sample_weight=given)


LABELS = {
    "indices": (3, "sparse_categorical_crossentropy", lambda labels: labels),
    "a column of indices": (3, "sparse_categorical_crossentropy", lambda labels: labels[:, None]),
    "one-hot rows": (3, "categorical_crossentropy", lambda labels: np.eye(3)[labels]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_row_3_3_class_weight_becomes_sample_weights(kind, rng):
    units, loss, encode = LABELS[kind]
    model = linear(units, activation="softmax")
    model.compile(still(), loss)
    x, labels = numbers(rng, 9, 3), rng.integers(3, size=9)
    w = np.array([0.5, 2.0, 7.0])[labels]
    per_sample = formulas.sparse_categorical_crossentropy(labels, formulas.softmax(np.float64(x) @ kernel(model)))
    class_weight = {0: 0.5, 1: 2.0, 2: 7.0}
    value = model.train_on_batch(x, encode(labels), class_weight=class_weight)
    assert value == pytest.approx(objective("keras2", per_sample, w=w), rel=1e-5)
    history = model.fit(x, encode(labels), class_weight=class_weight, shuffle=False, batch_size=4, verbose=0).history
    parts = [objective("keras2", per_sample[s], w=w[s]) * len(w[s]) for s in (slice(4), slice(4, 8), slice(8, 9))]
    assert history["loss"] == pytest.approx([sum(parts) / 9], rel=1e-5)


@pytest.mark.parametrize("form", ["a list", "a dict"])
def test_row_3_3_class_weights_of_several_outputs(form, rng):
    model = twin("sigmoid")
    model.compile(still(), ["binary_crossentropy", "categorical_crossentropy"])
    x, labels, other = numbers(rng, 6, 3), rng.integers(2, size=6), rng.integers(2, size=6)
    y = [labels, np.eye(2)[other]]
    weights = {"a": {0: 1.0, 1: 5.0}, "b": {0: 0.0, 1: 2.0}}
    given = list(weights.values()) if form == "a list" else weights
    expected = model.train_on_batch(x, y, sample_weight=[np.array([1.0, 5.0])[labels], np.array([0.0, 2.0])[other]])
    np.testing.assert_allclose(model.train_on_batch(x, y, class_weight=given), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="a, b"):
        model.train_on_batch(x, y, class_weight={0: 1.0, 1: 2.0})
    with pytest.raises(ValueError, match="'c'"):
        model.train_on_batch(x, y, class_weight={"c": {0: 1.0}})


def test_row_3_3_a_class_without_weight_is_refused(rng):
    model = linear(1, activation="sigmoid")
    model.compile("sgd", "binary_crossentropy")
    before = kernel(model)
    with pytest.raises(ValueError, match="'out'.*class 1"):
        model.fit(numbers(rng, 4, 3), np.array([0, 1, 0, 1]), class_weight={0: 1.0}, verbose=0)
    np.testing.assert_array_equal(kernel(model), before)
    model.fit(numbers(rng, 4, 3), np.array([0, 1, 0, 1]), class_weight={0: 1.0, 1: 2.0, 5: 9.0}, verbose=0)


def test_row_3_3_class_weight_of_sequences_is_refused(rng):
    model = linear(2, 4)
    model.compile("sgd", "mse", sample_weight_mode="temporal")
    with pytest.raises(ValueError, match=r"'out'.*\(2, 4, 2\)"):
        model.train_on_batch(numbers(rng, 2, 4, 3), np.zeros((2, 4, 2)), class_weight={0: 1.0})


def test_row_3_3_sample_weight_wins_over_class_weight_with_a_warning(rng):
    model = linear(1, activation="sigmoid")
    model.compile(still(), "binary_crossentropy")
    x, y, w = numbers(rng, 4, 3), np.array([0, 1, 0, 1]), rng.random(4)
    expected = model.train_on_batch(x, y, sample_weight=w)
    with pytest.warns(UserWarning, match="out: class_weight is ignored") as caught:
        value = model.train_on_batch(x, y, sample_weight=w, class_weight={0: 1.0, 1: 100.0})
    assert len(caught) == 1
    assert value == pytest.approx(expected, rel=1e-6)


def test_row_3_3_which_wins_is_decided_output_by_output(rng):
    """As in Keras 2, where each output's weights are made on their own: weights of one do not switch off another's."""
    model = twin("sigmoid")
    model.compile(still(), ["binary_crossentropy", "categorical_crossentropy"])
    x, y, w = numbers(rng, 4, 3), [np.array([0, 1, 0, 1]), np.eye(2)[[0, 1, 1, 0]]], rng.random(4)
    expected = model.train_on_batch(x, y, sample_weight={"a": w, "b": np.array([1.0, 3.0, 3.0, 1.0])})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = model.train_on_batch(x, y, sample_weight={"a": w}, class_weight={"b": {0: 1.0, 1: 3.0}})
    np.testing.assert_allclose(value, expected, rtol=1e-6)


# --- 3.4 to 3.6: the objective ----------------------------------------------------------------------------------------

#: Output shapes without samples and columns; the shapes that a mask and weights may have, in axes.
CASES = [
    pytest.param(steps, mask_rank, weight_rank, id=f"{len(steps) + 2}D-mask{mask_rank}-weights{weight_rank}")
    for steps, mask_rank, weight_rank in [
        ((), 0, 0),
        ((), 0, 1),
        ((), 1, 0),
        ((), 1, 1),
        ((4,), 0, 1),
        ((4,), 0, 2),
        ((4,), 1, 1),
        ((4,), 2, 0),
        ((4,), 2, 1),
        ((4,), 2, 2),
        ((4, 2), 0, 1),
        ((4, 2), 0, 2),
        ((4, 2), 2, 0),
        ((4, 2), 2, 1),
        ((4, 2), 2, 2),
        ((1,), 2, 1),
        ((1,), 2, 2),
    ]
]


def samples_of(steps, mask_rank, weight_rank, rng, n=6):
    """Inputs, targets of 2 columns, a mask and weights (``None`` where they have no axes), zeros among them."""
    shape = (n, *steps)
    y = rng.normal(size=(*shape, 2))
    mask = rng.random(shape[:mask_rank]) > 0.4 if mask_rank else None
    w = (
        np.round(rng.random(shape[:weight_rank]) * 2, 1) * (rng.random(shape[:weight_rank]) > 0.3)
        if weight_rank
        else None
    )
    x = rng.normal(size=(*shape, 3)) if mask is None else masked_inputs(rng, mask, *shape[mask_rank:])
    if mask is not None:
        mask.flat[0] = True
        x.reshape(-1, 3)[0, 0] = 3.0
    if w is not None:
        w.flat[0] = 1.5
    return x, y, mask, w


def weighted_model(rule, steps, mask_rank, weight_rank, optimizer):
    model = linear(2, *steps, mask_rank=mask_rank)
    mode = "temporal" if weight_rank == 2 else None
    model.compile(optimizer, "mse", sample_weight_mode=mode, weighting=rule)
    return model


def check_value_and_step(rule, steps, mask_rank, weight_rank, rng):
    """The loss, and the weights after one step of plain gradient descent, against the formula and its differences."""
    model = weighted_model(rule, steps, mask_rank, weight_rank, keras.optimizers.SGD(1.0))
    x, y, mask, w = samples_of(steps, mask_rank, weight_rank, rng)

    def formula(k):
        return objective(rule, formulas.mse(y, x @ k), mask, w)

    before = kernel(model)
    assert model.test_on_batch(x, y, sample_weight=w) == pytest.approx(formula(before), rel=1e-9)
    assert model.train_on_batch(x, y, sample_weight=w) == pytest.approx(formula(before), rel=1e-9)
    np.testing.assert_allclose(before - kernel(model), formulas.slope(formula, before), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("steps", "mask_rank", "weight_rank"), CASES)
def test_row_3_4_masked_and_weighted_losses_divide_by_the_mean_of_the_mask_then_by_the_active_fraction(
    steps, mask_rank, weight_rank, double, rng
):
    check_value_and_step("keras2", steps, mask_rank, weight_rank, rng)


def test_row_3_4_a_worked_example_by_hand(rng):
    """Losses 1, 4, 9, 16 under weights 2, 0, 1, 0: (2 + 9) / 4 samples, over an active half."""
    inputs = keras.Input((1,), name="x")
    model = keras.Model(inputs, layers.Activation("linear", name="out")(inputs))
    model.compile("sgd", "mse")
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert model.test_on_batch(x, np.zeros(4), sample_weight=np.array([2.0, 0.0, 1.0, 0.0])) == pytest.approx(5.5)


def test_row_3_4_negative_weights_count_as_active(rng):
    model = linear(1)
    model.compile("sgd", "mse")
    x, y, w = numbers(rng, 4, 3), numbers(rng, 4, 1), np.array([-1.0, 0.0, 2.0, 0.5])
    expected = objective("keras2", formulas.mse(y, x @ kernel(model)), w=w)
    assert model.test_on_batch(x, y, sample_weight=w) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("mask_rank", [0, 2])
def test_row_3_4_the_batches_of_an_epoch_are_averaged_by_their_samples(mask_rank, rng):
    model = weighted_model("keras2", (4,), mask_rank, 1, still())
    x, y, mask, w = samples_of((4,), mask_rank, 1, rng, n=10)
    losses = formulas.mse(y, x @ kernel(model))
    batches = [slice(0, 4), slice(4, 8), slice(8, 10)]
    parts = [objective("keras2", losses[s], None if mask is None else mask[s], w[s]) * len(w[s]) for s in batches]
    for value in (
        model.evaluate(x, y, sample_weight=w, batch_size=4, verbose=0),
        model.fit(x, y, sample_weight=w, batch_size=4, shuffle=False, verbose=0).history["loss"][0],
    ):
        assert value == pytest.approx(sum(parts) / 10, rel=1e-5)


def test_row_3_4_a_mask_finer_than_the_losses_is_refused_by_output():
    inputs = keras.Input((4, 3), name="x")
    masked = MaskZeros(2)(inputs)
    summed = layers.Lambda(lambda t: ops.sum(t, axis=1), mask=lambda inputs, mask: mask, name="out")(masked)
    with pytest.raises(ValueError, match="loss of output out .*mask"):
        keras.Model(inputs, summed).compile("sgd", "mse")
    with pytest.raises(ValueError, match="loss of output out .*sample weights"):
        loss = lambda y, p: ops.mean(ops.square(y - p), axis=(1, 2))  # noqa: E731
        linear(2, 4).compile("sgd", loss, sample_weight_mode="temporal")


@pytest.mark.parametrize("rule", ["keras3", "weighted_mean"])
@pytest.mark.parametrize(("steps", "mask_rank", "weight_rank"), CASES)
def test_row_3_5_the_other_rules(rule, steps, mask_rank, weight_rank, double, rng):
    check_value_and_step(rule, steps, mask_rank, weight_rank, rng)


def test_row_3_5_an_unknown_rule_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="keras2, keras3, weighted_mean, not 'keras4'"):
        linear().compile("sgd", "mse", weighting="keras4")


def test_row_3_5_weighted_mean_divides_by_sums_that_are_negative_too(rng):
    model = linear(1)
    model.compile("sgd", "mse", weighting="weighted_mean")
    x, y, w = numbers(rng, 3, 3), numbers(rng, 3, 1), np.array([-2.0, 0.5, -1.0])
    expected = objective("weighted_mean", formulas.mse(y, x @ kernel(model)), w=w)
    assert model.test_on_batch(x, y, sample_weight=w) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("reduction", ["sum", "mean", "sum_over_batch_size", "mean_with_sample_weight", "none", None])
@pytest.mark.parametrize("masked", [False, True])
def test_row_3_5_a_loss_with_an_explicit_reduction_keeps_its_own(rule, reduction, masked, rng):
    """One that reduces nothing (``"none"``) is averaged, since a model minimises one number."""
    model = linear(2, 4, mask_rank=2 if masked else 0)
    model.compile("sgd", keras.losses.MeanSquaredError(reduction=reduction), weighting=rule)
    x, y, mask, w = samples_of((4,), 2 if masked else 0, 1, rng)
    losses = formulas.mse(y, x @ kernel(model))
    m = np.ones_like(losses) if mask is None else mask
    expected = {
        "sum": np.sum(losses * m * w[:, None]),
        "mean": objective("keras3", losses, mask, w),
        "sum_over_batch_size": objective("keras3", losses, mask, w),
        "mean_with_sample_weight": objective("weighted_mean", losses, mask, w),
        "none": np.mean(losses * m * w[:, None]),
        None: np.mean(losses * m * w[:, None]),
    }[reduction]
    assert model.test_on_batch(x, y, sample_weight=w) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("rule", RULES)
def test_row_3_5_a_loss_instance_without_one_follows_the_model(rule, rng):
    model = linear(2)
    model.compile("sgd", keras.losses.MeanSquaredError(), weighting=rule)
    x, y, _, w = samples_of((), 0, 1, rng)
    expected = objective(rule, formulas.mse(y, x @ kernel(model)), w=w)
    assert model.test_on_batch(x, y, sample_weight=w) == pytest.approx(expected, rel=1e-5)


def test_row_3_5_the_chosen_rule_is_visible_in_the_dump():
    model = twin()
    model.compile("sgd", ["mse", keras.losses.MeanAbsoluteError(reduction="sum")], weighting="weighted_mean")
    model.make_train_function()
    for graph in (model.graph, model.train_function.graph, keras.Graph.parse(str(model.graph))):
        lines = str(graph).splitlines()
        assert 'layer loss/a = {"loss": "mean_squared_error", "weighting": "weighted_mean"}' in lines
        assert 'layer loss/b = {"loss": "MeanAbsoluteError", "reduction": "sum"}' in lines


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("nothing", ["weights", "mask", "both"])
def test_row_3_6_where_nothing_counts_loss_and_gradients_are_zero(rule, nothing, rng):
    mask = np.zeros((3, 4), bool) if nothing != "weights" else np.ones((3, 4), bool)
    w = np.zeros(3) if nothing != "mask" else np.ones(3)
    model = linear(2, 4, mask_rank=2)
    model.compile(keras.optimizers.SGD(1.0), "mse", weighting=rule, metrics=["mae"], weighted_metrics=["mae", "mse"])
    before = kernel(model)
    values = model.train_on_batch(masked_inputs(rng, mask), numbers(rng, 3, 4, 2), sample_weight=w)
    assert values[0] == 0
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(kernel(model), before)


@pytest.mark.parametrize("rule", RULES)
def test_row_3_6_a_batch_that_does_not_count_leaves_an_epoch_finite(rule, rng):
    model = linear(2)
    model.compile("sgd", "mse", weighting=rule, weighted_metrics=["mae"])
    w = np.array([1.0, 2.0, 0.0, 0.0, 1.0])
    history = model.fit(
        numbers(rng, 5, 3), numbers(rng, 5, 2), sample_weight=w, batch_size=2, shuffle=False, verbose=0
    ).history
    assert np.isfinite([*history["loss"], *history["weighted_mae"]]).all()
    assert np.isfinite(kernel(model)).all()
