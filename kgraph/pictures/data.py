"""What the scripts of a page read. Nodes and sections are named by their places in lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

from kgraph import text
from kgraph.node import Node
from kgraph.pictures.layout import Bend, Edge, Item
from kgraph.pictures.placing import GAPS, READ_ON
from kgraph.pictures.scene import Drawn, Entry, Exit, Scene, label_of, note_of, scene_of
from kgraph.pictures.sections import FORWARD, LANES, UPWARD
from kgraph.pictures.statistics import Statistics, statistics_of
from kgraph.pictures.svg import TYPE_AT, folded_at_first

#: To which the first look at a picture makes it smaller: letters are 10 pixels high then.
LEAST_SCALE: Final = 0.85

JSONDict = dict[str, Any]


class Pictured(text.GraphParts, Protocol):
    """A graph that knows the layers of its nodes."""

    def layer_of(self, node: Node) -> str | None: ...


def page_data(graph: Pictured, title: str, values: Mapping[str, Any], fold: bool | None) -> JSONDict:
    """All that is to be known of ``graph``, in values that JSON has."""
    scene = scene_of(graph)
    index = {node.name: place for place, node in enumerate(graph.nodes)}
    sections = {name: place for place, name in enumerate(scene.sections)}
    measured = {name: statistics_of(name, value) for name, value in values.items() if name in index}
    results = _results(graph)
    return {
        "title": title,
        "lanes": LANES,
        "forward": FORWARD,
        "upward": UPWARD,
        "readOn": READ_ON,
        "leastScale": LEAST_SCALE,
        "gaps": GAPS._asdict(),
        "typeAt": {heading: list(at) for heading, at in TYPE_AT.items()},
        "grid": [[[_grid_item(item, sections) for item in cell] for cell in row] for row in scene.grid],
        "folded": sorted(sections[name] for name in folded_at_first(scene, graph.nodes, fold)),
        "sections": [_section(drawn, graph.layers, index, measured) for drawn in scene.sections.values()],
        "nodes": [
            _node(node, scene, index)
            | {"section": sections[scene.section_of[node.name]], "layer": graph.layer_of(node)}
            | _found(node, results.get(node.name, []), measured.get(node.name))
            for node in graph.nodes
        ],
        "outputs": {name: index[value] for name, value in graph.outputs.items()},
        "updates": [[index[variable], index[value]] for variable, value in graph.updates.items()],
    }


def _results(graph: Pictured) -> dict[str, list[str]]:
    """What every node is the result of, as the dump says it."""
    results: dict[str, list[str]] = {}
    for name, value in graph.outputs.items():
        results.setdefault(value, []).append(f"output {name}")
    for variable, value in graph.updates.items():
        results.setdefault(value, []).append(f"update %{variable}")
    return results


def _grid_item(item: Item, sections: Mapping[str, int]) -> int | list[int]:
    """A section, or a bend of its edges in a list."""
    return [sections[str(item.source)]] if isinstance(item, Bend) else sections[str(item)]


def _section(
    drawn: Drawn, layers: Mapping[str, Any], index: Mapping[str, int], measured: Mapping[str, Statistics]
) -> JSONDict:
    section = drawn.section
    routes = drawn.inside.routes.items()
    return {
        "name": section.name,
        "title": drawn.title,
        "subtitle": drawn.subtitle,
        "kind": section.kind,
        "lane": section.lane,
        "row": section.row,
        "folded": drawn.folded,
        "opened": [round(extent, 2) for extent in drawn.opened],
        "nodes": [index[node.name] for node in section.nodes],
        "routes": {_route_key(edge, index): [_rounded(point) for point in points] for edge, points in routes},
        "config": json.dumps(layers[section.name]) if section.name in layers else "",
        "bad": any(measured[node.name].bad for node in section.nodes if node.name in measured),
    }


def _route_key(edge: Edge, index: Mapping[str, int]) -> str:
    """``3>5`` between nodes, ``in3>5`` from where node 3 of another section comes in, ``5>out`` to where 5 leaves."""
    start, end = edge
    first = f"in{index[start.source]}" if isinstance(start, Entry) else str(index[str(start)])
    return f"{first}>{'out' if isinstance(end, Exit) else index[str(end)]}"


def _rounded(point: tuple[float, float]) -> list[float]:
    return [round(point[0], 2), round(point[1], 2)]


def _node(node: Node, scene: Scene, index: Mapping[str, int]) -> JSONDict:
    section = scene.section_of[node.name]
    return {
        "name": node.name,
        "label": label_of(node, section),
        "note": note_of(node),
        "op": node.op,
        "type": str(node.type),
        "line": text.format_node(node),
        "source": node.source,
        "inputs": [index[name] for name in node.inputs],
        "constant": node.name in scene.constants,
        "at": [*_rounded(scene.sections[section].inside.corners[node.name]), *scene.sizes[node.name]],
    }


def _found(node: Node, results: list[str], measures: Statistics | None) -> JSONDict:
    """What the graph and a run make of the node."""
    marks = {"leaf": node.is_leaf, "result": bool(results), "bad": measures is not None and bool(measures.bad)}
    return {
        "results": results,
        "marks": [mark for mark, holds in marks.items() if holds],
        "values": None if measures is None else measures._asdict(),
    }
