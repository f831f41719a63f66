"""Errors of a run, in the words of the graph."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from kgraph._ops import KernelFault
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import Call, find_op


class Fault(Protocol):
    """What is known of a refused value."""

    position: int
    value: float
    step: int


class NodeError(ValueError):
    """A node refused a value. Every variable is as it was before the step.

    Attributes:
        node: the name of the node.
        reason: the message without the place.
        position: the flat index of the value in its operand.
        value: the value.
        step: the step of ``Function.run_steps`` in which it happened; 0 otherwise.
        op, inputs: of the node.
        completed: what ``Function.run_steps`` had to give for the steps before it.
    """

    completed: np.ndarray | None = None

    def __init__(self, graph: Graph, node: Node, reason: str, fault: Fault) -> None:
        """
        Args:
            graph: that ran.
            node: which refused.
            reason: what is wrong with the value.
            fault: where, and what it is.
        """
        super().__init__(f"{_where(graph, node)}: {reason}")
        self.node = node.name
        self.op = node.op
        self.inputs = node.inputs
        self.reason = reason
        self.position = fault.position
        self.value = fault.value
        self.step = fault.step


def node_error(graph: Graph, node: Node, call: Call, fault: KernelFault) -> NodeError:
    """What ``fault``, which ``call`` of ``node`` reported, means: the layer, the node, and the op's own sentence."""
    value: float | int = int(fault.value) if float(fault.value).is_integer() else fault.value
    names = {"value": value, "position": fault.position, "limit": call.ints[0] if call.ints else None}
    reason = (find_op(node.op).fault or "value {value} at position {position} is refused").format(**node.attrs, **names)
    return NodeError(graph, node, reason, fault)


def _where(graph: Graph, node: Node) -> str:
    place = f"%{node.name}, made at {node.source}" if node.source else f"%{node.name}"
    parts = node.scope.split("/")
    if parts[0] == "loss":
        return f"output {'/'.join(parts[1:])} ({place})"
    layers = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    layer = next((layer for layer in layers if layer in graph.layers), None)
    owner = f"layer {layer}" if layer is not None else node.scope
    return f"{owner} ({place})" if owner else place
