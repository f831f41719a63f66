"""The one loop that passes share: visit nodes in order, replace some, redirect their readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kgraph.ir import Graph
from kgraph.node import Node

#: Given a node (its inputs already redirected) and the nodes kept so far, the node to keep in its place, or the name of
#: an earlier node that its readers should read instead.
Rule = Callable[[Node, dict[str, Node]], Node | str]


def rewrite(graph: Graph, rule: Rule) -> Graph:
    """``graph`` with ``rule`` applied once to every node, first to last; outputs and updates follow."""
    kept: dict[str, Node] = {}
    redirected: dict[str, str] = {}
    for node in graph.nodes:
        inputs = tuple(redirected.get(name, name) for name in node.inputs)
        result = rule(node if inputs == node.inputs else replace(node, inputs=inputs), kept)
        if isinstance(result, str):
            redirected[node.name] = result
        else:
            kept[result.name] = result
    return graph.with_parts(
        nodes=tuple(kept.values()),
        outputs={output: redirected.get(name, name) for output, name in graph.outputs.items()},
        updates={variable: redirected.get(name, name) for variable, name in graph.updates.items()},
    )
