"""Compile, section 2: targets and feeds."""

from __future__ import annotations

import formulas
import numpy as np
import pytest
from small_models import kernel, linear, numbers, twin

import kgraph as keras
from kgraph import layers, ops


def test_row_2_1_a_target_has_the_rank_and_dtype_of_its_output():
    inputs = keras.Input((None, 3), name="x")
    sequence = layers.Dense(4, name="sequence")(inputs)
    model = keras.Model(inputs, [sequence, layers.Dense(2, name="single")(sequence[:, 0])])
    model.compile("sgd", "mse")
    assert [target.name for target in model.targets] == ["sequence_target", "single_target"]
    assert [target.shape for target in model.targets] == [(None, None, 4), (None, 2)]
    assert [target.dtype for target in model.targets] == ["float32", "float32"]
    assert [model.graph[name].op for name in ("sequence_target", "single_target")] == ["target", "target"]


def test_row_2_1_a_target_of_a_float64_output_is_float64(double):
    model = linear()
    model.compile("sgd", "mse")
    assert (model.targets[0].dtype, model.sample_weights[0].dtype) == ("float64", "float64")


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32", "float64"])
@pytest.mark.parametrize("column", [True, False])
def test_row_2_1_integer_labels_are_cast_for_sparse_losses(dtype, column, rng):
    model = linear(3, activation="softmax")
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    assert model.targets[0].shape == (None, 1)
    assert model.targets[0].dtype == "float32"
    x, labels = numbers(rng, 6, 3), rng.integers(3, size=6)
    p = formulas.softmax(np.float64(x) @ kernel(model))
    expected = [formulas.sparse_categorical_crossentropy(labels, p).mean(), np.mean(p.argmax(-1) == labels)]
    given = labels.astype(dtype)
    np.testing.assert_allclose(model.test_on_batch(x, given[:, None] if column else given), expected, rtol=1e-5)


def test_row_2_1_a_loss_of_the_users_may_compare_with_targets_of_another_width(rng):
    """As in Keras 2, whose feed shape is ``None`` there: such a loss may take more columns than the output has."""
    model = linear(1)
    model.compile("sgd", lambda y, p: ops.abs(y[:, 0] * y[:, 1] - p[:, 0]))
    assert model.targets[0].shape == (None, None)
    assert model._feed_output_shapes == [None]
    x, y = numbers(rng, 4, 3), numbers(rng, 4, 2)
    expected = np.abs(y[:, 0] * y[:, 1] - (x @ kernel(model))[:, 0]).mean()
    assert model.test_on_batch(x, y) == pytest.approx(expected, rel=1e-5)


def test_row_2_1_an_input_that_is_called_like_a_target_takes_its_own_data(rng):
    inputs = keras.Input((3,), name="out_target")
    other = keras.Input((3,), name="out_sample_weights")
    model = keras.Model([inputs, other], layers.Dense(1, use_bias=False, name="out")(inputs + other))
    model.compile("sgd", "mse")
    x, y, w = [numbers(rng, 4, 3), numbers(rng, 4, 3)], numbers(rng, 4, 1), np.array([1.0, 2.0, 0.0, 1.0])
    per_sample = formulas.mse(y, sum(x) @ kernel(model))
    expected = formulas.objective("keras2", per_sample, w=w)
    assert model.test_on_batch(x, y, sample_weight=w) == pytest.approx(expected, rel=1e-5)


def given_target(form: str, model: keras.Model, tensor: keras.KerasTensor) -> object:
    return {"a tensor": tensor, "a list": [tensor], "a dict": {"out": tensor}}[form]


@pytest.mark.parametrize("form", ["a tensor", "a list", "a dict"])
def test_row_2_2_a_target_tensor_replaces_the_placeholder(form, rng):
    model = linear(3)
    model.compile("sgd", "mse", target_tensors=given_target(form, model, model.inputs[0] * 2.0))
    assert not model.graph.leaves("target", "sample_weight")
    assert model.sample_weights == [None]
    assert model._feed_targets == model._feed_sample_weights == model._feed_output_names == []
    x = numbers(rng, 6, 3)
    expected = formulas.mse(2 * x, x @ kernel(model)).mean()
    assert model.test_on_batch(x) == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(x, batch_size=4, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert len(model.fit(x, batch_size=4, epochs=2, verbose=0).history["loss"]) == 2


def test_row_2_2_an_output_beside_it_is_still_fed(rng):
    model = twin()
    model.compile("sgd", "mse", target_tensors={"b": model.inputs[0][:, :2]}, weighted_metrics=["mae"])
    assert [target.name for target in model._feed_targets] == ["a_target"]
    assert [weights is None for weights in model.sample_weights] == [False, True]
    x, y, w = numbers(rng, 6, 3), numbers(rng, 6, 1), rng.random(6)
    a, b = x @ kernel(model, "a"), x @ kernel(model, "b")
    loss_a, loss_b = formulas.objective("keras2", formulas.mse(y, a), w=w), formulas.mse(x[:, :2], b).mean()
    mae_a, mae_b = formulas.objective("keras2", formulas.mae(y, a), w=w), formulas.mae(x[:, :2], b).mean()
    values = model.test_on_batch(x, y, sample_weight=w)
    np.testing.assert_allclose(values, [loss_a + loss_b, loss_a, loss_b, mae_a, mae_b], rtol=1e-5)


def test_row_2_2_a_tensor_inside_the_model_is_a_target_without_running_layers_again(rng):
    inputs = keras.Input((3,), name="x")
    inner = layers.Dense(2, name="inner")(inputs)
    model = keras.Model(inputs, layers.Dense(2, name="out")(inner))
    model.compile("sgd", "mse", target_tensors=inner)
    assert sum(node.op == "matmul" for node in model.graph.nodes) == 2


def test_row_2_2_arrays_and_variables_are_targets_too(rng):
    x, y = numbers(rng, 4, 3), numbers(rng, 4, 2)
    variable = keras.Variable(y, trainable=False)
    for given in (y, variable):
        model = linear(2)
        model.compile("sgd", "mse", target_tensors=given)
        assert model.test_on_batch(x) == pytest.approx(formulas.mse(y, x @ kernel(model)).mean(), rel=1e-5)


def test_row_2_2_target_tensors_that_do_not_fit_are_refused():
    model, other = twin(), keras.Input((3,), name="other")
    column = model.inputs[0][:, :1]
    with pytest.raises(ValueError, match="'c'.*a, b"):
        model.compile("sgd", "mse", target_tensors={"c": column})
    with pytest.raises(ValueError, match="2 outputs"):
        model.compile("sgd", "mse", target_tensors=[column])
    with pytest.raises(TypeError, match="target_tensors must be a list or a dict"):
        model.compile("sgd", "mse", target_tensors=column)
    with pytest.raises(ValueError, match="output a .*dimensions"):
        model.compile("sgd", "mse", target_tensors={"a": ops.sum(model.inputs[0])})
    with pytest.raises(ValueError, match="other"):
        model.compile("sgd", "mse", target_tensors={"a": other[:, :1]})


def test_row_2_3_lists_have_an_entry_per_output_and_feed_lists_one_per_fed_output():
    inputs = keras.Input((3,), name="x")
    widths = {"a": 1, "b": 3, "c": 2, "d": 3}
    model = keras.Model(inputs, [layers.Dense(units, name=name)(inputs) for name, units in widths.items()])
    with pytest.warns(UserWarning, match="for a:"):
        model.compile(
            "sgd",
            [None, "mse", "sparse_categorical_crossentropy", "mae"],
            target_tensors=[None, inputs, None, None],
        )
    assert [getattr(target, "name", None) for target in model.targets] == [None, "x", "c_target", "d_target"]
    assert [target.name for target in model._feed_targets] == ["c_target", "d_target"]
    assert model._feed_output_names == ["c", "d"]
    assert [output.shape for output in model._feed_outputs] == [(None, 2), (None, 3)]
    assert model._feed_output_shapes == [(None, 1), (None, 3)]
    assert [loss.__name__ for loss in model._feed_loss_fns] == [
        "sparse_categorical_crossentropy",
        "mean_absolute_error",
    ]
    assert [weights.name for weights in model._feed_sample_weights] == ["c_sample_weights", "d_sample_weights"]
    assert model._feed_sample_weight_modes == [None, None]


def test_row_2_4_placeholders_are_shown_as_keras_shows_them():
    inputs = keras.Input((8,), name="features")
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="dense_3")(inputs))
    model.compile("adam", "binary_crossentropy")
    assert repr(model.sample_weights) == '[Tensor("dense_3_sample_weights:0", shape=(?,), dtype=float32)]'
    assert repr(model.targets[0]) == 'Tensor("dense_3_target:0", shape=(?, 1), dtype=float32)'
    sequence = linear(2, None, name="steps")
    sequence.compile("adam", "mse", sample_weight_mode="temporal")
    assert repr(sequence.sample_weights[0]) == 'Tensor("steps_sample_weights:0", shape=(?, ?), dtype=float32)'
    assert repr(sequence.targets[0]) == 'Tensor("steps_target:0", shape=(?, ?, 2), dtype=float32)'


def compiled(units: int, loss: object, *steps: int | None, **kwargs: object) -> keras.Model:
    model = linear(units, *steps)
    model.compile("sgd", loss, **kwargs)
    return model


REFUSED = {
    "too many columns": (1, "mse", (4, 2), r"'out'.*\(None, 1\).*\(4, 2\)"),
    "too few columns": (2, "mean_squared_error", (4, 1), r"'out'.*\(None, 2\).*\(4, 1\)"),
    "a vector for several columns": (2, "binary_crossentropy", (4,), r"'out'.*\(None, 2\).*\(4,\)"),
    "too many axes": (1, "mse", (4, 1, 1), r"'out'.*\(None, 1\).*\(4, 1, 1\)"),
    "class indices": (3, "categorical_crossentropy", (4,), r"out.*\(None, 3\).*\(4,\).*to_categorical"),
    "one column of classes": (3, "categorical_crossentropy", (4, 1), r"out.*\(None, 3\).*\(4, 1\).*sparse"),
    "one class": (1, "categorical_crossentropy", (4, 1), r"out.*\(None, 1\).*\(4, 1\).*binary_crossentropy"),
    "instances too": (3, keras.losses.CategoricalCrossentropy(), (4, 1), r"out.*\(None, 3\).*\(4, 1\)"),
    "columns for class indices": (3, "sparse_categorical_crossentropy", (4, 3), r"'out'.*\(None, 1\).*\(4, 3\)"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_row_2_5_a_target_of_another_shape_is_refused_before_anything_changes(kind, rng):
    units, loss, shape, message = REFUSED[kind]
    model = compiled(units, loss)
    before = kernel(model)
    for call in (model.train_on_batch, model.test_on_batch, model.fit, model.evaluate):
        with pytest.raises(ValueError, match=message):
            call(numbers(rng, 4, 3), np.zeros(shape))
    np.testing.assert_array_equal(kernel(model), before)


def test_row_2_5_a_loss_of_the_users_meets_no_target_of_another_width_by_broadcasting(rng):
    model = compiled(3, lambda y, p: ops.mean(ops.square(y - p), axis=-1))
    with pytest.raises(ValueError, match=r"out_target.*4,1.*4,3"):
        model.train_on_batch(numbers(rng, 4, 3), np.zeros((4, 1)))


def test_row_2_5_counts_of_arrays_and_of_samples_must_agree(rng):
    model = twin()
    model.compile("sgd", "mse")
    x, a, b = numbers(rng, 4, 3), numbers(rng, 4, 1), numbers(rng, 4, 2)
    with pytest.raises(ValueError, match="3 arrays.*a, b"):
        model.train_on_batch(x, [a, b, b])
    with pytest.raises(ValueError, match="a, b"):
        model.train_on_batch(x, a)
    with pytest.raises(ValueError, match="'b'"):
        model.train_on_batch(x, {"a": a})
    with pytest.raises(ValueError, match="'c'.*a, b"):
        model.train_on_batch(x, {"a": a, "b": b, "c": b})
    with pytest.raises(ValueError, match="'a'"):
        model.train_on_batch(x)
    with pytest.raises(ValueError, match="'x' has 4 samples, but target 'a.* has 3"):
        model.train_on_batch(x, [a[:3], b[:3]])
    with pytest.raises(ValueError, match="'a' has 4 samples, but target 'b' has 3"):
        model.train_on_batch(x, [a, b[:3]])
    with pytest.raises(ValueError, match="sample weight 'b' has 5"):
        model.train_on_batch(x, [a, b], sample_weight={"b": np.ones(5)})


def test_row_2_5_inputs_are_checked_by_name_rank_and_known_dimension(rng):
    model = compiled(1, "mse", 4)
    with pytest.raises(ValueError, match=r"'x'.*\(None, 4, 3\).*\(2, 3\)"):
        model.train_on_batch(np.ones((2, 3)), np.ones((2, 4, 1)))
    with pytest.raises(ValueError, match=r"'x'.*\(None, 4, 3\).*\(2, 5, 3\)"):
        model.train_on_batch(np.ones((2, 5, 3)), np.ones((2, 4, 1)))


def test_row_2_5_dimensions_known_only_from_the_data_must_agree_too(rng):
    model = compiled(1, "mse", None)
    model.train_on_batch(np.ones((2, 5, 3)), np.ones((2, 5, 1)))
    with pytest.raises(ValueError, match="5 in x but 6 in out_target"):
        model.train_on_batch(np.ones((2, 5, 3)), np.ones((2, 6, 1)))


def test_row_2_5_weights_are_checked_by_rank(rng):
    with pytest.raises(ValueError, match=r"'out'.*\(None,\).*\(4, 1\)"):
        compiled(1, "mse").train_on_batch(numbers(rng, 4, 3), np.ones(4), sample_weight=np.ones((4, 1)))
    temporal = compiled(1, "mse", 5, sample_weight_mode="temporal")
    with pytest.raises(ValueError, match=r"'out'.*\(None, None\).*\(4,\)"):
        temporal.train_on_batch(np.ones((4, 5, 3)), np.ones((4, 5, 1)), sample_weight=np.ones(4))
    with pytest.raises(ValueError, match=r"out_sample_weights.*4,6.*4,5"):
        temporal.train_on_batch(np.ones((4, 5, 3)), np.ones((4, 5, 1)), sample_weight=np.ones((4, 6)))


@pytest.mark.parametrize("loss", ["mse", "mae", "binary_crossentropy", lambda y, p: ops.mean(ops.square(y - p), -1)])
def test_row_2_5_a_vector_never_broadcasts_against_a_column(loss, rng):
    model = compiled(1, loss, metrics=["mae", "accuracy"])
    x, y = numbers(rng, 5, 3), (rng.random(5) > 0.5).astype("float32")
    np.testing.assert_array_equal(model.test_on_batch(x, y), model.test_on_batch(x, y[:, None]))
    expected = np.mean(np.abs(y[:, None] - x @ kernel(model)))
    assert model.test_on_batch(x, y)[1] == pytest.approx(expected, rel=1e-5)


def test_row_2_5_lists_of_numbers_are_targets(rng):
    model = compiled(1, "mse")
    x = numbers(rng, 3, 3)
    assert model.test_on_batch(x, [1.0, 2.0, 3.0]) == model.test_on_batch(x, np.array([1.0, 2.0, 3.0]))
