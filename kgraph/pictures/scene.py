"""What there is to draw: sections with their nodes laid out in them, and the grid that the sections stand in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Final, NamedTuple

from kgraph import text
from kgraph.node import Node
from kgraph.pictures.layout import Bend, Edge, Gaps, Item, Layout, Point, Size, layered, uncrossed, with_bends
from kgraph.pictures.sections import LANES, UPWARD, Section, runs_along, section_edges, sections_of
from kgraph.pictures.words import shortened, width_of

#: Graphs of more nodes than this are folded at first.
OPEN_UP_TO: Final = 150

INNER_GAPS: Final = Gaps(beside=18, below=30, bend=8)
NODE_HEIGHT: Final = 38
FOLDED_HEIGHT: Final = 48
HEADER: Final = 32
PADDING: Final = 14
_MARK_WIDTH: Final = 44
_NODE_PADDING: Final = 20
_LONGEST_LABEL: Final = 34
#: How much of the list of its ops a section shows.
_OPS_SHOWN: Final = 22
_PORT: Final = Size(6, 0)


class Entry(NamedTuple):
    """Where the values of a node of another section come into a box."""

    source: str


class Exit(NamedTuple):
    """Where the values of a node leave its box."""

    source: str


class Drawn(NamedTuple):
    """A section as it is drawn.

    Attributes:
        section: what is in it.
        title, subtitle: what its box says.
        folded, opened: the sizes that the box may have.
        inside: its nodes, by name, as they stand in the open box, and where edges of the lane come in and go out.
    """

    section: Section
    title: str
    subtitle: str
    folded: Size
    opened: Size
    inside: Layout


class Scene(NamedTuple):
    """A graph, ready to be drawn.

    Attributes:
        sections: by name.
        section_of: the section of every node.
        constants: nodes that are the same in every run; lines to other sections that carry nothing else need no room.
        sizes: of the nodes' boxes.
        grid: for each row and lane the sections that stand there, and the bends of edges that pass.
    """

    sections: Mapping[str, Drawn]
    section_of: Mapping[str, str]
    constants: frozenset[str]
    sizes: Mapping[str, Size]
    grid: Sequence[Sequence[Sequence[Item]]]


def scene_of(graph: text.GraphParts) -> Scene:
    """The scene of ``graph``."""
    sections = {section.name: section for section in sections_of(graph)}
    section_of = {node.name: section.name for section in sections.values() for node in section.nodes}
    sizes = {node.name: _node_size(node, section_of[node.name]) for node in graph.nodes}
    constants = frozenset(node.name for node in graph.nodes if _is_constant(node))
    edges = [(name, node.name) for node in graph.nodes for name in node.inputs if name not in constants]
    ports = _ports(edges, section_of, sections)
    drawn = {name: _drawn(section, graph.layers, sizes, ports[name]) for name, section in sections.items()}
    grid = _grid(sections, section_edges(graph.nodes, section_of, constants))
    return Scene(drawn, section_of, constants, sizes, grid)


def _is_constant(node: Node) -> bool:
    return not (node.inputs or node.is_placeholder or node.is_variable)


def label_of(node: Node, section: str) -> str:
    """The name of ``node`` in the box of ``section``, without what the box says already."""
    own = node.name.removeprefix(f"{section}/")
    return shortened(own, _LONGEST_LABEL)


def note_of(node: Node) -> str:
    """The second line in a node's box: its op, where its name does not say it, and its type."""
    stem = node.name.rpartition("/")[2].rstrip("0123456789").removesuffix("_")
    return str(node.type) if stem == node.op else f"{node.op} {node.type}"


def _node_size(node: Node, section: str) -> Size:
    return Size(max(width_of(label_of(node, section)), width_of(note_of(node))) + _NODE_PADDING, NODE_HEIGHT)


def _ports(
    edges: Sequence[tuple[str, str]], section_of: Mapping[str, str], sections: Mapping[str, Section]
) -> dict[str, list[Edge]]:
    """For each section the edges from its entries and to its exits; both only of edges that run the lane's way."""
    found: dict[str, dict[Edge, None]] = {name: {} for name in sections}
    for source, target in edges:
        home, away = section_of[source], section_of[target]
        if runs_along(sections[home], sections[away]):
            found[home][source, Exit(source)] = None
            found[away][Entry(source), target] = None
    return {name: list(ports) for name, ports in found.items()}


def _drawn(
    section: Section, layers: Mapping[str, object], sizes: Mapping[str, Size], ports: Sequence[Edge]
) -> Drawn:
    inside = _inside(section, sizes, ports)
    subtitle = _subtitle(section, layers.get(section.name))
    title = shortened(section.name, _LONGEST_LABEL)
    wide = width_of(title) + _MARK_WIDTH
    folded = Size(max(wide, width_of(subtitle) + 2 * PADDING), FOLDED_HEIGHT)
    above, below = _margins(section, ports)
    opened = Size(max(wide, inside.size.width + 2 * PADDING), above + inside.size.height + below)
    shift = (opened.width - inside.size.width) / 2, above
    return Drawn(section, title, subtitle, folded, opened, _moved(inside, shift))


def _margins(section: Section, ports: Sequence[Edge]) -> tuple[float, float]:
    """Above and below what is inside. Where edges come in or go out a row of their ports gives some of the room."""
    comes_in = any(isinstance(start, Entry) for start, _ in ports)
    goes_out = any(isinstance(end, Exit) for _, end in ports)
    upper, lower = (goes_out, comes_in) if section.lane == UPWARD else (comes_in, goes_out)
    return float(HEADER - upper * PADDING), float(PADDING - lower * PADDING)


def _inside(section: Section, sizes: Mapping[str, Size], ports: Sequence[Edge]) -> Layout:
    own: dict[Hashable, Size] = {node.name: sizes[node.name] for node in section.nodes}
    entries: dict[Hashable, Size] = {source: _PORT for source, _ in ports if isinstance(source, Entry)}
    exits: dict[Hashable, Size] = {target: _PORT for _, target in ports if isinstance(target, Exit)}
    edges: list[Edge] = [(name, node.name) for node in section.nodes for name in node.inputs if name in own]
    boxes = entries | own | exits
    layout = layered(boxes, [*ports, *edges], INNER_GAPS, entries, exits)
    return _mirrored(layout, boxes) if section.lane == UPWARD else layout


def _mirrored(layout: Layout, sizes: Mapping[Hashable, Size]) -> Layout:
    """``layout`` upside down: its edges run up."""
    height = layout.size.height
    corners = {key: (x, height - y - sizes[key].height) for key, (x, y) in layout.corners.items()}
    routes = {edge: tuple((x, height - y) for x, y in points) for edge, points in layout.routes.items()}
    return Layout(corners, routes, layout.size)


def _moved(layout: Layout, by: Point) -> Layout:
    def move(point: Point) -> Point:
        return point[0] + by[0], point[1] + by[1]

    corners = {key: move(corner) for key, corner in layout.corners.items()}
    return Layout(corners, {edge: tuple(map(move, points)) for edge, points in layout.routes.items()}, layout.size)


def _subtitle(section: Section, layer: object) -> str:
    """E.g. ``Dense, 4 nodes``; for what is no layer its ops: ``11 nodes: mul, cast, mean, ...``."""
    count = f"{len(section.nodes)} node{'s' if len(section.nodes) > 1 else ''}"
    kind = layer.get("class_name") if isinstance(layer, Mapping) else None
    if isinstance(kind, str):
        return f"{shortened(kind, _LONGEST_LABEL)}, {count}"
    ops = Counter(node.op for node in section.nodes if not node.is_leaf)
    named = ", ".join(op for op, _ in ops.most_common())
    return f"{count}: {named if len(named) <= _OPS_SHOWN else named[: _OPS_SHOWN - 1] + '…'}" if named else count


def _grid(sections: Mapping[str, Section], edges: Sequence[tuple[str, str]]) -> list[list[list[Item]]]:
    """The lanes side by side, each with its sections in rows, ordered so that few edges of the lane cross."""
    height = 1 + max((section.row for section in sections.values()), default=-1)
    lanes = [_lane(sections, edges, lane, height) for lane in range(len(LANES))]
    return [[lane[row] for lane in lanes] for row in range(height)]


def _lane(
    sections: Mapping[str, Section], edges: Sequence[tuple[str, str]], lane: int, height: int
) -> list[list[Item]]:
    """Bends are those of edges that run the lane's way; others go around."""
    row_of: dict[Hashable, int] = {name: s.row for name, s in sections.items() if s.lane == lane}
    if lane == UPWARD:
        row_of = {name: height - 1 - row for name, row in row_of.items()}
    inner: list[Edge] = [(a, b) for a, b in edges if a in row_of and b in row_of and row_of[a] < row_of[b]]
    rows, links = with_bends(row_of, inner)
    rows = uncrossed(rows, links)
    rows += [[] for _ in range(height - len(rows))]
    if lane != UPWARD:
        return rows
    return [[_turned(item, height) for item in row] for row in reversed(rows)]


def _turned(item: Item, height: int) -> Item:
    return Bend(item.source, height - 1 - item.row) if isinstance(item, Bend) else item
