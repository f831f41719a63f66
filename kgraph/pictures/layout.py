"""A layered layout: rows by longest path, few crossings by barycentres, coordinates by least squares.

After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981). An edge
over several rows takes a *bend* in each row between; all edges of one source share theirs, as wires of a bus do.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

SWEEPS: Final = 6
#: How much more a bend resists being moved sideways than a box does: long edges are to be straight.
BEND_WEIGHT: Final = 3.0

Point = tuple[float, float]


class Size(NamedTuple):
    """Of a box, in pixels."""

    width: float
    height: float


class Bend(NamedTuple):
    """Where the edges of ``source`` cross ``row``."""

    source: Hashable
    row: int


Item = Hashable | Bend
Rows = list[list[Item]]
Edge = tuple[Hashable, Hashable]
Linked = dict[Item, list[Item]]


class Layout(NamedTuple):
    """Where boxes stand.

    Attributes:
        corners: the upper left corner of every box.
        routes: the points through which every edge runs, from the lower side of one box to the upper side of another.
        size: of the whole.
    """

    corners: dict[Hashable, Point]
    routes: dict[Edge, tuple[Point, ...]]
    size: Size


class Gaps(NamedTuple):
    """The least distance between boxes beside each other and between rows, and the room that a bend takes."""

    beside: float
    below: float
    bend: float


def layered(
    sizes: Mapping[Hashable, Size],
    edges: Sequence[Edge],
    gaps: Gaps,
    first: Collection[Hashable] = (),
    last: Collection[Hashable] = (),
) -> Layout:
    """Lays out boxes so that every edge runs down.

    Args:
        sizes: of the boxes, by key, each after those that have edges to it.
        edges: pairs of keys.
        gaps: the distances kept.
        first, last: keys that stand in a row of their own, above and below all others.
    """
    edges = list(dict.fromkeys(edges))
    row_of = _apart(longest_paths(sizes, edges), first, last)
    rows, links = with_bends(row_of, edges)
    rows = uncrossed(rows, links)
    extents = {item: sizes[item].width if item in sizes else gaps.bend for row in rows for item in row}
    centres = _centres(rows, links, extents, gaps)
    left = min((centres[item] - extents[item] / 2 for item in centres), default=0.0)
    right = max((centres[item] + extents[item] / 2 for item in centres), default=0.0)
    tops, heights, bottom = _stacked(rows, sizes, gaps)
    corners = {
        key: (centres[key] - left - size.width / 2, tops[row_of[key]] + (heights[row_of[key]] - size.height) / 2)
        for key, size in sizes.items()
    }
    ports = _ports(edges, corners, sizes)
    routes = {
        (source, target): (
            _below(corners[source], sizes[source]),
            *(
                (centres[Bend(source, row)] - left, y)
                for row in range(row_of[source] + 1, row_of[target])
                for y in (tops[row], tops[row] + heights[row])
            ),
            ports[source, target],
        )
        for source, target in edges
    }
    return Layout(corners, routes, Size(right - left, bottom))


def longest_paths(keys: Iterable[Hashable], edges: Sequence[Edge]) -> dict[Hashable, int]:
    """The row of every key: one below its lowest source. What has no source stands just above its highest target."""
    sources: dict[Hashable, list[Hashable]] = {key: [] for key in keys}
    targets: dict[Hashable, list[Hashable]] = {key: [] for key in sources}
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    row_of: dict[Hashable, int] = {}
    for key, above in sources.items():
        row_of[key] = 1 + max((row_of[source] for source in above), default=-1)
    for key, above in sources.items():
        if not above and targets[key]:
            row_of[key] = min(row_of[target] for target in targets[key]) - 1
    return row_of


def _apart(row_of: dict[Hashable, int], first: Collection[Hashable], last: Collection[Hashable]) -> dict[Hashable, int]:
    """``row_of`` with those of ``first`` in the uppermost and those of ``last`` in the lowest row, alone."""
    others = [row for key, row in row_of.items() if key not in first and key not in last]
    highest = min(others, default=0) - bool(first)
    bottom = max(others, default=0) + 1 - highest
    return {key: 0 if key in first else bottom if key in last else row - highest for key, row in row_of.items()}


def with_bends(row_of: Mapping[Hashable, int], edges: Sequence[Edge]) -> tuple[Rows, list[tuple[Item, Item]]]:
    """The rows with the bends of ``edges`` in them, and the links that lead from each row to the next."""
    rows: Rows = [[] for _ in range(1 + max(row_of.values(), default=-1))]
    for key, row in row_of.items():
        rows[row].append(key)
    links: dict[tuple[Item, Item], None] = {}
    for source, target in edges:
        between = [Bend(source, row) for row in range(row_of[source] + 1, row_of[target])]
        for link in pairwise([source, *between, target]):
            links.setdefault(link)
    for bend in dict.fromkeys(target for _, target in links if isinstance(target, Bend)):
        rows[bend.row].append(bend)
    return rows, list(links)


def uncrossed(rows: Rows, links: Sequence[tuple[Item, Item]]) -> Rows:
    """``rows`` ordered so that few links cross: the best of some sweeps down and up."""
    above, below = _neighbours(rows, links)
    best, fewest = rows, _crossings(rows, below)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        rows = _swept(rows, above) if sweep % 2 == 0 else _swept(rows[::-1], below)[::-1]
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _neighbours(rows: Rows, links: Sequence[tuple[Item, Item]]) -> tuple[Linked, Linked]:
    above: Linked = {item: [] for row in rows for item in row}
    below: Linked = {item: [] for item in above}
    for source, target in links:
        above[target].append(source)
        below[source].append(target)
    return above, below


def _swept(rows: Rows, before: Mapping[Item, Sequence[Item]]) -> Rows:
    """Each row in the order of the mean places of the items that its own are linked to in the row before."""
    swept: Rows = []
    place: dict[Item, int] = {}
    for row in rows:
        means = {}
        for index, item in enumerate(row):
            linked = [place[other] for other in before[item]]
            means[item] = sum(linked) / len(linked) if linked else float(index)
        swept.append(sorted(row, key=means.__getitem__))
        place = {item: index for index, item in enumerate(swept[-1])}
    return swept


def _crossings(rows: Rows, below: Mapping[Item, Sequence[Item]]) -> int:
    count = 0
    for upper, lower in pairwise(rows):
        place = {item: index for index, item in enumerate(lower)}
        met: list[int] = []
        for item in upper:
            ends = sorted(place[other] for other in below[item])
            count += sum(len(met) - bisect_right(met, end) for end in ends)
            for end in ends:
                insort(met, end)
    return count


def _centres(
    rows: Rows, links: Sequence[tuple[Item, Item]], extents: Mapping[Item, float], gaps: Gaps
) -> dict[Item, float]:
    """The horizontal centre of every item: near those of its neighbours, in the order of its row."""
    above, below = _neighbours(rows, links)
    centres: dict[Item, float] = {}
    for row in rows:
        _settle(row, dict.fromkeys(row, 0.0), extents, gaps, centres)
    for sweep in range(SWEEPS):
        neighbours = below if sweep % 2 == 0 else above
        for row in reversed(rows) if sweep % 2 == 0 else rows:
            wanted = {item: _mean([centres[other] for other in neighbours[item]], centres[item]) for item in row}
            _settle(row, wanted, extents, gaps, centres)
    return centres


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _settle(
    row: Sequence[Item],
    wanted: Mapping[Item, float],
    extents: Mapping[Item, float],
    gaps: Gaps,
    centres: dict[Item, float],
) -> None:
    """Puts the items of ``row`` as near to where they are wanted as their order and distances let them.

    This is isotonic regression on the places less the room that the items before take: neighbours that would overlap
    are pooled into a block, which stands at the mean of its members.
    """
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (extents[left] + extents[right]) / 2 + gaps.beside)
    blocks: list[tuple[float, float, int]] = []
    for item, offset in zip(row, offsets, strict=False):
        weight = BEND_WEIGHT if isinstance(item, Bend) else 1.0
        mean, count = wanted[item] - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, more, members = blocks.pop()
            mean = (before * more + mean * weight) / (more + weight)
            weight, count = weight + more, count + members
        blocks.append((mean, weight, count))
    settled = (mean for mean, _, count in blocks for _ in range(count))
    centres.update({item: mean + offset for item, offset, mean in zip(row, offsets, settled, strict=False)})


def _stacked(rows: Rows, sizes: Mapping[Hashable, Size], gaps: Gaps) -> tuple[list[float], list[float], float]:
    """The top and height of every row, and the end of the last one."""
    heights = [max((sizes[item].height for item in row if item in sizes), default=0.0) for row in rows]
    tops: list[float] = []
    y = 0.0
    for height in heights:
        tops.append(y)
        y += height + gaps.below
    return tops, heights, max(0.0, y - gaps.below)


def _below(corner: Point, size: Size) -> Point:
    return corner[0] + size.width / 2, corner[1] + size.height


def _ports(
    edges: Sequence[Edge], corners: Mapping[Hashable, Point], sizes: Mapping[Hashable, Size]
) -> dict[Edge, Point]:
    """Where every edge enters the upper side of its target: beside each other, in the order of where they come from."""
    sources: dict[Hashable, list[Hashable]] = {}
    for source, target in edges:
        sources.setdefault(target, []).append(source)
    ports: dict[Edge, Point] = {}
    for target, entering in sources.items():
        entering.sort(key=lambda source: _below(corners[source], sizes[source]))
        x, y = corners[target]
        step = sizes[target].width / (len(entering) + 1)
        ports.update({(source, target): (x + step * (index + 1), y) for index, source in enumerate(entering)})
    return ports
