"""Sample weights that are not given are ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.passes.rewrite import rewrite


def ones_for(graph: Graph, placeholders: Collection[str]) -> Graph:
    """``graph`` with each of ``placeholders`` replaced by a ``full`` of ones of the same name and type.

    No array is made for them: ``fold`` then removes what they multiply, and divisors that become 1.
    """

    def fill(node: Node, kept: dict[str, Node]) -> Node:
        if node.name not in placeholders:
            return node
        attrs = {"shape": list(node.type.shape), "value": 1.0, "dtype": node.type.dtype}
        return replace(node, op="full", attrs=find_op("full").bind_attrs(attrs))

    return rewrite(graph, fill)
