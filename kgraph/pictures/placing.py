"""Where everything is and how edges run, once it is known which sections are folded.

``page.js`` says the same a second time; ``tests/pictures`` holds the two together.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
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
        stub: how far an edge from a folded section goes straight on into the gap below its row.
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
        weight: ``main``; ``faint`` where it leads off the path that a reader follows; ``constant`` where it carries
            constants to another section, which may be the same for half of the graph.
        heading: the way in which it starts: ``up``, ``down``, ``left`` or ``right``.
        start: its first point.
        path: all of it, in SVG's language.
    """

    source: str
    target: str
    values: tuple[str, ...]
    weight: str
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
    cells = [[_parted(cell) for cell in row] for row in scene.grid]
    lanes = _lanes(cells, sizes)
    rows = _row_ends([max((sizes[i].height for c in row for i in c if i in sizes), default=0.0) for row in scene.grid])
    sections: dict[str, Rect] = {}
    bends: dict[Bend, float] = {}
    for row, ends in zip(cells, rows, strict=True):
        for cell, lane in zip(row, lanes, strict=True):
            for item, x in _across_row(cell, lane, sizes):
                if isinstance(item, Bend):
                    bends[item] = x + GAPS.bend / 2
                else:
                    size = sizes[str(item)]
                    sections[str(item)] = Rect(x, sum(ends) / 2 - size.height / 2, *size)
    nodes = {
        key: Rect(sections[name].x + x, sections[name].y + y, *scene.sizes[key])
        for name, drawn in scene.sections.items()
        if name not in folded
        for key, (x, y) in drawn.inside.corners.items()
        if isinstance(key, str)
    }
    size = Size(lanes[-1].right + GAPS.margin, (rows[-1][1] if rows else GAPS.caption) + GAPS.margin)
    return Placed(sections, nodes, bends, rows, [(lane.left, lane.right) for lane in lanes], size)


class _Cell(NamedTuple):
    """What one lane has in one row: its boxes with what passes between them, and what passes on their sides."""

    before: list[Item]
    boxes: list[Item]
    after: list[Item]


class _Lane(NamedTuple):
    """``half`` is how far boxes reach from ``axis``, which is their middle in every row; bends run outside of that."""

    left: float
    axis: float
    half: float
    right: float


def _parted(cell: Sequence[Item]) -> _Cell:
    boxes = [index for index, item in enumerate(cell) if not isinstance(item, Bend)]
    first, last = (boxes[0], boxes[-1] + 1) if boxes else (0, 0)
    return _Cell(list(cell[:first]), list(cell[first:last]), list(cell[last:]))


def _extent(items: Sequence[Item], sizes: Mapping[str, Size]) -> float:
    widths = [GAPS.bend if isinstance(item, Bend) else sizes[str(item)].width for item in items]
    return sum(widths) + GAPS.apart * max(0, len(items) - 1)


def _beside(bends: Sequence[Item]) -> float:
    return GAPS.apart + GAPS.bend * len(bends) if bends else 0.0


def _lanes(cells: Sequence[Sequence[_Cell]], sizes: Mapping[str, Size]) -> list[_Lane]:
    lanes: list[_Lane] = []
    x = GAPS.margin
    for lane in range(len(LANES)):
        column = [row[lane] for row in cells]
        half = max((_extent(cell.boxes, sizes) for cell in column), default=0.0) / 2
        left = half + max((_beside(cell.before) for cell in column), default=0.0)
        right = half + max((_beside(cell.after) for cell in column), default=0.0)
        x += GAPS.lane if left + right and x > GAPS.margin else 0.0
        lanes.append(_Lane(x, x + left, half, x + left + right))
        x += left + right
    return lanes


def _across_row(cell: _Cell, lane: _Lane, sizes: Mapping[str, Size]) -> Iterator[tuple[Item, float]]:
    """The left end of everything in ``cell``."""
    x = lane.axis - _extent(cell.boxes, sizes) / 2
    for item in cell.boxes:
        yield item, x
        x += _extent([item], sizes) + GAPS.apart
    before = lane.axis - lane.half - _beside(cell.before)
    after = lane.axis + lane.half + GAPS.apart
    yield from ((item, before + GAPS.bend * index) for index, item in enumerate(cell.before))
    yield from ((item, after + GAPS.bend * index) for index, item in enumerate(cell.after))


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
    router = _Router(scene, placed, carried)
    return [
        Line(source, target, tuple(values), router.weight(source, target), *router.route(source, target))
        for (source, target), values in carried.items()
    ]


def _seen(scene: Scene, placed: Placed, name: str) -> str:
    """The node, or the folded section that hides it."""
    return f"%{name}" if name in placed.nodes else f"#{scene.section_of[name]}"


class _Router:
    """Finds the way of every edge."""

    def __init__(
        self, scene: Scene, placed: Placed, carried: Mapping[tuple[str, str], Collection[str]]
    ) -> None:
        self._scene = scene
        self._placed = placed
        #: The first value that is computed, for every pair that has one.
        self._values: dict[tuple[str, str], str] = {}
        self._entering: dict[str, list[str]] = {}
        for (source, target), values in carried.items():
            computed = next((value for value in values if value not in scene.constants), None)
            if computed is not None:
                self._values[source, target] = computed
                self._entering.setdefault(target, []).extend([source] if self._runs_along(source, target) else [])
        for sources in self._entering.values():
            sources.sort(key=lambda source: self._rect(source).middle)

    def weight(self, source: str, target: str) -> str:
        if self._section(source) == self._section(target):
            return "main"
        if (source, target) not in self._values:
            return "constant"
        reads_on = (self._lane(source), self._lane(target)) in READ_ON
        return "main" if reads_on or self._runs_along(source, target) else "faint"

    def route(self, source: str, target: str) -> _Route:
        if self._section(source) == self._section(target):
            return self._inner(source, target)
        if (source, target) not in self._values:
            return self._direct(source, target)
        if self._runs_along(source, target):
            return self._along(source, target)
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

    def _direct(self, source: str, target: str) -> _Route:
        box, end = self._rect(source), self._rect(target)
        start = box.middle[0], box.y + box.height
        return _Route("down", start, curve([start, (end.middle[0], end.y)]))

    def _along(self, source: str, target: str) -> _Route:
        """From row to row; where the edge passes one, upright through the place of its bend."""
        step = -1 if self._is_upward(source) else 1
        points = self._out(source, step)
        for row in range(self._row(source) + step, self._row(target), step):
            x = self._placed.bends[Bend(self._section(source), row)]
            points.extend((x, y) for y in self._placed.rows[row][::step])
        points += self._in(source, target, step)
        distinct = [*points[:1], *(point for before, point in pairwise(points) if point != before)]
        return _Route("up" if step < 0 else "down", points[0], curve(distinct))

    def _out(self, source: str, step: int) -> list[Point]:
        """From a node, or the middle of a folded section, straight on to the end of the row, past taller boxes."""
        end = self._placed.rows[self._row(source)][1 if step > 0 else 0]
        if source[0] == "%":
            points = self._inside(self._section(source), source[1:], Exit(source[1:]))
            return [*points, (points[-1][0], end)]
        box = self._rect(source)
        return [(box.middle[0], box.y if step < 0 else box.y + box.height), (box.middle[0], end + step * GAPS.stub)]

    def _in(self, source: str, target: str, step: int) -> list[Point]:
        """Straight on from the end of the row to a node, or to a folded section, where edges come in side by side."""
        end = self._placed.rows[self._row(target)][0 if step > 0 else 1]
        if target[0] == "%":
            points = self._inside(self._section(target), Entry(self._values[source, target]), target[1:])
            return [(points[0][0], end), *points]
        box, entering = self._rect(target), self._entering[target]
        x = box.x + box.width * (entering.index(source) + 1) / (len(entering) + 1)
        return [(x, end), (x, box.y + box.height if step < 0 else box.y)]

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


def curve(points: Sequence[Point], sideways: bool = False) -> str:
    """A smooth path through ``points``: upright at each of them, or level where it runs sideways."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        first, second = ((x, y0), (x, y1)) if sideways else ((x0, y), (x1, y))
        path += f"C{first[0]:.1f} {first[1]:.1f} {second[0]:.1f} {second[1]:.1f} {x1:.1f} {y1:.1f}"
    return path
