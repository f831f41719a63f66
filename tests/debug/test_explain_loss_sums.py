"""The terms of an explained loss add up to the number that a step reports, under every rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from explained_models import REDUCTIONS, RULES, Batch, line, tagger, tagger_batch
from two_outputs import batch, two_outputs

import kgraph as keras
from kgraph import layers, ops
from kgraph.explain import Explanation


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def first(reported: Any) -> float:
    return reported[0] if isinstance(reported, list) else reported


def check(model: keras.Model, data: Batch) -> Explanation:
    """The explanation of a batch, once it is found to be that of the number that ``test_on_batch`` gives."""
    found = model.explain_loss(*data)
    loss = first(model.test_on_batch(*data))
    assert found.adds_up and abs(found.total - loss) <= found.tolerance < 1e-4 * max(1.0, abs(loss))
    for output in found.outputs:
        assert output.contributions.sum() == pytest.approx(output.value, rel=1e-5, abs=1e-7)
    return found


@pytest.mark.parametrize("temporal", [False, True])
@pytest.mark.parametrize("rule", RULES)
def test_terms_add_up_under_each_rule_for_random_masks_and_weights(
    rule: str, temporal: bool, rng: np.random.Generator
) -> None:
    model = tagger(weighting=rule, sample_weight_mode=["temporal" if temporal else None, None])
    for _ in range(6):
        data = tagger_batch(rng, temporal)
        found = check(model, data)
        tag, grade = found.outputs
        np.testing.assert_array_equal(tag.mask, data.x[0] != 0)
        assert grade.mask is None and tag.raw.shape == (7, 4) and grade.raw.shape == (7,)
        given = np.float32(data.sample_weight[0])
        np.testing.assert_array_equal(tag.weights, given if temporal else np.repeat(given[:, None], 4, axis=1))
        assert len(found.penalties) == 3


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_terms_add_up_for_losses_with_a_reduction_of_their_own(reduction: str | None, rng: np.random.Generator) -> None:
    loss = [keras.losses.MeanSquaredError(reduction=reduction), keras.losses.Huber(reduction=reduction)]
    model = tagger(loss=loss, weighting="weighted_mean")
    for weighted in (True, False):
        data = tagger_batch(rng)
        found = check(model, data if weighted else data._replace(sample_weight=None))
        assert {output.rule_name for output in found.outputs} == {f"reduction {reduction}"}


@pytest.mark.parametrize("rule", RULES)
def test_weights_that_are_not_given_are_told_from_ones_that_are(rule: str, rng: np.random.Generator) -> None:
    model, data = tagger(weighting=rule), tagger_batch(rng)
    without = check(model, data._replace(sample_weight=None))
    ones = check(model, data._replace(sample_weight=[np.ones(7), np.ones(7)]))
    assert all(output.weights is None for output in without.outputs)
    assert all((output.weights == 1).all() for output in ones.outputs)
    assert without.value == pytest.approx(ones.value)


@pytest.mark.parametrize("rule", RULES)
def test_where_all_weights_are_zero_the_terms_are_the_penalties(rule: str, rng: np.random.Generator) -> None:
    found = check(tagger(weighting=rule), tagger_batch(rng, zero=True))
    assert found.total == sum(penalty.value for penalty in found.penalties) > 0


@pytest.mark.parametrize("rule", RULES)
def test_where_all_is_masked_the_terms_of_the_output_are_zero(rule: str, rng: np.random.Generator) -> None:
    data = tagger_batch(rng)
    found = check(tagger(weighting=rule), data._replace(x=[np.zeros_like(data.x[0]), data.x[1]]))
    assert not found.outputs[0].terms.any() and found.outputs[1].terms.any()


@pytest.mark.parametrize("rule", RULES)
def test_a_loss_that_is_nan_is_nan_in_both(rule: str) -> None:
    model = line(weighting=rule)
    found = model.explain_loss(np.ones((3, 2)), np.array([[1.0], [np.nan], [2.0]]), np.array([1.0, 0.0, 2.0]))
    assert np.isnan(found.value) and np.isnan(found.total) and found.adds_up
    assert np.isnan(found.outputs[0].terms).tolist() == [False, True, False]


def test_the_two_output_model_with_a_mask_weights_and_a_shared_layer() -> None:
    found = check(two_outputs(), Batch(*batch()))
    score, total = found.outputs
    assert score.mask is not None and not score.mask[:, -1].any() and score.loss_weight == 1.0
    assert total.mask is None and total.loss_weight == 0.5


def test_classes_weigh_as_in_training() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3, activation="softmax", name="out")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y, by_class = np.ones((3, 2)), np.array([0, 2, 2]), {0: 1.0, 2: 4.0}
    found = model.explain_loss(x, y, class_weight=by_class)
    assert found.outputs[0].weights is not None
    assert found.outputs[0].weights.tolist() == [1.0, 4.0, 4.0]
    assert found.total == pytest.approx(model.test_on_batch(x, y, np.array([1.0, 4.0, 4.0])), rel=1e-6)
    with pytest.warns(UserWarning, match="both sample_weight and class_weight") as caught:
        model.explain_loss(x, y, np.ones(3), by_class)
    assert caught[0].filename == __file__


def test_targets_given_as_tensors_need_no_data(rng: np.random.Generator) -> None:
    inputs = keras.Input((3,), name="x")
    model = keras.Model(inputs, layers.Dense(3, name="out")(inputs))
    for rule in RULES:
        model.compile("sgd", "mse", target_tensors=model.inputs[0], weighting=rule)
        found = check(model, Batch(rng.normal(size=(5, 3)), None))
        assert found.formula == "loss = 1.0 * mean(l) [out]" and found.outputs[0].weights is None


def test_the_phase_of_training_gives_the_loss_of_the_next_step_and_draws_nothing(rng: np.random.Generator) -> None:
    model, data = tagger(), tagger_batch(rng)
    for _ in range(2):
        found = [model.explain_loss(*data, training=True) for _ in range(2)]
        assert found[0].value == found[1].value
        loss = first(model.train_on_batch(*data))
        assert found[0].value == pytest.approx(loss, rel=1e-6) and found[0].adds_up
        assert found[0].value != model.explain_loss(*data).value


def test_nothing_of_the_model_changes(rng: np.random.Generator) -> None:
    model = tagger(metrics=[["mae", keras.metrics.MeanSquaredError()], []])
    data = tagger_batch(rng)
    model.train_on_batch(*data)
    held = [*model.variables, *(variable for metric in model.metrics for variable in metric.variables)]
    before = [variable.numpy() for variable in held]
    model.explain_loss(*data)
    model.explain_loss(*data, training=True)
    for variable, old in zip(held, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)


def test_losses_that_layers_add_are_terms_of_their_own() -> None:
    class Added(keras.Layer):
        def call(self, x: Any, training: Any = None) -> Any:
            self.add_loss(0.25 * ops.mean(ops.square(x)))
            if training:
                self.add_loss(ops.mean(x) * 3.0)
            return x

    inputs = keras.Input((2,), name="x")
    model = keras.Model(inputs, layers.Dense(1, name="out")(Added(name="added")(inputs)))
    model.compile("sgd", "mse")
    data = Batch(np.full((4, 2), 2.0), np.zeros((4, 1)))
    assert [(term.formula, term.value) for term in check(model, data).penalties] == [
        ("add_loss [added]", 1.0),
        ("add_loss [added]", 0.0),
    ]
    in_training = model.explain_loss(*data, training=True)
    assert [term.value for term in in_training.penalties] == [1.0, 6.0] and in_training.adds_up


def test_an_output_without_a_loss_has_no_terms(rng: np.random.Generator) -> None:
    with pytest.warns(UserWarning, match="no loss is given for grade"):
        model = tagger(loss={"tag": "mse"}, loss_weights=None)
    data = tagger_batch(rng)
    found = check(model, Batch(data.x, {"tag": data.y[0]}))
    assert [output.output for output in found.outputs] == ["tag"]


def test_values_of_a_loss_over_several_axes_each_have_a_row(rng: np.random.Generator) -> None:
    inputs = keras.Input((3, 4, 2), name="x")
    model = keras.Model(inputs, layers.Dense(2, name="out")(inputs))
    model.compile("sgd", "mse")
    found = check(model, Batch(rng.normal(size=(2, 3, 4, 2)), rng.normal(size=(2, 3, 4, 2)), np.array([1.0, 3.0])))
    rows = list(found.table(fold=False))
    assert len(rows) == 24 and (rows[-1]["sample"], rows[-1]["step"]) == (1, "2, 3")


def test_a_loss_of_the_whole_batch_is_one_that_every_sample_has() -> None:
    model = line(loss=lambda y, p: ops.sum(ops.square(y - p)))
    found = check(model, Batch(np.ones((4, 2)), np.ones((4, 1)), np.array([0.0, 1.0, 1.0, 2.0])))
    assert found.outputs[0].raw.tolist() == [16.0] * 4


def test_a_model_that_is_not_compiled_cannot_be_explained() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    with pytest.raises(RuntimeError, match="must be compiled before it is explained"):
        model.explain_loss(np.ones((1, 2)), np.ones((1, 1)))
