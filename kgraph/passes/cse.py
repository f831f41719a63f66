"""Common subexpressions: one node a value."""

from __future__ import annotations

import json

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.passes.rewrite import rewrite


def cse(graph: Graph) -> Graph:
    """``graph`` where of nodes with equal op, inputs, attributes and type only the first is left.

    Every value stays bit for bit what it was: random ops are functions of their state, so equal ones are equal too.
    """
    first: dict[tuple[str, tuple[str, ...], str, str], str] = {}

    def merge(node: Node, kept: dict[str, Node]) -> Node | str:
        if node.is_placeholder or node.is_variable:
            return node
        key = (node.op, node.inputs, json.dumps(dict(node.attrs)), str(node.type))
        earlier = first.setdefault(key, node.name)
        return node if earlier == node.name else earlier

    return rewrite(graph, merge)
