"""Models that one side described are made by the other, and give the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sides import assert_same, both, give_weights, keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(8)
X = RNG.normal(size=(4, 4)).astype("float32")
TOKENS = RNG.integers(0, 6, (4, 3)).astype("int32")


def several_ends(side):
    a, b = side.Input((4,), name="a"), side.Input((3,), dtype="int32", name="b")
    shared = side.layers.Dense(3, activation="relu", kernel_regularizer="l2", name="shared")
    tokens = side.layers.Flatten()(side.layers.Embedding(6, 2)(b))
    x = side.layers.Add()([shared(a), shared(side.layers.Dense(4)(tokens))])
    x = side.layers.Dropout(0.5)(x, training=False)
    model = side.Model({"a": a, "b": b}, {"x": x, "y": side.layers.Dense(1)(x)})
    model.compile(
        side.optimizers.RMSprop(0.5, momentum=0.25),
        {"x": "mse", "y": side.losses.BinaryCrossentropy(from_logits=True, reduction="sum")},
        loss_weights={"y": 0.5},
        metrics={"y": [side.metrics.AUC(num_thresholds=7), "mae"]},
    )
    return model


def nested(side):
    inside_input = side.Input((4,))
    inside = side.Model(
        inside_input, [side.layers.Dense(4)(inside_input), side.layers.Activation("tanh")(inside_input)]
    )
    stack = side.Sequential([side.Input((4,)), side.layers.Dense(2), side.layers.BatchNormalization()])
    inputs = side.Input((4,))
    first, second = inside(inputs)
    return side.Model(inputs, [inside(first)[0], [stack(second), inside(stack_wide(side)(first))[1]]])


def stack_wide(side):
    return side.Sequential([side.layers.Dense(4, activation="softplus")])


def masked(side):
    tokens = side.Input((3,), dtype="int32")
    x = side.layers.Embedding(6, 4, mask_zero=True)(tokens)
    x = side.layers.Multiply()([x, side.layers.Activation("sigmoid")(x)])
    return side.Model(tokens, side.layers.Concatenate(axis=1)([x, x]))


def with_ops(side):
    inputs = side.Input((4,))
    x = side.layers.Dense(4)(inputs)
    scaled = 2.0 / (1.0 + side.ops.exp(-x)) - 1.0
    centred = scaled - side.ops.mean(scaled, axis=-1, keepdims=True)
    return side.Model(inputs, [centred * centred, side.ops.softmax(x), side.ops.maximum(x, 0.25)])


def stacked(side):
    model = side.Sequential([side.Input((4,)), side.layers.Dense(3, "selu"), side.layers.Reshape((3, 1))], name="stack")
    model.compile(side.optimizers.Adam(clipnorm=1.0), "mae", metrics=["mse"], weighted_metrics=["mae"])
    return model


CASES = {
    "several ends": (several_ends, {"a": X, "b": TOKENS}),
    "nested": (nested, X),
    "masked": (masked, TOKENS),
    "ops": (with_ops, X),
    "stack": (stacked, X),
}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    make, x = CASES[request.param]
    return both(make), x


def test_a_model_that_one_side_described_is_made_by_the_other(case):
    (ours, theirs), x = case
    made_here = kgraph.models.model_from_json(theirs.to_json())
    made_there = keras.models.model_from_json(ours.to_json())
    assert made_here.compiled == made_there.compiled == ours.compiled
    for mine, other in ((ours, theirs), (made_here, made_there)):
        give_weights(mine, other)
    expected = theirs(x)
    for model in (ours, made_here):
        assert_same(model.predict(x, verbose=0), expected)
    assert_same(made_there(x), expected)


def test_layers_and_weights_keep_their_names_and_order(case):
    (ours, theirs), _ = case
    made_here = kgraph.models.model_from_json(theirs.to_json())
    made_there = keras.models.model_from_json(ours.to_json())
    assert [layer.name for layer in made_here.layers] == [layer.name for layer in ours.layers]
    assert [tuple(w.shape) for w in made_there.weights] == [w.shape for w in ours.weights]


def test_both_write_the_same_calls(case):
    """Entry by entry: which class, built for which shapes, called on what."""
    (ours, theirs), _ = case
    mine, other = (json.loads(model.to_json()) for model in (ours, theirs))
    for key in ("module", "class_name", "registered_name"):
        assert mine[key] == other[key]
    assert _ends(mine) == _ends(other)
    assert _calls(mine) == _calls(other)


def _ends(described):
    return {key: described["config"].get(key) for key in ("input_layers", "output_layers", "build_input_shape")}


def _calls(described):
    """By entry; ops, which both number in an order of their own, by class. Keras notes a mask that is not there."""
    calls = {}
    for entry in described["config"]["layers"]:
        is_op = ".ops." in entry["module"]
        nodes = [] if is_op else entry.get("inbound_nodes", [])
        kept = [[node["args"], {k: v for k, v in node["kwargs"].items() if k != "mask"}] for node in nodes]
        text = json.dumps(kept)
        calls.setdefault(entry["class_name"] if is_op else entry["config"]["name"], []).append(
            (entry["module"], entry["class_name"], text)
        )
    return calls


@pytest.mark.parametrize("make", [several_ends, stacked])
def test_how_a_model_was_compiled_is_understood_by_both(make):
    ours, theirs = both(make)
    made_here = kgraph.models.model_from_json(theirs.to_json())
    made_there = keras.models.model_from_json(ours.to_json())
    for one, reference in ((made_here, ours), (made_there, theirs)):
        mine, other = one.get_compile_config(), reference.get_compile_config()
        for key in ("loss", "loss_weights", "metrics", "weighted_metrics"):
            assert json.dumps(mine[key], sort_keys=True) == json.dumps(other[key], sort_keys=True), key
        assert mine["optimizer"]["class_name"] == other["optimizer"]["class_name"]
        read, said = mine["optimizer"]["config"], other["optimizer"]["config"]
        assert read == {**said, "name": read["name"], "learning_rate": pytest.approx(said["learning_rate"])}


@keras.saving.register_keras_serializable("both")
@kgraph.saving.register_keras_serializable("both")
def squares_plus_one(x):
    return x * x + 1.0


def test_a_registered_function_has_the_same_config():
    assert kgraph.saving.serialize_keras_object(squares_plus_one) == keras.saving.serialize_keras_object(
        squares_plus_one
    )
    layer = kgraph.layers.deserialize(keras.layers.serialize(keras.layers.Activation(squares_plus_one)))
    assert layer.activation is squares_plus_one


VALUES = [None, True, 1.5, "x", [1, (2, 3)], {"a": {"b": None}}, b"y", slice(1, None, 2), np.arange(3), np.float32(2)]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_have_the_same_config(value):
    mine, other = (json.dumps(side.saving.serialize_keras_object(value)) for side in (kgraph, keras))
    assert mine == other


def test_clones_have_the_same_layers():
    ours, theirs = both(several_ends)
    mine, other = kgraph.models.clone_model(ours), keras.models.clone_model(theirs)
    assert [layer.name for layer in mine.layers] == [layer.name for layer in other.layers]
    give_weights(mine, other)
    assert_same(mine.predict({"a": X, "b": TOKENS}, verbose=0), other({"a": X, "b": TOKENS}))
