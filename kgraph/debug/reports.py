"""The report of a value that is not finite: which node made it, of what, where, and what came before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from kgraph.debug.statistics import Statistics
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.text import format_node

#: Positions, and nodes before the one that is blamed, that a report lists.
MOST_POSITIONS: Final = 5
NODES_BEFORE: Final = 5

#: The phase of a node by the first part of its name, and of a leaf by its op.
_PHASES: Final = {
    "loss": "loss",
    "penalty": "loss",
    "metrics": "metric",
    "grad": "gradient",
    "update": "update",
}
_LEAF_PHASES: Final = {
    "input": "none: a fed input",
    "target": "none: a fed target",
    "sample_weight": "none: fed sample weights",
    "param": "none: a weight that was there before the step",
    "state": "none: a state that was there before the step",
}


def phase_of(node: Node) -> str:
    """The part of a step that ``node`` belongs to: forward, loss, metric, gradient or update; or what leaf it is."""
    if node.op in _LEAF_PHASES:
        return _LEAF_PHASES[node.op]
    return _PHASES.get(node.name.split("/")[0], "forward")


def report(error: NonFiniteError) -> str:
    """All that is known about ``error``, as lines for a person; the same for each run on the same values."""
    graph, node = error.graph, error.graph[error.node]
    layer = graph.layer_of(node)
    lines = [
        error.reason,
        "",
        f"  node    {format_node(node)}",
        f"  op      {node.op}",
        f"  layer   {layer or 'none'}",
        f"  phase   {phase_of(node)}",
        f"  line    {node.source or 'not known'}",
        f"  where   {_where(error)}",
        f"  values  {_values(error.values[node.name])}",
    ]
    operands = [graph[name] for name in dict.fromkeys(node.inputs)]
    lines += _section("operands", _statistics(error, operands))
    parameters = [leaf for leaf in graph.leaves("param", "state") if layer and graph.layer_of(leaf) == layer]
    lines += _section(f"parameters of {layer}", _statistics(error, parameters))
    lines += _section("before it, nearest first", _summaries(error, _nodes_before(graph, node)))
    return "\n".join(lines)


def _where(error: NonFiniteError) -> str:
    name = error.function.name
    counted = [("epoch", error.epoch), ("batch", error.batch)]
    places = [f"{what} {number + 1}" for what, number in counted if number is not None]
    return f"{', '.join(places)}, counted from 1, of {name}" if places else f"one run of {name}"


def _values(array: np.ndarray) -> str:
    bad = np.argwhere(~np.isfinite(array))
    kinds = [(np.isnan(array).sum(), "NaN"), (np.isinf(array).sum(), "infinite")]
    counts = " and ".join(f"{count:,} {kind}" for count, kind in kinds if count)
    listed = [f"{position.tolist()} {array[tuple(position)]}" for position in bad[:MOST_POSITIONS]]
    more = ", ..." if len(bad) > MOST_POSITIONS else ""
    return f"{counts} of {array.size:,}, at {', '.join(listed)}{more}"


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []


def _statistics(error: NonFiniteError, nodes: Sequence[Node]) -> list[str]:
    width = max((len(node.name) for node in nodes), default=0)
    return [f"%{node.name:{width}}  {node.type}  {Statistics.of(_value(error, node.name))}" for node in nodes]


def _value(error: NonFiniteError, name: str) -> np.ndarray:
    """The value of a node, or of a variable that stands after the one that is blamed."""
    return error.values[name] if name in error.values else error.variables[name].array


def _summaries(error: NonFiniteError, nodes: Sequence[Node]) -> list[str]:
    return [f"{format_node(node)}  # {Statistics.of(error.values[node.name])}" for node in nodes]


def _nodes_before(graph: Graph, node: Node) -> list[Node]:
    """The nearest ancestors of ``node``, no constants; of those as near as each other the latest first."""
    return [one for one, _ in zip(_ancestors(graph, node), range(NODES_BEFORE), strict=False)]


def _ancestors(graph: Graph, node: Node) -> Iterator[Node]:
    place = {each.name: index for index, each in enumerate(graph.nodes)}
    seen: set[str] = set()
    ring = [node]
    while ring:
        names = {name for one in ring for name in one.inputs} - seen
        seen |= names
        ring = [graph.nodes[index] for index in sorted((place[name] for name in names), reverse=True)]
        yield from (one for one in ring if one.op not in ("const", "full"))
