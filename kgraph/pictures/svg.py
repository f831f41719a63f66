"""A picture as SVG: one file, with its colours for light and dark in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

from kgraph import text
from kgraph.node import Node
from kgraph.pictures.placing import GAPS, Line, Placed, Rect, lines, place
from kgraph.pictures.scene import OPEN_UP_TO, Drawn, Scene, label_of, note_of, scene_of
from kgraph.pictures.sections import LANES
from kgraph.pictures.words import shown

#: Where the words of a box stand, from its upper left corner.
_TEXT_X: Final = 14
_FIRST_LINE: Final = 20
_SECOND_LINE: Final = 37
_NODE_TEXT_X: Final = 10
_NODE_LINES: Final = (16, 31)


class TypePlace(NamedTuple):
    """Where the types of an edge's values stand from its start, how the words hang there, and how many there are."""

    right: float
    down: float
    anchor: str
    most: int


#: By the way that the edge starts.
TYPE_AT: Final[Mapping[str, TypePlace]] = {
    "down": TypePlace(6, 14, "start", 2),
    "up": TypePlace(6, -6, "start", 2),
    "right": TypePlace(8, -5, "start", 1),
    "left": TypePlace(-8, -5, "end", 1),
}


def draw_svg(graph: text.GraphParts, fold: bool | None = None) -> str:
    """``graph`` as an SVG file.

    Args:
        graph: what to draw.
        fold: whether sections are shown as one box each; ``None`` folds graphs of more than 150 nodes.
    """
    scene = scene_of(graph)
    folded = folded_at_first(scene, graph.nodes, fold)
    placed = place(scene, folded)
    results = frozenset(graph.outputs.values()) | frozenset(graph.updates.values())
    drawn = [
        *_captions(placed),
        *(_section(scene.sections[name], placed, False) for name in placed.sections if name not in folded),
        *_edges(graph, scene, placed),
        *(_section(scene.sections[name], placed, True) for name in placed.sections if name in folded),
        *(_node(node, scene, placed, results) for node in graph.nodes if node.name in placed.nodes),
    ]
    return framed(f"graph {graph.name}", (placed.size.width, placed.size.height), drawn)


def folded_at_first(scene: Scene, nodes: Sequence[Node], fold: bool | None) -> frozenset[str]:
    """The names of the sections that are folded when the picture is first seen."""
    folds = len(nodes) > OPEN_UP_TO if fold is None else fold
    return frozenset(scene.sections) if folds else frozenset()


def framed(title: str, size: tuple[float, float], drawn: Sequence[str]) -> str:
    """An SVG file of ``drawn``, which are elements."""
    width, height = (f"{extent:.0f}" for extent in size)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="kgraph" role="img" aria-label="{said(title)}" '
            f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
            f"<title>{said(title)}</title>",
            f"<style>{part('colours.css')}</style>",
            f"<defs>{arrow('arrow')}</defs>",
            *drawn,
            "</svg>\n",
        ]
    )


def arrow(name: str) -> str:
    """The head of an arrow, to be referred to by ``name``."""
    frame = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
    turn = 'orient="auto" markerUnits="userSpaceOnUse"'
    return f'<marker id="{name}" class="arrow" {frame} {turn}><path d="M0 0L8 4L0 8z"/></marker>'


@lru_cache
def part(name: str) -> str:
    """The file ``name`` that stands beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def said(words: str) -> str:
    """``words`` as they stand in XML."""
    return escape(shown(words))


def words(kind: str, x: float, y: float, line: str, anchor: str = "start") -> str:
    """A line of text."""
    hangs = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{hangs}>{said(line)}</text>'


def box(rect: Rect, kind: str = "") -> str:
    """A rectangle with round corners."""
    style = f' class="{kind}"' if kind else ""
    extent = f'width="{rect.width:.1f}" height="{rect.height:.1f}"'
    return f'<rect{style} x="{rect.x:.1f}" y="{rect.y:.1f}" {extent} rx="5"/>'


def edge(path: str, kind: str, title: str) -> str:
    """A line with an arrow at its end, and what is shown where it is pointed at."""
    return f'<path class="{kind}" d="{path}" marker-end="url(#arrow)"><title>{said(title)}</title></path>'


def _captions(placed: Placed) -> Iterator[str]:
    for name, (left, right) in zip(LANES, placed.lanes, strict=True):
        if right > left:
            yield words("caption", (left + right) / 2, GAPS.margin + GAPS.caption / 3, name, "middle")


def _section(drawn: Drawn, placed: Placed, folded: bool) -> str:
    rect = placed.sections[drawn.section.name]
    bar = box(rect._replace(width=6), "bar")
    title = words("title", rect.x + _TEXT_X, rect.y + _FIRST_LINE, drawn.title)
    subtitle = words("note", rect.x + _TEXT_X, rect.y + _SECOND_LINE, drawn.subtitle) if folded else ""
    inside = f"<title>{said(drawn.section.name)}: {said(drawn.subtitle)}</title>{box(rect)}{box(rect, 'tint')}{bar}"
    return f'<g class="section {drawn.section.kind}">{inside}{title}{subtitle}</g>'


def _node(node: Node, scene: Scene, placed: Placed, results: frozenset[str]) -> str:
    rect, section = placed.nodes[node.name], scene.section_of[node.name]
    kinds = [
        "node",
        scene.sections[section].section.kind,
        *(["leaf"] if node.is_leaf else []),
        *(["result"] if node.name in results else []),
    ]
    first, second = _NODE_LINES
    lines = (
        words("name", rect.x + _NODE_TEXT_X, rect.y + first, label_of(node, section)),
        words("note", rect.x + _NODE_TEXT_X, rect.y + second, note_of(node)),
    )
    return f'<g class="{" ".join(kinds)}"><title>{said(text.format_node(node))}</title>{box(rect)}{"".join(lines)}</g>'


def _edges(graph: text.GraphParts, scene: Scene, placed: Placed) -> Iterator[str]:
    """The edges but for those of constants, the faint ones first; then the types of what folded sections give."""
    types = {node.name: str(node.type) for node in graph.nodes}
    found = [line for line in lines(scene, placed, graph.nodes) if line.weight != "constant"]
    for line in sorted(found, key=lambda line: line.weight):
        carried = "\n".join(f"%{name}: {types[name]}" for name in line.values)
        yield edge(line.path, f"edge {line.weight}", carried)
    yield from (words("type", *at, line, anchor) for at, line, anchor in _types(found, types))


def _types(found: Sequence[Line], types: Mapping[str, str]) -> Iterator[tuple[tuple[float, float], str, str]]:
    """Where types stand, once at each start of an edge."""
    given: dict[tuple[tuple[float, float], str], dict[str, None]] = {}
    for line in found:
        if line.source[0] == "#" and line.weight == "main":
            given.setdefault((line.start, line.heading), {}).update(dict.fromkeys(types[name] for name in line.values))
    for ((x, y), heading), kinds in given.items():
        at = TYPE_AT[heading]
        more = ", …" if len(kinds) > at.most else ""
        yield (x + at.right, y + at.down), ", ".join(list(kinds)[: at.most]) + more, at.anchor
