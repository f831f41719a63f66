"""A model as a picture: its layers, and the calls that lead from one to the other."""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from kgraph.layers.calls import MaskOf
from kgraph.layers.input_layer import InputLayer
from kgraph.layers.layer import Layer
from kgraph.pictures.layout import Edge, Gaps, Layout, Point, Size, layered
from kgraph.pictures.placing import Rect, curve
from kgraph.pictures.svg import box, edge, framed, said, words
from kgraph.pictures.words import width_of
from kgraph.tensor import OpCall, RecordedCall, Tensor

_GAPS: Final = Gaps(beside=28, below=44, bend=14)
_MARGIN: Final = 24.0
_PADDING: Final = 16.0
_TITLE: Final = 32.0
_ROW: Final = 17.0
#: How far an edge that runs back bulges beyond the boxes.
_BULGE: Final = 20.0


class Shown(NamedTuple):
    """What a picture of a model shows; the arguments of ``keras.utils.plot_model`` that say it."""

    shapes: bool = False
    dtype: bool = False
    layer_names: bool = False
    rankdir: str = "TB"
    expand_nested: bool = False
    layer_activations: bool = False
    trainable: bool = False
    splines: str = "ortho"


class _Block(NamedTuple):
    """A box: a title, what is said below it, and for a model that is expanded what is in it."""

    kind: str
    title: str
    rows: tuple[str, ...]
    inside: _Chart | None
    size: Size


class _Chart(NamedTuple):
    """Boxes that have their places, and the edges between; those of ``back`` run against the others."""

    blocks: Mapping[Hashable, _Block]
    layout: Layout
    back: Sequence[Edge]
    carried: Mapping[Edge, Sequence[str]]


def _right_angled(points: Sequence[Point], sideways: bool) -> str:
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        path += f"H{(x0 + x1) / 2:.1f}V{y1:.1f}H{x1:.1f}" if sideways else f"V{(y0 + y1) / 2:.1f}H{x1:.1f}V{y1:.1f}"
    return path


def _straight(points: Sequence[Point], sideways: bool) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


#: Keras's names for ways to draw an edge.
_SPLINES: Final[Mapping[str, Callable[[Sequence[Point], bool], str]]] = {
    "ortho": _right_angled,
    "polyline": _straight,
    "line": _straight,
    "curved": curve,
    "spline": curve,
}
#: Keras's names for directions: whether edges run sideways, and whether from the end of the axis to its start.
_DIRECTIONS: Final = {"TB": (False, False), "BT": (False, True), "LR": (True, False), "RL": (True, True)}


def draw_model(model: Any, shown: Shown) -> str:
    """The layers of ``model`` as an SVG picture. A model with a ``call`` of its own is one box.

    Raises:
        ValueError: the model is not built, or there is no direction or way to draw an edge of that name.
    """
    if not model.built:
        raise ValueError(f"model {model.name} is not built: call it on data or build(input_shape) before it is drawn")
    for name, value, known in (("rankdir", shown.rankdir, _DIRECTIONS), ("splines", shown.splines, _SPLINES)):
        if value not in known:
            raise ValueError(f"{name} is {value!r}; it is one of {', '.join(known)}")
    chart = _chart(model, shown)
    width, height = chart.layout.size
    drawn = list(_drawn(chart, shown, (_MARGIN, _MARGIN)))
    return framed(f"model {model.name}", (width + 2 * _MARGIN, height + 2 * _MARGIN), drawn)


def model_cell(model: Any) -> str | None:
    """The picture for a notebook, as an image, which leaves its styles alone; ``None`` where layers are not known."""
    if model._network is None:
        return None
    picture = draw_model(model, Shown(shapes=True, layer_names=True))
    encoded = b64encode(picture.encode("utf-8")).decode("ascii")
    return f'<img alt="{said(f"model {model.name}")}" src="data:image/svg+xml;base64,{encoded}">'


def _chart(model: Any, shown: Shown) -> _Chart:
    calls = _calls_by_owner(model)
    blocks: dict[Hashable, _Block] = {owner: _block(owner, made, shown) for owner, made in calls.items()}
    carried = _edges(calls)
    order = {owner: index for index, owner in enumerate(_ordered(blocks, carried))}
    ahead = [pair for pair in carried if order[pair[0]] < order[pair[1]]]
    back = [pair for pair in carried if order[pair[0]] > order[pair[1]]]
    layout = _turned({owner: blocks[owner].size for owner in order}, ahead, shown.rankdir)
    if back:
        width, height = layout.size
        layout = layout._replace(size=Size(width + 2 * _BULGE, height))
    return _Chart(blocks, layout, back, carried)


def _calls_by_owner(model: Any) -> dict[Hashable, list[RecordedCall]]:
    """The layers of ``model`` with their calls, first to last; ops between layers stand for themselves."""
    if model._network is None:
        return {model: []}
    calls: dict[Hashable, list[RecordedCall]] = {}
    for call in model._network.calls:
        if not isinstance(call, MaskOf):
            calls.setdefault(_owner(call), []).append(call)
    return calls


def _owner(call: RecordedCall) -> Hashable:
    owner: Hashable = getattr(call, "layer", call)
    return owner


def _edges(calls: Mapping[Hashable, Sequence[RecordedCall]]) -> dict[Edge, list[str]]:
    """Who calls whom, and the shapes that pass. A layer that is called on what it gave has no edge for that."""
    carried: dict[Edge, list[str]] = {}
    for owner, made in calls.items():
        for tensor in (tensor for call in made for tensor in call.inputs):
            source = _maker(tensor)
            if source in calls and source is not owner:
                carried.setdefault((source, owner), []).append(str(tensor.shape))
    return carried


def _ordered(owners: Iterable[Hashable], pairs: Iterable[Edge]) -> dict[Hashable, None]:
    """``owners``, each after those that have edges to it; where edges lead in a circle its first owner comes first."""
    targets: dict[Hashable, list[Hashable]] = {owner: [] for owner in owners}
    missing = dict.fromkeys(targets, 0)
    for source, target in pairs:
        targets[source].append(target)
        missing[target] += 1
    ready = deque(owner for owner, count in missing.items() if not count)
    ordered: dict[Hashable, None] = {}
    while len(ordered) < len(targets):
        owner = ready.popleft() if ready else next(owner for owner in targets if owner not in ordered)
        if owner in ordered:
            continue
        ordered[owner] = None
        for target in targets[owner]:
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    return ordered


def _maker(tensor: Tensor) -> Hashable:
    call = tensor.call
    while isinstance(call, MaskOf):
        call = call.tensor.call
    return None if call is None else _owner(call)


def _block(owner: Any, calls: Sequence[RecordedCall], shown: Shown) -> _Block:
    kind = "inputs" if isinstance(owner, InputLayer) else "layer" if isinstance(owner, Layer) else "metric"
    class_name = owner.op if isinstance(owner, OpCall) else type(owner).__name__
    name = owner.name if isinstance(owner, Layer) else ""
    title = f"{name} ({class_name})" if shown.layer_names and name else class_name
    rows = tuple(_rows(owner, calls, shown))
    width = max(map(width_of, (title, *rows))) + 2 * _PADDING
    height = _TITLE + _ROW * len(rows)
    if not shown.expand_nested or getattr(owner, "_network", None) is None:
        return _Block(kind, title, rows, None, Size(width, height))
    inside = _chart(owner, shown)
    inner = inside.layout.size
    size = Size(max(width, inner.width + 2 * _PADDING), height + inner.height + _PADDING)
    return _Block(kind, title, rows, inside, size)


def _rows(owner: Any, calls: Sequence[RecordedCall], shown: Shown) -> Iterator[str]:
    activation = getattr(owner, "activation", None)
    if shown.layer_activations and activation is not None:
        yield f"activation: {getattr(activation, 'name', None) or getattr(activation, '__name__', activation)}"
    first = calls[0] if calls else None
    if shown.shapes and (first is None or first.inputs):
        yield f"input: {_shapes(first.inputs) if first else '?'}"
    if shown.shapes:
        yield f"output: {_shapes(first.outputs) if first else '?'}"
    if shown.dtype:
        yield f"dtype: {', '.join(dict.fromkeys(tensor.dtype for tensor in first.outputs)) if first else owner.dtype}"
    if shown.trainable and isinstance(owner, Layer) and owner.weights:
        yield "trainable" if owner.trainable else "not trainable"


def _shapes(tensors: Sequence[Tensor]) -> str:
    return ", ".join(str(tensor.shape) for tensor in tensors)


def _turned(sizes: Mapping[Hashable, Size], edges: Sequence[Edge], rankdir: str) -> Layout:
    """A layout whose edges run the way of ``rankdir``."""
    sideways, flipped = _DIRECTIONS[rankdir]
    upright = {key: Size(size.height, size.width) for key, size in sizes.items()} if sideways else dict(sizes)
    layout = layered(upright, edges, _GAPS)
    length = layout.size.height

    def turn(point: Point, height: float = 0.0) -> Point:
        x, y = point
        y = length - y - height if flipped else y
        return (y, x) if sideways else (x, y)

    corners = {key: turn(corner, upright[key].height) for key, corner in layout.corners.items()}
    routes = {pair: tuple(map(turn, points)) for pair, points in layout.routes.items()}
    return Layout(corners, routes, Size(*reversed(layout.size)) if sideways else layout.size)


def _drawn(chart: _Chart, shown: Shown, at: Point) -> Iterator[str]:
    """The elements of a chart whose upper left corner is ``at``."""
    sideways, _ = _DIRECTIONS[shown.rankdir]
    placed = {
        key: Rect(at[0] + x, at[1] + y, *chart.blocks[key].size) for key, (x, y) in chart.layout.corners.items()
    }
    for pair, points in chart.layout.routes.items():
        path = _SPLINES[shown.splines]([(at[0] + x, at[1] + y) for x, y in points], sideways)
        yield edge(path, "edge", ", ".join(chart.carried[pair]))
    for source, target in chart.back:
        yield edge(_around(placed[source], placed[target]), "edge", ", ".join(chart.carried[source, target]))
    for key, block in chart.blocks.items():
        yield _box(block, placed[key])
        if block.inside is not None:
            rect, inner = placed[key], block.inside.layout.size
            below = rect.y + rect.height - _PADDING - inner.height
            yield from _drawn(block.inside, shown, (rect.x + (rect.width - inner.width) / 2, below))


def _around(source: Rect, target: Rect) -> str:
    """Back, on the right of both."""
    x = max(source.x + source.width, target.x + target.width) + 2 * _BULGE
    (x0, y0), (x1, y1) = (source.x + source.width, source.middle[1]), (target.x + target.width, target.middle[1])
    return f"M{x0:.1f} {y0:.1f}C{x:.1f} {y0:.1f} {x:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"


def _box(block: _Block, rect: Rect) -> str:
    bar = box(rect._replace(width=6), "bar")
    lines = [words("title", rect.x + _PADDING, rect.y + 21, block.title)]
    lines += [
        words("note", rect.x + _PADDING, rect.y + 21 + _ROW * (index + 1), row) for index, row in enumerate(block.rows)
    ]
    title = f"<title>{said(block.title)}</title>"
    return f'<g class="section {block.kind}">{title}{box(rect)}{box(rect, "tint")}{bar}{"".join(lines)}</g>'
