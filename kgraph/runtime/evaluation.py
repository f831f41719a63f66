"""A graph evaluated node by node, every value kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, Node
from kgraph.op import find_op
from kgraph.opset.leaves import decode_value
from kgraph.passes.check_values import FINITE, INFINITE, NAN, badness_of_attrs
from kgraph.runtime import eager
from kgraph.runtime.errors import NodeError
from kgraph.runtime.storage import Storage

#: What the values of a node hold, by how bad they are.
HELD: Final = {FINITE: "finite numbers", INFINITE: "infinity", NAN: "NaN"}

Values = dict[str, np.ndarray]


class NonFiniteError(ArithmeticError):
    """A node made a NaN or infinity of operands that are better, or a leaf holds one.

    Every variable is as it was before the step.

    Attributes:
        node: its name.
        reason: what is wrong, in a sentence.
        graph: in which it is: at the shapes of the feeds.
        values: those of the node, and of all nodes before it.
        step: the step of ``Function.run_steps``, or the batch of ``Function.run_batches``, in which it happened.
        epoch, batch: where in ``fit``, ``evaluate`` or ``predict``, counted from 0, where that is known.
        function: what was run, and ``feeds`` on what.
        bundle: the directory into which all that is needed to run it again was saved.
    """

    epoch: int | None = None
    batch: int | None = None
    bundle: str | None = None
    step = 0

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = ""
        self.graph = self.function = Graph("", ())
        self.values: Values = {}
        self.feeds: Mapping[str, np.ndarray] = {}
        self.variables: Mapping[str, Storage] = {}

    @classmethod
    def at(cls, graph: Graph, node: Node, values: Values) -> NonFiniteError:
        """The error about ``node`` of ``graph``, given its value and those of the nodes before it."""
        held = HELD[badness(values[node.name])]
        if node.is_leaf:
            error = cls(f"%{node.name} ({node.op}) holds {held}")
        else:
            others = "are finite" if all(not badness(values[name]) for name in node.inputs) else "hold none"
            first = f"%{node.name} ({node.op}) is the first node with {held} among its values"
            error = cls(f"{first}; its operands {others}")
        error.node, error.graph, error.function, error.values = node.name, graph, graph, values
        return error

    def of(self, function: Graph, feeds: Mapping[str, np.ndarray], variables: Mapping[str, Storage]) -> NonFiniteError:
        """This error, which came up when ``function`` was run."""
        self.function, self.feeds, self.variables = function, feeds, variables
        return self


def badness(array: np.ndarray) -> int:
    """``FINITE``, ``INFINITE`` or ``NAN``: the worst of the values."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return FINITE
    return NAN if np.isnan(array).any() else INFINITE


def evaluate(
    graph: Graph,
    feeds: Mapping[str, np.ndarray],
    variables: Mapping[str, Storage],
    look: Callable[[Graph, Node, Values], None] | None = None,
) -> Values:
    """The value of every node of ``graph``, by name; variables stay as they are.

    Args:
        graph: its shapes are known.
        feeds: an array for each placeholder.
        variables: the storage of each variable.
        look: called for each node once its value is there.

    Raises:
        NodeError: a node refused a value.
    """
    values: Values = {}
    for node in graph.nodes:
        try:
            values[node.name] = _value(node, [values[name] for name in node.inputs], feeds, variables)
        except NodeError as error:
            raise NodeError(graph, node, error.reason, error) from None
        if look is not None:
            look(graph, node, values)
    return values


def refuse_worse(graph: Graph, node: Node, values: Values) -> None:
    """Refuses a value that is worse than those it was made of; a leaf that holds one at all, unless it is a constant.

    Raises:
        NonFiniteError: it is.
    """
    found = badness(values[node.name])
    if found and node.op != "const":
        given = [badness(values[name]) for name in node.inputs]
        if found > max([badness_of_attrs(node), *given]):
            raise NonFiniteError.at(graph, node, values)


def _value(
    node: Node, operands: list[np.ndarray], feeds: Mapping[str, np.ndarray], variables: Mapping[str, Storage]
) -> np.ndarray:
    if node.op in PLACEHOLDERS:
        return feeds[node.name]
    if node.is_variable:
        return variables[node.name].array.copy()
    if node.op == "const":
        return decode_value(node.attrs["value"], node.type.numpy_dtype, node.type.known_shape)
    if find_op(node.op).role == "view":
        return operands[0].reshape(node.type.known_shape)
    return eager.apply(node.op, operands, node.attrs)
