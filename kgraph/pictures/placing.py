"""Where everything is and how edges run, once it is known which sections are folded.

``page.js`` says the same a second time; ``tests/pictures`` holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from kgraph.node import Node
from kgraph.pictures.layout import Bend, Item, Point, Size
from kgraph.pictures.scene import Entry, Exit, Scene
from kgraph.pictures.sections import BESIDE, FORWARD, GRADIENTS, LANES, UPDATES, UPWARD, runs_along


class Gaps(NamedTuple):
    """Distances, in pixels.

    Attributes:
        apart, below: between boxes beside and below each other.
        bend: the room for an edge that passes a row.
        lane: between lanes.
        margin, caption: around all, and for the names of the lanes.
        stub: how far an edge leaves a folded section straight on.
        bulge: how far an edge that goes around does.
    """

    apart: float = 28.0
    below: float = 52.0
    bend: float = 14.0
    lane: float = 104.0
    margin: float = 28.0
    caption: float = 34.0
    stub: float = 18.0
    bulge: float = 36.0


GAPS: Final = Gaps()
#: Lanes that a reader goes on to from others.
READ_ON: Final = ((FORWARD, BESIDE), (GRADIENTS, UPDATES))


class Rect(NamedTuple):
    """A box in the picture."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        return self.x + self.width / 2, self.y + self.height / 2


class Placed(NamedTuple):
    """A scene in which every box has its place.

    Attributes:
        sections, nodes: their boxes; only the nodes of open sections have one.
        bends: where edges pass a row: the horizontal place.
        rows: upper and lower end of each.
        lanes: left and right end of each; equal where it is empty.
        size: of the whole.
    """

    sections: dict[str, Rect]
    nodes: dict[str, Rect]
    bends: dict[Bend, float]
    rows: list[tuple[float, float]]
    lanes: list[tuple[float, float]]
    size: Size


class Line(NamedTuple):
    """An edge between two boxes that are seen.

    Attributes:
        source, target: ``%name`` of a node, or ``#name`` of a folded section.
        values: the nodes whose values it carries.
        faint: whether it leads off the path that a reader follows.
        heading: the way in which it starts: ``up``, ``down``, ``left`` or ``right``.
        start: its first point.
        path: all of it, in SVG's language.
    """

    source: str
    target: str
    values: tuple[str, ...]
    faint: bool
    heading: str
    start: Point
    path: str


class _Route(NamedTuple):
    heading: str
    start: Point
    path: str


def place(scene: Scene, folded: Collection[str]) -> Placed:
    """Places the boxes of ``scene``, with the sections ``folded`` shown as one box each."""
    sizes = {name: drawn.folded if name in folded else drawn.opened for name, drawn in scene.sections.items()}
    spans = [[_span(cell, sizes) for cell in row] for row in scene.grid]
    lanes, axes = _lanes(spans)
    rows = _row_ends([max((sizes[i].height for c in row for i in c if i in sizes), default=0.0) for row in scene.grid])
    sections: dict[str, Rect] = {}
    bends: dict[Bend, float] = {}
    for row, cells in enumerate(scene.grid):
        middle = sum(rows[row]) / 2
        for lane, cell in enumerate(cells):
            x = axes[lane] - spans[row][lane][0]
            for item in cell:
                if isinstance(item, Bend):
                    bends[item] = x + GAPS.bend / 2
                    x += GAPS.bend
                else:
                    size = sizes[str(item)]
                    sections[str(item)] = Rect(x, middle - size.height / 2, *size)
                    x += size.width
                x += GAPS.apart
    nodes = {
        key: Rect(sections[name].x + x, sections[name].y + y, *scene.sizes[key])
        for name, drawn in scene.sections.items()
        if name not in folded
        for key, (x, y) in drawn.inside.corners.items()
        if isinstance(key, str)
    }
    size = Size(lanes[-1][1] + GAPS.margin, (rows[-1][1] if rows else GAPS.caption) + GAPS.margin)
    return Placed(sections, nodes, bends, rows, lanes, size)


def _span(cell: Sequence[Item], sizes: Mapping[str, Size]) -> tuple[float, float]:
    """How far ``cell`` reaches to the left and right of its axis, which is the middle of its boxes."""
    widths = [GAPS.bend if isinstance(item, Bend) else sizes[str(item)].width for item in cell]
    boxes = [index for index, item in enumerate(cell) if not isinstance(item, Bend)] or list(range(len(cell)))
    if not boxes:
        return 0.0, 0.0
    before = sum(widths[: boxes[0]]) + GAPS.apart * boxes[0]
    after = sum(widths[boxes[-1] + 1 :]) + GAPS.apart * (len(cell) - 1 - boxes[-1])
    half = (sum(widths[boxes[0] : boxes[-1] + 1]) + GAPS.apart * (boxes[-1] - boxes[0])) / 2
    return before + half, after + half


def _lanes(spans: Sequence[Sequence[tuple[float, float]]]) -> tuple[list[tuple[float, float]], list[float]]:
    """The ends of every lane, and its axis."""
    ends: list[tuple[float, float]] = []
    axes: list[float] = []
    x = GAPS.margin
    for lane in range(len(LANES)):
        left = max((row[lane][0] for row in spans), default=0.0)
        right = max((row[lane][1] for row in spans), default=0.0)
        x += GAPS.lane if left + right and x > GAPS.margin else 0.0
        ends.append((x, x + left + right))
        axes.append(x + left)
        x += left + right
    return ends, axes


def _row_ends(heights: Sequence[float]) -> list[tuple[float, float]]:
    ends: list[tuple[float, float]] = []
    y = GAPS.margin + GAPS.caption
    for height in heights:
        ends.append((y, y + height))
        y += height + GAPS.below
    return ends


def lines(scene: Scene, placed: Placed, nodes: Sequence[Node]) -> list[Line]:
    """The edges between what is seen: nodes of open sections, and folded sections."""
    carried: dict[tuple[str, str], dict[str, None]] = {}
    for node in nodes:
        for name in node.inputs:
            source, target = _seen(scene, placed, name), _seen(scene, placed, node.name)
            if source != target:
                carried.setdefault((source, target), {})[name] = None
    router = _Router(scene, placed, list(carried))
    return [
        Line(
            source,
            target,
            tuple(values),
            router.is_faint(source, target),
            *router.route(source, target, next(iter(values))),
        )
        for (source, target), values in carried.items()
    ]


def _seen(scene: Scene, placed: Placed, name: str) -> str:
    """The node, or the folded section that hides it."""
    return f"%{name}" if name in placed.nodes else f"#{scene.section_of[name]}"


class _Router:
    """Finds the way of every edge."""

    def __init__(self, scene: Scene, placed: Placed, pairs: Sequence[tuple[str, str]]) -> None:
        self._scene = scene
        self._placed = placed
        self._entering: dict[str, list[str]] = {}
        for source, target in pairs:
            if self._runs_along(source, target):
                self._entering.setdefault(target, []).append(source)
        for sources in self._entering.values():
            sources.sort(key=lambda source: self._rect(source).middle)

    def is_faint(self, source: str, target: str) -> bool:
        inside = self._section(source) == self._section(target)
        reads_on = (self._lane(source), self._lane(target)) in READ_ON
        return not (inside or reads_on or self._runs_along(source, target))

    def route(self, source: str, target: str, value: str) -> _Route:
        """The way from ``source`` to ``target``; an open section is entered where ``value`` comes in."""
        if self._section(source) == self._section(target):
            return self._inner(source, target)
        if self._runs_along(source, target):
            return self._along(source, target, value)
        if self._lane(source) == self._lane(target):
            return self._around(source, target)
        return self._across(source, target)

    def _section(self, seen: str) -> str:
        return self._scene.section_of[seen[1:]] if seen[0] == "%" else seen[1:]

    def _lane(self, seen: str) -> int:
        return self._scene.sections[self._section(seen)].section.lane

    def _row(self, seen: str) -> int:
        return self._scene.sections[self._section(seen)].section.row

    def _rect(self, seen: str) -> Rect:
        return self._placed.nodes[seen[1:]] if seen[0] == "%" else self._placed.sections[seen[1:]]

    def _is_upward(self, seen: str) -> bool:
        return self._lane(seen) == UPWARD

    def _runs_along(self, source: str, target: str) -> bool:
        return runs_along(*(self._scene.sections[self._section(seen)].section for seen in (source, target)))

    def _inside(self, section: str, start: Hashable, end: Hashable) -> list[Point]:
        """The points of an edge inside of an open section."""
        x, y = self._placed.sections[section][:2]
        return [(x + a, y + b) for a, b in self._scene.sections[section].inside.routes[start, end]]

    def _inner(self, source: str, target: str) -> _Route:
        points = self._inside(self._section(source), source[1:], target[1:])
        return _Route("up" if self._is_upward(source) else "down", points[0], curve(points))

    def _along(self, source: str, target: str, value: str) -> _Route:
        """From row to row; where the edge passes one, upright through the place of its bend."""
        step = -1 if self._is_upward(source) else 1
        points = self._out(source, step)
        for row in range(self._row(source) + step, self._row(target), step):
            x = self._placed.bends[Bend(self._section(source), row)]
            points.extend((x, y) for y in self._placed.rows[row][::step])
        points += self._in(source, target, value, step)
        return _Route("up" if step < 0 else "down", points[0], curve(points))

    def _out(self, source: str, step: int) -> list[Point]:
        """From a node, or the middle of a folded section, to where the type stands beside the edge."""
        if source[0] == "%":
            return self._inside(self._section(source), source[1:], Exit(source[1:]))
        box = self._rect(source)
        y = box.y if step < 0 else box.y + box.height
        return [(box.middle[0], y), (box.middle[0], y + step * GAPS.stub)]

    def _in(self, source: str, target: str, value: str, step: int) -> list[Point]:
        """To a node, or to a folded section's side, where edges stand beside each other."""
        if target[0] == "%":
            return self._inside(self._section(target), Entry(value), target[1:])
        box, entering = self._rect(target), self._entering[target]
        x = box.x + box.width * (entering.index(source) + 1) / (len(entering) + 1)
        return [(x, box.y + box.height if step < 0 else box.y)]

    def _around(self, source: str, target: str) -> _Route:
        """Against the way of the lane on the right; in a row from side to side."""
        box, end = self._rect(source), self._rect(target)
        y0, y1 = box.middle[1], end.middle[1]
        same_row = self._row(source) == self._row(target)
        way = 1 if not same_row or box.x < end.x else -1
        x0 = box.x + box.width if way == 1 else box.x
        x1 = end.x if same_row and way == 1 else end.x + end.width
        middle = (x0 + x1) / 2 if same_row else max(x0, x1) + GAPS.bulge
        path = f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
        return _Route("right" if way == 1 else "left", (x0, y0), path)

    def _across(self, source: str, target: str) -> _Route:
        """From lane to lane, with the turn in the gap beside the lane of the source."""
        way = 1 if self._lane(target) > self._lane(source) else -1
        leaving, y0 = self._leaving(source, way)
        arriving, y1 = self._arriving(target, way)
        edge = self._placed.lanes[self._lane(source)][1 if way == 1 else 0]
        middle, gap = edge + way * GAPS.lane / 2, edge + way * GAPS.lane
        turn = f"H{edge:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {gap:.1f} {y1:.1f}"
        x, y = leaving.start
        return leaving._replace(path=f"M{x:.1f} {y:.1f}{leaving.path}{turn}{arriving}")

    def _leaving(self, seen: str, way: int) -> tuple[_Route, float]:
        """From the box to where it is level with its way to the side, and how high that is."""
        box = self._rect(seen)
        if self._is_outermost(seen, way):
            x = box.x + (box.width if way == 1 else 0)
            return _Route("right" if way == 1 else "left", (x, box.middle[1]), ""), box.middle[1]
        upward = self._is_upward(seen)
        x, y, gap = self._by_gap(seen, not upward)
        path = f"Q{x:.1f} {gap:.1f} {x + way * GAPS.bend:.1f} {gap:.1f}"
        return _Route("up" if upward else "down", (x, y), path), gap

    def _arriving(self, seen: str, way: int) -> tuple[str, float]:
        """From the side to the box, and how high that starts."""
        box = self._rect(seen)
        if self._is_outermost(seen, -way):
            return f"H{box.x + (box.width if way == -1 else 0):.1f}", box.middle[1]
        x, y, gap = self._by_gap(seen, self._is_upward(seen))
        return f"H{x - way * GAPS.bend:.1f}Q{x:.1f} {gap:.1f} {x:.1f} {y:.1f}", gap

    def _is_outermost(self, seen: str, way: int) -> bool:
        """Whether no other box of the row stands on that side in the lane."""
        cell = self._scene.grid[self._row(seen)][self._lane(seen)]
        boxes = [item for item in cell if not isinstance(item, Bend)]
        return boxes[-1 if way == 1 else 0] == self._section(seen)

    def _by_gap(self, seen: str, below: bool) -> tuple[float, float, float]:
        """Where an edge meets the lower or upper side of a box, and the middle of the gap between the rows there."""
        box = self._rect(seen)
        top, bottom = self._placed.rows[self._row(seen)]
        if below:
            return box.middle[0], box.y + box.height, bottom + GAPS.below / 2
        return box.middle[0], box.y, top - GAPS.below / 2


def curve(points: Sequence[Point]) -> str:
    """A smooth path through ``points``, upright at each."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (y0 + y1) / 2
        path += f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}"
    return path
