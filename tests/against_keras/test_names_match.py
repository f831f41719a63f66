"""Names, the order of layers and weights, and the counts of a summary, against Keras."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sides import assert_same, both, both_models, keras, kgraph

pytestmark = pytest.mark.keras


def sequential(side):
    return side.Sequential(
        [
            side.Input((8,)),
            side.layers.Dense(6, activation="relu"),
            side.layers.BatchNormalization(),
            side.layers.Dropout(0.1),
            side.layers.Dense(4),
            side.layers.BatchNormalization(scale=False),
            side.layers.Dense(2),
        ]
    )


def branches(side):
    a, b = side.Input((5,)), side.Input((3,))
    left = side.layers.Dense(4)(a)
    right = side.layers.Dense(4)(side.layers.Dense(7)(b))
    both_sides = side.layers.Add()([left, right])
    late = side.layers.Dense(2)(side.layers.Concatenate()([both_sides, right]))
    return side.Model([a, b], [late, side.layers.Dense(1)(left)])


def made_in_another_order(side):
    """Layers are made last to first; they are listed by depth all the same."""
    layers = [side.layers.Dense(n) for n in (2, 3, 4)]
    inputs = side.Input((5,))
    return side.Model(inputs, layers[0](layers[1](layers[2](inputs))))


def shared(side):
    a, b = side.Input((4,)), side.Input((4,))
    layer = side.layers.Dense(3)
    return side.Model([a, b], side.layers.Multiply()([layer(a), side.layers.Activation("tanh")(layer(b))]))


def nested(side):
    inner_input = side.Input((4,))
    inner = side.Model(inner_input, side.layers.Dense(3)(side.layers.BatchNormalization()(inner_input)))
    inputs = side.Input((6,))
    return side.Model(inputs, side.layers.Dense(2)(inner(side.layers.Dense(4)(inputs))))


def skips(side):
    inputs = side.Input((4,))
    x = side.layers.Dense(4)(inputs)
    for _ in range(3):
        x = side.layers.Add()([x, side.layers.Dense(4)(side.layers.BatchNormalization()(x))])
    return side.Model(inputs, [side.layers.Dense(1)(x), side.layers.Dense(2)(inputs)])


def frozen(side):
    model = sequential(side)
    model.layers[0].trainable = False
    model.layers[1].trainable = False
    return model


def sequence(side):
    tokens = side.Input((5,), dtype="int32")
    x = side.layers.Embedding(9, 4, mask_zero=True)(tokens)
    x = side.layers.Flatten()(side.layers.Reshape((4, 5))(x))
    return side.Model(tokens, side.layers.Dense(3)(x))


def outputs_by_name(side):
    a, b = side.Input((4,), name="zebra"), side.Input((3,), name="ant")
    x = side.layers.Concatenate()([side.layers.Dense(3)(a), side.layers.Dense(5)(b)])
    return side.Model([a, b], {"tall": side.layers.Dense(1)(x), "far": side.layers.Dense(2)(side.layers.Dense(4)(x))})


MODELS = [sequential, branches, outputs_by_name, made_in_another_order, shared, nested, skips, frozen, sequence]


def data_for(model):
    rng = np.random.default_rng(0)
    shapes = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    if model.inputs[0].dtype == "int32":
        return [rng.integers(0, 9, (4, *shape)).astype("int32") for shape in shapes]
    return [rng.normal(size=(4, *shape)).astype("float32") for shape in shapes]


@pytest.mark.parametrize("make", MODELS)
def test_layers_stand_in_the_order_of_keras_under_its_names(make):
    ours, theirs = both(make)
    assert [type(layer).__name__ for layer in ours.layers] == [
        {"Functional": "Model"}.get(type(layer).__name__, type(layer).__name__) for layer in theirs.layers
    ]
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert ours.name == theirs.name


@pytest.mark.parametrize("make", MODELS)
def test_weights_stand_in_the_order_of_keras_under_its_names(make):
    ours, theirs = both(make)
    for which in ("weights", "trainable_weights", "non_trainable_weights"):
        mine, other = getattr(ours, which), getattr(theirs, which)
        assert [(w.name, w.shape) for w in mine] == [(w.name, tuple(w.shape)) for w in other]
    # Keras puts the model's name in front, where it is built as part of one.
    ends = [tuple(w.path.split("/")[-2:]) for w in theirs.weights]
    assert [tuple(w.path.split("/")[-2:]) for w in ours.weights] == ends


@pytest.mark.parametrize("make", MODELS)
def test_the_same_list_of_weights_makes_the_same_predictions(make):
    ours, theirs = both_models(make)
    data = data_for(theirs)
    given = data if len(data) > 1 else data[0]
    mine, other = (model.predict(given, verbose=0) for model in (ours, theirs))
    if isinstance(other, dict):
        mine, other = ([predicted[name] for name in sorted(other)] for predicted in (mine, other))
    assert_same(mine, other)
    assert ours.count_params() == theirs.count_params()


@pytest.mark.parametrize("make", MODELS)
def test_names_of_inputs_and_outputs_are_those_of_keras(make):
    ours, theirs = both(make)
    # An input without a name has that of its layer here, and is just a `keras_tensor_3` there.
    assert [tensor.name for tensor in ours.inputs] == [tensor._keras_history[0].name for tensor in theirs.inputs]
    # Outputs of a dict stand in the order that the user gave; Keras sorts them.
    shapes = [sorted(tuple(tensor.shape) for tensor in model.outputs) for model in (ours, theirs)]
    assert shapes[0] == shapes[1]
    if make is not outputs_by_name:
        # A `Sequential` of Keras has none, and the keys of a dict are none there.
        assert getattr(theirs, "output_names", ours.output_names) == ours.output_names
        assert [tuple(tensor.shape) for tensor in ours.outputs] == [tuple(tensor.shape) for tensor in theirs.outputs]
        assert (ours.input_shape, ours.output_shape) == (theirs.input_shape, theirs.output_shape)


def test_an_input_with_a_name_has_that_name_in_both():
    ours, theirs = both(lambda side: [side.Input((2,), name="left").name, side.layers.InputLayer((2,), name="x").name])
    assert ours == theirs == ["left", "x"]


@pytest.mark.parametrize("make", MODELS)
def test_a_summary_counts_what_keras_counts(make):
    ours, theirs = both(make)
    texts = []
    ours.summary(print_fn=texts.append)
    theirs.summary(print_fn=lambda text, **_: texts.append(text))
    counted = [_counts(text) for text in texts]
    assert counted[0] == counted[1]


def _counts(text):
    """All, trainable, and other parameters, from the last lines of a summary."""
    titles = ("(?:Total params|Parameters)", "Trainable(?: params)?", "(?:Non-trainable params|Not trainable)")
    return [int(re.search(rf"^ *{title}: ([\d,]+)", text, re.MULTILINE)[1].replace(",", "")) for title in titles]


def test_automatic_names_count_on_and_start_anew_as_in_keras():
    def names(side):
        made = [side.layers.Dense(1), side.layers.Dense(1), side.layers.BatchNormalization(), side.layers.Dense(1)]
        inputs = [side.Input((2,)), side.Input((2,))]
        functional = [side.Model(inputs, made[1](inputs[0])), side.Model(inputs, inputs)]
        return [x.name for x in (*made, *functional, side.Sequential(), side.Sequential())]

    ours, theirs = both(names)
    assert ours == theirs
    assert both(names) == (ours, theirs)


def test_merges_and_metrics_have_the_automatic_names_of_keras():
    def names(side):
        layers = (
            side.layers.Add, side.layers.Multiply, side.layers.Concatenate, side.layers.Flatten, side.layers.Masking,
        )  # fmt: skip
        metrics = (side.metrics.AUC, side.metrics.Precision, side.metrics.TruePositives, side.metrics.MeanSquaredError)
        return [make().name for make in (*layers, *layers, *metrics, *metrics)]

    ours, theirs = both(names)
    assert ours == theirs


@pytest.mark.parametrize("side", [kgraph, keras], ids=["kgraph", "keras"])
def test_a_summary_without_known_shapes_is_given_too(side):
    lines = []
    side.Sequential([side.layers.Dense(2)]).summary(print_fn=lambda text, **_: lines.append(text))
    assert "dense" in "".join(lines)
