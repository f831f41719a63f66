"""Errors of a run name the line of the user's code that made the node."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest

import kgraph as keras
from kgraph import Graph, layers
from kgraph.runtime import NodeError

HERE = f"tests{os.sep}debug{os.sep}test_sources.py"


def line_of(text: str) -> int:
    """Where ``text`` stands in this file, first."""
    with open(__file__, encoding="utf-8") as file:
        return next(number for number, line in enumerate(file, start=1) if text in line)


def embedding() -> keras.Model:
    tokens = keras.Input((3,), dtype="int32", name="tokens")
    embedded = layers.Embedding(4, 2, name="embed")(tokens)
    return keras.Model(tokens, embedded)


def test_an_error_names_the_layer_the_node_and_the_line_that_called_the_layer() -> None:
    where = f"layer embed (%embed/gather, made at {HERE}:{line_of('layers.Embedding(4')}): index 9 at position 1"
    with pytest.raises(NodeError, match=re.escape(where)):
        embedding().predict_on_batch(np.array([[1, 9, 2]], "int32"))


def test_an_error_of_a_loss_names_the_output_and_the_line_of_compile() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, activation="softmax", name="classes")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    where = rf"^output classes \(%loss/classes/\w+, made at {re.escape(HERE)}:{line_of('model.compile(')}\): "
    with pytest.raises(NodeError, match=where):
        model.train_on_batch(np.ones((2, 3), "float32"), np.array([1, 7]))


def test_a_graph_that_was_saved_with_its_lines_has_them_when_it_is_loaded() -> None:
    graph = embedding().graph
    from kgraph.text import dump, source_remark

    again = Graph.parse(dump(graph, source_remark))
    assert [node.source for node in again.nodes] == [node.source for node in graph.nodes]
    assert all(node.source.startswith(f"{HERE}:") for node in again.nodes)


def test_a_node_without_a_line_is_named_without_one() -> None:
    graph = Graph.parse(
        "graph f\n%t: f32[3] = input()\n%i: i32[1] = input()\n%g: f32[1] = gather(%t, %i)\noutput g = %g\n"
    )
    with pytest.raises(NodeError, match=r"^%g: index 5 at position 0"):
        graph.run({"t": np.zeros(3, "float32"), "i": np.array([5], "int32")})


def test_a_warning_of_this_package_names_the_line_that_led_to_it() -> None:
    inputs = keras.Input((3,), name="x")
    idle = layers.Dense(2, name="idle")(inputs)
    model = keras.Model(inputs, layers.Dense(1)(layers.Lambda(lambda x: keras.ops.cast(x > 0, "float32"))(idle)))
    model.compile("sgd", "mse")
    with pytest.warns(UserWarning, match="no gradient reaches idle/kernel, idle/bias") as seen:
        model.train_on_batch(np.ones((2, 3)), np.ones((2, 1)))  # not updated
    assert [(warning.filename, warning.lineno) for warning in seen] == [(__file__, line_of("# not" + " updated"))]


def test_a_warning_of_a_lost_mask_names_the_call_of_the_layer() -> None:
    embedded = layers.Embedding(4, 2, mask_zero=True)(keras.Input((3,), dtype="int32"))
    with pytest.warns(UserWarning, match="what follows sees no mask") as seen:
        layers.Flatten()(embedded)  # no mask
    assert [(warning.filename, warning.lineno) for warning in seen] == [(__file__, line_of("# no" + " mask"))]
