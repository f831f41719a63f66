"""Dead code: what no result reads goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kgraph.ir import Graph


def dead_code(graph: Graph) -> Graph:
    """``graph`` without the nodes that neither an output nor an update is computed from.

    An update of a variable by itself goes too. Outputs and the values of all other updates stay as they are.
    """
    updates = {variable: value for variable, value in graph.updates.items() if variable != value}
    alive = graph.ancestors([*graph.outputs.values(), *updates, *updates.values()])
    nodes = tuple(node for node in graph.nodes if node.name in alive)
    return graph.with_parts(nodes=nodes, updates=updates)


def keep(graph: Graph, outputs: Iterable[str], updates: Mapping[str, str], name: str) -> Graph:
    """The pruning of ``graph`` to some of its outputs and to ``updates``, under a name of its own."""
    kept = {output: graph.outputs[output] for output in outputs}
    return dead_code(graph.with_parts(name=name, outputs=kept, updates=dict(updates)))
