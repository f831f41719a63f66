"""Dead code: what no result reads goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from kgraph.dims import symbols
from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, Node
from kgraph.op import SYMBOLIC_KINDS, find_op


def dead_code(graph: Graph) -> Graph:
    """``graph`` without the nodes that neither an output nor an update is computed from.

    An update of a variable by itself goes too. A placeholder that alone says what a symbol is stays, where a node that
    stays mentions it. Outputs and the values of all other updates stay as they are.
    """
    updates = {variable: value for variable, value in graph.updates.items() if variable != value}
    alive = graph.ancestors([*graph.outputs.values(), *updates, *updates.values()])
    alive = alive | _needed_for_symbols(graph, alive)
    nodes = tuple(node for node in graph.nodes if node.name in alive)
    return graph.with_parts(nodes=nodes, updates=updates)


def _needed_for_symbols(graph: Graph, alive: Set[str]) -> set[str]:
    """Placeholders that nothing alive reads, but whose shape gives a number to a symbol in it."""
    mentioned = {symbol for node in graph.nodes if node.name in alive for symbol in _symbols(node)}
    placeholders = sorted(graph.leaves(*PLACEHOLDERS), key=lambda node: node.name not in alive)
    needed = set()
    for node in placeholders:
        told = {dim for dim in node.type.shape if isinstance(dim, str)} & mentioned
        if told and node.name not in alive:
            needed.add(node.name)
        mentioned -= told
    return needed


def _symbols(node: Node) -> set[str]:
    """The symbols in a node's type and attributes."""
    symbolic = [attribute.name for attribute in find_op(node.op).attributes if attribute.kind in SYMBOLIC_KINDS]
    values = [node.attrs[name] for name in symbolic]
    dims = [*node.type.shape, *(dim for value in values for dim in (value if isinstance(value, list) else [value]))]
    return set().union(*map(symbols, dims))


def keep(graph: Graph, outputs: Iterable[str], updates: Mapping[str, str], name: str) -> Graph:
    """The pruning of ``graph`` to some of its outputs and to ``updates``, under a name of its own."""
    kept = {output: graph.outputs[output] for output in outputs}
    return dead_code(graph.with_parts(name=name, outputs=kept, updates=dict(updates)))
