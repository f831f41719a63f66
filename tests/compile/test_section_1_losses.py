"""Compile, section 1: losses, and the arguments that change nothing or only how the graph is run."""

from __future__ import annotations

import formulas
import numpy as np
import pytest
from small_models import kernel, linear, numbers, still, twin

import kgraph as keras
from kgraph import layers, ops
from kgraph.losses import BinaryCrossentropy, MeanSquaredError, mean_absolute_error, mean_squared_error


def custom(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)


class Cubic(keras.Loss):
    def call(self, y_true, y_pred):
        return custom(y_true, y_pred)


LOSSES = {
    "a name": ("mean_absolute_error", formulas.mae),
    "a short name": ("mae", formulas.mae),
    "a class's name": ("MeanAbsoluteError", formulas.mae),
    "a function": (mean_absolute_error, formulas.mae),
    "a function of the user's": (custom, lambda y, p: np.mean(np.abs(y - p) ** 3, -1)),
    "a lambda": (lambda y, p: ops.mean(ops.abs(y - p) ** 3, axis=-1), lambda y, p: np.mean(np.abs(y - p) ** 3, -1)),
    "an instance": (keras.losses.MeanAbsoluteError(), formulas.mae),
    "an instance of the user's": (Cubic(), lambda y, p: np.mean(np.abs(y - p) ** 3, -1)),
    "a class": (keras.losses.MeanAbsoluteError, formulas.mae),
    "a config": (keras.losses.serialize(keras.losses.MeanAbsoluteError()), formulas.mae),
    "a function's config": (keras.losses.serialize(mean_absolute_error), formulas.mae),
}


# --- the sentence before section 1 ------------------------------------------------------------------------------------


def test_run_eagerly_gives_the_values_of_the_compiled_step_and_keeps_every_node(rng):
    x, y = numbers(rng, 10, 3), numbers(rng, 10, 2)
    fast, slow = linear(2), linear(2)
    slow.set_weights(fast.get_weights())
    fast.compile("adam", "mse", metrics=["mae"])
    slow.compile("adam", "mse", metrics=["mae"], run_eagerly=True)
    for _ in range(3):
        np.testing.assert_allclose(slow.train_on_batch(x, y), fast.train_on_batch(x, y), rtol=1e-6)
    np.testing.assert_allclose(kernel(slow), kernel(fast), rtol=1e-6)
    assert slow.fit(x, y, batch_size=4, verbose=0).history.keys() == {"loss", "mae"}
    kept = slow.train_function.values
    assert {"loss/out/per_sample", "grad/out/kernel"} <= set(kept)
    np.testing.assert_allclose(slow.predict(x, verbose=0), x @ kernel(slow), rtol=1e-5)


def test_run_eagerly_stops_at_the_first_node_that_is_not_finite(rng):
    model = linear(1, activation=lambda x: ops.log(x - 1e6))
    model.compile("sgd", "mse", run_eagerly=True)
    before = kernel(model)
    with pytest.raises(ArithmeticError, match="%out/log"):
        model.train_on_batch(numbers(rng, 4, 3), np.ones(4))
    np.testing.assert_array_equal(kernel(model), before)


@pytest.mark.parametrize("given", [{"jit_compile": True}, {"jit_compile": False}, {"auto_scale_loss": False}])
def test_jit_compile_and_auto_scale_loss_change_nothing(given):
    model = linear(2)
    model.compile("adam", "mse", metrics=["mae"])
    plain = str(model.graph)
    model.compile("adam", "mse", metrics=["mae"], **given)
    assert str(model.graph) == plain


# --- rows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LOSSES)
def test_row_1_1_a_loss_may_be(kind, rng):
    loss, formula = LOSSES[kind]
    model = linear(2)
    model.compile("sgd", loss)
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 2)
    assert model.test_on_batch(x, y) == pytest.approx(formula(y, x @ kernel(model)).mean(), rel=1e-5)


@pytest.mark.parametrize(
    "loss",
    [
        ["mse", "mae"],
        ("mse", "mae"),
        {"a": "mse", "b": "mae"},
        {"b": mean_absolute_error, "a": MeanSquaredError()},
        [keras.losses.serialize(MeanSquaredError()), "MAE"],
    ],
)
def test_row_1_1_outputs_take_losses_from_a_list_or_a_dict(loss, rng):
    model = twin()
    model.compile("sgd", loss)
    x, y = numbers(rng, 6, 3), [numbers(rng, 6, 1), numbers(rng, 6, 2)]
    of_a = formulas.mse(y[0], x @ kernel(model, "a")).mean()
    of_b = formulas.mae(y[1], x @ kernel(model, "b")).mean()
    np.testing.assert_allclose(model.test_on_batch(x, y), [of_a + of_b, of_a, of_b], rtol=1e-5)


@pytest.mark.parametrize(
    "loss", ["mse", mean_squared_error, MeanSquaredError(), keras.losses.serialize(MeanSquaredError())]
)
def test_row_1_1_one_loss_is_for_all_outputs(loss, rng):
    model = twin()
    model.compile("sgd", loss)
    x, y = numbers(rng, 6, 3), [numbers(rng, 6, 1), numbers(rng, 6, 2)]
    parts = [formulas.mse(y[0], x @ kernel(model, "a")).mean(), formulas.mse(y[1], x @ kernel(model, "b")).mean()]
    np.testing.assert_allclose(model.test_on_batch(x, y), [sum(parts), *parts], rtol=1e-5)


def test_row_1_1_an_unknown_loss_is_refused_and_the_model_stays_as_it_was_compiled():
    model = linear()
    model.compile("sgd", "mse")
    graph = model.graph
    with pytest.raises(ValueError, match="unknown loss 'msee'.*mse"):
        model.compile("adam", "msee")
    with pytest.raises(ValueError, match="3.5"):
        model.compile("adam", 3.5)
    assert model.graph is graph
    assert model.loss == "mse"
    assert type(model.optimizer).__name__ == "SGD"


def test_row_1_1_a_loss_sees_symbolic_tensors_and_may_use_tensors_inside_the_model(rng):
    """A loss that reads an inner tensor means the very node: no layer runs twice, and dropout drops the same places."""
    inputs = keras.Input((3,), name="x")
    inner = layers.Dropout(0.5)(layers.Dense(4, name="inner")(inputs))
    model = keras.Model(inputs, layers.Dense(1, name="out")(inner))
    seen = []

    def loss(y_true, y_pred):
        seen.extend([y_true, y_pred])
        return ops.mean(ops.square(y_true - y_pred), axis=-1) + ops.mean(ops.square(inner), axis=-1)

    model.compile("sgd", loss)
    assert all(isinstance(tensor, keras.KerasTensor) for tensor in seen)
    assert [node.name for node in model.graph.nodes if node.op == "matmul"] == ["inner/matmul", "out/matmul"]
    assert sum(node.op == "dropout" for node in model.graph.nodes) == 1
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 1)
    k, b = model.get_layer("inner").get_weights()
    expected = formulas.mse(y, model.predict(x, verbose=0)) + np.mean((x @ k + b) ** 2, -1)
    assert model.test_on_batch(x, y) == pytest.approx(expected.mean(), rel=1e-5)


def test_row_1_2_an_unknown_output_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match="'c'.*a, b"):
        twin().compile("sgd", {"a": "mse", "c": "mse"})


@pytest.mark.parametrize("loss", [{"b": "mse"}, {"a": None, "b": "mse"}, [None, "mse"]])
def test_row_1_2_an_output_without_a_loss_takes_no_part_and_one_warning_names_it(loss, rng):
    model = twin()
    with pytest.warns(UserWarning) as caught:
        model.compile("sgd", loss, metrics=["mae"], weighted_metrics=["mae"])
    assert len(caught) == 1
    assert "for a:" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert [target is None for target in model.targets] == [True, False]
    assert [weights is None for weights in model.sample_weights] == [True, False]
    assert model.loss_functions[0] is None
    assert model.metrics_names == ["loss", "b_loss", "b_mae", "b_weighted_mae"]
    x, y = numbers(rng, 6, 3), numbers(rng, 6, 2)
    expected = formulas.mse(y, x @ kernel(model, "b")).mean()
    for given in (y, [y], [None, y], {"b": y}, {"a": None, "b": y}):
        assert model.test_on_batch(x, given)[0] == pytest.approx(expected, rel=1e-5)
    before = kernel(model, "a")
    model.fit(x, {"b": y}, batch_size=4, verbose=0)
    np.testing.assert_array_equal(kernel(model, "a"), before)


def test_row_1_2_two_skipped_outputs_share_the_one_warning():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [layers.Dense(1, name=name)(inputs) for name in "abc"])
    with pytest.warns(UserWarning, match="a, c") as caught:
        model.compile("sgd", {"b": "mse"})
    assert len(caught) == 1


def test_row_1_2_an_input_that_only_a_skipped_output_reads_may_be_fed(rng):
    left, right = keras.Input((3,), name="left"), keras.Input((3,), name="right")
    outputs = [layers.Dense(1, name="a")(left), layers.Dense(1, name="b")(right)]
    model = keras.Model([left, right], outputs)
    with pytest.warns(UserWarning, match="for b:"):
        model.compile("sgd", {"a": "mse"})
    x, y = [numbers(rng, 6, 3), numbers(rng, 6, 3)], numbers(rng, 6, 1)
    model.train_on_batch(x, y)
    model.fit(x, y, batch_size=4, verbose=0)
    assert [part.shape for part in model.predict(x, verbose=0)] == [(6, 1), (6, 1)]
    expected = formulas.mse(y, model.predict(x, verbose=0)[0]).mean()
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0), [expected, expected], rtol=1e-5)


@pytest.mark.parametrize("loss", [["mse"], ["mse", "mse", "mse"], []])
def test_row_1_3_a_list_of_the_wrong_length_is_refused(loss):
    with pytest.raises(ValueError, match="2 outputs"):
        twin().compile("sgd", loss)


@pytest.mark.filterwarnings("ignore:no loss is given")
@pytest.mark.parametrize("loss", [None, [None, None], {}])
def test_row_1_3_nothing_to_optimize_is_refused(loss):
    with pytest.raises(ValueError, match="no loss to optimize"):
        twin().compile("sgd", loss)


def test_row_1_3_a_regularizer_is_enough_to_optimize(rng):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.1))])
    model.compile("sgd")
    k = model.get_weights()[0]
    assert model.targets == [None]
    assert model.train_on_batch(numbers(rng, 4, 3)) == pytest.approx(0.1 * np.sum(k**2), rel=1e-5)
    np.testing.assert_allclose(model.get_weights()[0], k - 0.01 * 0.2 * k, rtol=1e-5)


def test_row_1_3_a_layer_loss_is_enough_to_optimize(rng):
    class Shrinks(keras.Layer):
        def call(self, inputs):
            self.add_loss(ops.mean(ops.square(inputs)))
            return inputs

    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, use_bias=False), Shrinks()])
    model.compile("sgd")
    x = numbers(rng, 4, 3)
    expected = np.mean((x @ model.get_weights()[0]) ** 2)
    assert model.fit(x, batch_size=4, verbose=0).history["loss"] == pytest.approx([expected], rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        ("mse", formulas.mse),
        ("mae", formulas.mae),
        ("binary_crossentropy", formulas.binary_crossentropy),
        ("categorical_crossentropy", formulas.categorical_crossentropy),
    ],
)
@pytest.mark.parametrize("steps", [(), (4,), (4, 2)])
def test_row_1_4_a_loss_reduces_the_last_axis_only(loss, formula, steps, rng):
    model = linear(3, *steps, activation="softmax")
    model.compile("sgd", loss)
    per_sample = model.graph["loss/out/per_sample"]
    assert per_sample.type.shape == ("N", *steps)
    x = numbers(rng, 5, *steps, 3)
    y = np.eye(3)[rng.integers(3, size=(5, *steps))]
    p = formulas.softmax(np.float64(x) @ kernel(model))
    assert model.test_on_batch(x, y) == pytest.approx(formula(y, p).mean(), rel=1e-4)


def test_row_1_4_sparse_labels_of_sequences(rng):
    model = linear(3, 4, activation="softmax")
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, labels = numbers(rng, 5, 4, 3), rng.integers(3, size=(5, 4))
    expected = formulas.sparse_categorical_crossentropy(labels, formulas.softmax(np.float64(x) @ kernel(model))).mean()
    for given in (labels, labels[..., None], labels[..., None].astype("float32"), labels.astype("int32")):
        assert model.test_on_batch(x, given) == pytest.approx(expected, rel=1e-4)


def test_row_1_4_a_loss_that_reduces_the_samples_too_gives_each_of_them_its_value(rng):
    """The row asks for a value per sample. Keras lets a scalar pass, as dice losses are: each sample has that loss."""
    model = linear(2)
    model.compile("sgd", lambda y_true, y_pred: ops.mean(ops.square(y_true - y_pred)))
    x, y, w = numbers(rng, 4, 3), numbers(rng, 4, 2), np.array([1.0, 0.0, 3.0, 0.5])
    whole = formulas.mse(y, x @ kernel(model)).mean()
    assert model.test_on_batch(x, y) == pytest.approx(whole, rel=1e-5)
    assert model.test_on_batch(x, y, sample_weight=w) == pytest.approx(whole * w.mean() / 0.75, rel=1e-5)


def test_row_1_4_a_loss_of_an_output_with_one_axis_is_a_value_per_sample(rng):
    inputs = keras.Input((3,), name="x")
    model = keras.Model(inputs, layers.Lambda(lambda t: ops.sum(t, axis=-1), name="out")(inputs))
    model.compile("sgd", "mse", metrics=["mse"], weighted_metrics=["mae"])
    x, y, w = numbers(rng, 4, 3), numbers(rng, 4), np.array([1.0, 0.0, 3.0, 0.5])
    errors = y - x.sum(-1)
    values = model.test_on_batch(x, y, sample_weight=w)
    expected = [np.mean(errors**2 * w) / 0.75, np.mean(errors**2), np.mean(np.abs(errors) * w) / 0.75]
    np.testing.assert_allclose(values, expected, rtol=1e-5)


def test_row_1_4_a_loss_that_gives_no_tensor_is_refused_by_output():
    with pytest.raises(ValueError, match="loss of output out gives float"):
        linear().compile("sgd", lambda y_true, y_pred: 1.0)


def test_row_1_5_loss_functions_has_an_entry_per_output():
    bce = BinaryCrossentropy()
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [layers.Dense(1, name=name)(inputs) for name in "abcd"])
    with pytest.warns(UserWarning, match="for c:"):
        model.compile(still(), ["mse", bce, None, custom])
    assert model.loss_functions == [mean_squared_error, bce, None, custom]
