"""Which box every node stands in, and in which lane and row of the picture the box stands.

Lanes stand beside each other: updates, gradients, the forward graph, losses and metrics. Rows run down with the
forward graph; a gradient stands in the row of what it is the gradient of, and so does an update.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from kgraph import text
from kgraph.node import Node
from kgraph.pictures.layout import longest_paths

LANES: Final = ("updates", "gradients", "forward", "losses and metrics")
UPDATES, GRADIENTS, FORWARD, BESIDE = range(len(LANES))
#: The lane in which edges run up.
UPWARD: Final = GRADIENTS

#: The first part of a name to the kind and the lane of its section.
_KINDS: Final[Mapping[str, tuple[str, int]]] = {
    "update": ("update", UPDATES),
    "grad": ("gradient", GRADIENTS),
    "loss": ("loss", BESIDE),
    "penalty": ("loss", BESIDE),
    "metrics": ("metric", BESIDE),
}
_INPUTS: Final = "inputs"
#: Lanes whose sections stand beside those of the forward graph that they belong to.
_ATTENDING: Final = (UPDATES, GRADIENTS)


class Section(NamedTuple):
    """A box of nodes.

    Attributes:
        kind: ``inputs``, ``layer``, ``loss``, ``metric``, ``gradient`` or ``update``.
        lane: its place in ``LANES``.
        row: from the top.
        nodes: in the order of the graph.
    """

    name: str
    kind: str
    lane: int
    row: int
    nodes: tuple[Node, ...]


def sections_of(graph: text.GraphParts) -> list[Section]:
    """The sections of ``graph``, in the order in which it computes them; every node is in one of them."""
    of_node = _section_names(graph.nodes)
    by_name: dict[str, list[Node]] = {}
    for node in sorted(graph.nodes, key=lambda node: node.is_leaf and node.op != "input"):
        by_name.setdefault(of_node[node.name], []).append(node)
    place = {node.name: index for index, node in enumerate(graph.nodes)}
    constant = {node.name for node in graph.nodes if not node.inputs and not node.is_placeholder}
    rows = _rows(list(by_name), section_edges(graph.nodes, of_node, constant))
    return [
        Section(name, *_kind(name), rows[name], tuple(sorted(nodes, key=lambda node: place[node.name])))
        for name, nodes in by_name.items()
    ]


def section_edges(
    nodes: Sequence[Node], of_node: Mapping[str, str], apart_from: Collection[str] = ()
) -> list[tuple[str, str]]:
    """The pairs of sections of which the second reads values of the first, other than those of ``apart_from``."""
    read = ((name, node) for node in nodes for name in node.inputs if name not in apart_from)
    pairs = ((of_node[name], of_node[node.name]) for name, node in read)
    return [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]


def _kind(section: str) -> tuple[str, int]:
    return (_INPUTS, FORWARD) if section == _INPUTS else _KINDS.get(section.split("/")[0], ("layer", FORWARD))


def _section_names(nodes: Sequence[Node]) -> dict[str, str]:
    """The section of every node. Leaves stand with their layer, or else where they are first read."""
    computed = {text.section_of(node) for node in nodes if not node.is_leaf}
    forward = {name for name in computed if _kind(name)[1] not in _ATTENDING}
    named = {node.name: _own_section(node, forward) for node in nodes}
    readers: dict[str, str] = {}
    for node in nodes:
        for name in node.inputs:
            readers.setdefault(name, named[node.name])
    homes = {node.name: _home(node, forward, readers) for node in nodes if node.is_placeholder or node.is_variable}
    return named | homes


def _own_section(node: Node, forward: set[str]) -> str:
    """The section by the node's name; that of a gradient or update follows the section of what it belongs to."""
    first, _, rest = node.name.partition("/")
    if first not in _KINDS or _KINDS[first][1] not in _ATTENDING:
        return text.section_of(node)
    origin = _enclosing(rest, forward)
    return f"{first}/{origin}" if origin else text.section_of(node)


def _home(leaf: Node, forward: set[str], readers: Mapping[str, str]) -> str:
    if leaf.op == "input":
        return _INPUTS
    return _enclosing(leaf.name, forward) or readers.get(leaf.name) or text.section_of(leaf)


def _enclosing(name: str, sections: set[str]) -> str:
    """The longest beginning of ``name`` that is a section; empty where none is."""
    parts = name.split("/")[:-1]
    beginnings = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((beginning for beginning in beginnings if beginning in sections), "")


def runs_along(source: Section, target: Section) -> bool:
    """Whether an edge between the two runs the way of their lane, from row to row."""
    below = target.row - source.row
    return source.lane == target.lane and (below < 0 if source.lane == UPWARD else below > 0)


def _rows(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The row of every section. Where sections read each other, the first of them stands above."""
    order = {name: index for index, name in enumerate(names)}
    leading = [name for name in names if _kind(name)[1] not in _ATTENDING]
    downward = [(a, b) for a, b in edges if a in leading and b in leading and order[a] < order[b]]
    rows = {str(key): row for key, row in longest_paths(leading, downward).items()}
    lowest = max(rows.values(), default=0)
    for name in names:
        kind, _, origin = name.partition("/")
        if name not in rows:
            rows[name] = rows.get(origin, lowest if _kind(kind)[1] == GRADIENTS else 0)
    return rows
