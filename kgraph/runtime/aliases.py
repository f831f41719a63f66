"""Which nodes share memory, which values are made once and for all, and copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from kgraph.costs import byte_size
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.opset.leaves import decode_value

#: A ``full`` of at most this many bytes is made once, with the program; a larger one is cheaper to make again than to
#: keep.
LARGEST_KEPT_FULL: Final = 1024


def roots(graph: Graph) -> Mapping[str, str]:
    """For every node the node whose memory holds its value: a view's operand's, else its own."""
    found: dict[str, str] = {}
    for node in graph.nodes:
        is_view = find_op(node.op).role == "view"
        found[node.name] = found[node.inputs[0]] if is_view else node.name
    return found


def is_constant(node: Node) -> bool:
    """Whether the value is made with the program rather than at each run."""
    return node.op == "const" or (node.op == "full" and byte_size(node.type) <= LARGEST_KEPT_FULL)


def constant_value(node: Node) -> np.ndarray:
    """The value of a node for which ``is_constant`` holds."""
    shape, dtype = node.type.known_shape, node.type.numpy_dtype
    if node.op == "full":
        return np.full(shape, node.attrs["value"], dtype)
    return decode_value(node.attrs["value"], dtype, shape)


def is_computed(node: Node) -> bool:
    """Whether a kernel makes the value at each run."""
    return find_op(node.op).role == "compute" and not is_constant(node)


def copy_of(source: Node, name: str) -> Node:
    """A node called ``name`` that copies ``source``: a slice of all of it."""
    rank = source.type.rank
    attrs = {"begin": [0] * rank, "shape": list(source.type.known_shape), "step": [1] * rank}
    return Node(name, "slice", (source.name,), find_op("slice").bind_attrs(attrs), source.type, source.source)


def keep_old_values(graph: Graph) -> Graph:
    """``graph`` where an output or update that is the old value of an updated variable is a copy of it.

    The copy is made before the variable is written, so that two variables may take each other's values.
    """
    root = roots(graph)
    copies: dict[str, Node] = {}

    def kept(name: str) -> str:
        if root[name] not in graph.updates:
            return name
        copies.setdefault(name, copy_of(graph[name], f"{name}/old"))
        return copies[name].name

    outputs = {output: kept(name) for output, name in graph.outputs.items()}
    updates = {variable: kept(name) for variable, name in graph.updates.items()}
    return graph.with_parts(nodes=(*graph.nodes, *copies.values()), outputs=outputs, updates=updates)
