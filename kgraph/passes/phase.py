"""Phases: one graph holds training and inference; a function runs one of them."""

from __future__ import annotations

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.passes.dead_code import dead_code
from kgraph.passes.rewrite import rewrite


def resolve_phase(graph: Graph, training: bool) -> Graph:
    """``graph`` with each ``phase(train, test)`` replaced by its first operand in training, else its second.

    What only the other phase used is pruned, so dropout and batch statistics are not in a test graph at all.
    """

    def choose(node: Node, kept: dict[str, Node]) -> Node | str:
        return node.inputs[0 if training else 1] if node.op == "phase" else node

    return dead_code(rewrite(graph, choose))
