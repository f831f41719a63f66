"""Models and graphs to draw."""

from __future__ import annotations

import kgraph as keras
from kgraph import layers
from kgraph.ir import Graph


def two_outputs() -> keras.Model:
    """Two outputs, a mask, a layer that is called twice, and losses that take sample weights."""
    keras.utils.clear_session()
    steps = layers.Masking(name="mask")(keras.Input((4, 3), name="steps"))
    shared = layers.Dense(3, activation="relu", name="shared")
    hidden = shared(layers.Dense(3, name="between")(shared(steps)))
    kind = layers.Dense(2, activation="softmax", name="kind")(hidden)
    price = layers.Dense(1, name="price")(hidden)
    model = keras.Model(steps.call.inputs[0], {"kind": kind, "price": price})
    model.compile(
        "adam",
        loss={"kind": "sparse_categorical_crossentropy", "price": "mse"},
        metrics={"kind": ["accuracy"], "price": ["mae"]},
    )
    return model


def train_graph() -> Graph:
    return two_outputs().make_train_function().graph


def deep_graph(nodes: int) -> Graph:
    """A train graph of at least ``nodes`` nodes: a stack of layers, each added to what came before."""
    keras.utils.clear_session()
    inputs = hidden = keras.Input((8,), name="features")
    for _ in range(nodes // 35 + 1):
        hidden = layers.Add()([hidden, layers.Dense(8, activation="gelu")(hidden)])
    model = keras.Model(inputs, layers.Dense(1, name="value")(hidden))
    model.compile("adam", "mse")
    graph = model.make_train_function().graph
    assert len(graph) >= nodes
    return graph


def branching_graph() -> Graph:
    """A train graph whose layers stand side by side, three in a row, and read each other across."""
    keras.utils.clear_session()
    inputs = keras.Input((4,), name="features")
    branches = [inputs, inputs, inputs]
    for row in range(3):
        joined = layers.Concatenate(name=f"join{row}")(branches)
        branches = [layers.Dense(4, activation="softmax", name=f"branch{row}{index}")(joined) for index in range(3)]
    model = keras.Model(inputs, branches)
    model.compile("sgd", "mse")
    return model.make_train_function().graph


#: Names that mean something to HTML, XML, JSON or a script, and characters that XML does not know.
ODD_NAMES = ("</script><script>alert(1)</script>", 'say "yes" & \'no\'', "two\nlines", "bell\x07", "層", "]]>", "%$")


def odd_graph() -> Graph:
    """A graph whose layers and nodes have odd names."""
    import json

    lines = ['graph "<b>&amp;</b>"', "%x: f32[N] = input()"]
    before = "x"
    for name in ODD_NAMES:
        node = f"{name.replace('/', '|')}/relu"
        lines.append(f"%{json.dumps(node)}: f32[N] = relu(%{before})")
        before = json.dumps(node)
    return Graph.parse("\n".join([*lines, f"output y = %{before}"]) + "\n")
