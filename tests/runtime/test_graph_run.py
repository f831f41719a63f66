"""Graphs and ops run on arrays, buffers of weights, and passes that are switched off."""

from __future__ import annotations

import numpy as np
import pytest
from runtime_cases import STEP

import kgraph as keras
from kgraph import config
from kgraph.ir import Graph
from kgraph.runtime import NodeError, apply
from kgraph.runtime.specialise import OPTIONAL_PASSES


def test_a_graph_runs_on_arrays_for_all_its_leaves_and_leaves_them_alone() -> None:
    graph = Graph.parse(STEP)
    feeds = {"w": np.array([1.0, 2.0]), "m": np.zeros(2)}
    results = graph.run(feeds)
    assert list(results) == ["before", "after", "m", "w"]
    np.testing.assert_array_equal(feeds["w"], [1, 2])
    np.testing.assert_allclose(results["w"], np.array([1, 2]) - np.tanh([1, 4]))


def test_a_graph_takes_lists_and_numbers_where_nothing_is_lost() -> None:
    graph = Graph.parse(
        "graph f\n%x: f32[N] = input()\n%n: i32[] = input()\n%y: f32[N] = neg(%x)\noutput y = %y\noutput n = %n\n"
    )
    results = graph.run({"x": [1, 2.5], "n": 3})
    assert results["y"].tolist() == [-1, -2.5]
    assert results["n"] == 3
    with pytest.raises(ValueError, match="n must be int32, which float64 cannot become"):
        graph.run({"x": [1.0], "n": 3.5})


def test_a_graph_runs_in_its_test_phase() -> None:
    graph = Graph.parse(
        "graph f\n%x: f32[N] = input()\n%y: f32[N] = neg(%x)\n%p: f32[N] = phase(%y, %x)\noutput p = %p\n"
    )
    assert graph.run({"x": [1.0]})["p"].tolist() == [1]


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({"w": np.ones(2)}, "step needs a value for the variables m"),
        ({"w": np.ones(2), "m": np.ones(2), "z": np.ones(2)}, "no placeholder or variable 'z'; it has w, m"),
        ({"w": np.ones(3), "m": np.ones(2)}, r"dimension 0 of w \[2\] must be 2, not 3"),
        ({"w": np.ones(2, np.float32), "m": np.ones(2)}, "w must be float64, not float32"),
    ],
    ids=["missing", "unknown", "shape", "dtype"],
)
def test_a_graph_names_the_feed_that_does_not_fit(feeds: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Graph.parse(STEP).run(feeds)


def test_an_op_runs_on_arrays_at_once() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(apply("transpose", [x], {"perm": [1, 0]}), x.T)
    np.testing.assert_array_equal(apply("reshape", [x], {"shape": [6]}), x.ravel())
    np.testing.assert_array_equal(apply("full", [], {"shape": [2], "value": 3, "dtype": "i32"}), [3, 3])
    with pytest.raises(NodeError, match=r"^%gather: index 7 at position 0 is outside \[0, 2\)$"):
        apply("gather", [x, np.array([7], np.int32)], {})
    with pytest.raises(ValueError, match="add: shape is"):
        apply("add", [x, x[:1]], {})


def test_the_gradients_of_all_parameters_lie_side_by_side_in_the_order_of_the_parameters() -> None:
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(7, activation="tanh")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    model.compile("adam", "mse")
    function = model.make_train_function()
    leaves = function.graph.leaves("input", "target")
    feeds = {node.name: np.zeros((4, *node.type.shape[1:]), np.float32) for node in leaves}
    plan = function.program(feeds).plan
    offsets = [plan.places[f"grad/{weight.path}"].offset for weight in model.trainable_weights]
    sizes = [-(-weight.numpy().nbytes // 64) * 64 for weight in model.trainable_weights]
    assert offsets == [offsets[0] + sum(sizes[:place]) for place in range(len(sizes))]


def test_weights_and_each_kind_of_slot_lie_in_one_buffer() -> None:
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.train_on_batch(np.zeros((4, 5)), np.zeros((4, 2)))
    for group in (model.trainable_weights, *model.optimizer.slot_groups):
        buffers = {id(variable.storage.array.base) for variable in group}
        assert len(group) == 4 and len(buffers) == 1


def trained_weights() -> list[np.ndarray]:
    """The weights of a classifier after three steps; one of its kernels is tiled both ways."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((60,))
    hidden = keras.layers.Dense(9, activation="relu")(keras.layers.Dense(560, activation="relu")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    for _ in range(3):
        model.train_on_batch(rng.normal(size=(12, 60)), rng.integers(0, 4, 12))
    return model.get_weights()


@pytest.mark.parametrize("disabled", [OPTIONAL_PASSES, *([name] for name in OPTIONAL_PASSES)], ids=str)
def test_training_gives_the_same_weights_without_a_pass_that_can_be_switched_off(disabled: list[str]) -> None:
    expected = trained_weights()
    config.disable_passes(*disabled)
    try:
        found = trained_weights()
    finally:
        config.disable_passes()
    for weight, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=2e-6)


def test_disabling_a_pass_that_is_none_is_refused_with_the_names_of_those_that_are() -> None:
    config.disable_passes("magic")
    try:
        with pytest.raises(ValueError, match="no pass 'magic' can be disabled; those that can are fold, cse"):
            trained_weights()
    finally:
        config.disable_passes()
