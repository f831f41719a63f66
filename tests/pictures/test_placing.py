"""Where sections, nodes and edges are in the picture, in Python and in the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from picture_models import branching_graph, deep_graph, odd_graph, train_graph

import kgraph.pictures
from kgraph.ir import Graph
from kgraph.pictures.data import page_data
from kgraph.pictures.placing import Line, Placed, Rect, lines, place
from kgraph.pictures.scene import Scene, scene_of
from kgraph.pictures.sections import FORWARD, UPWARD, runs_along

GRAPHS = {"two outputs": train_graph, "deep": lambda: deep_graph(300), "odd names": odd_graph}
FOLDS = {"open": 0, "folded": 1, "every other folded": 2, "every third folded": 3}


@pytest.fixture(scope="module", params=GRAPHS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return GRAPHS[request.param]()


@pytest.fixture(scope="module")
def scene(graph: Graph) -> Scene:
    return scene_of(graph)


@pytest.fixture(params=FOLDS)
def folded(request: pytest.FixtureRequest, scene: Scene) -> set[str]:
    step = FOLDS[request.param]
    return set(list(scene.sections)[::step]) if step else set()


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def test_no_two_sections_and_no_two_nodes_overlap(scene: Scene, folded: set[str]) -> None:
    placed = place(scene, folded)
    for boxes in (placed.sections, placed.nodes):
        assert [pair for pair in combinations(boxes, 2) if overlap(boxes[pair[0]], boxes[pair[1]])] == []


def test_nodes_stand_in_their_sections_and_all_in_the_picture(scene: Scene, folded: set[str]) -> None:
    placed = place(scene, folded)
    assert placed.sections.keys() == scene.sections.keys()
    assert placed.nodes.keys() == {name for name, section in scene.section_of.items() if section not in folded}
    whole = Rect(0, 0, placed.size.width, placed.size.height)
    pairs = [(rect, placed.sections[scene.section_of[name]]) for name, rect in placed.nodes.items()]
    for inner, outer in [*pairs, *((rect, whole) for rect in placed.sections.values())]:
        assert outer.x <= inner.x and inner.x + inner.width <= outer.x + outer.width
        assert outer.y <= inner.y and inner.y + inner.height <= outer.y + outer.height


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.\d", path)]


def ends(line: Line, placed: Placed) -> tuple[Rect, Rect]:
    source, target = ((placed.nodes if seen[0] == "%" else placed.sections)[seen[1:]] for seen in line[:2])
    return source, target


def test_every_edge_of_the_graph_is_a_line_unless_one_box_hides_both_ends(
    graph: Graph, scene: Scene, folded: set[str]
) -> None:
    def seen(name: str) -> str:
        return f"#{scene.section_of[name]}" if scene.section_of[name] in folded else f"%{name}"

    wanted = {(seen(name), seen(node.name)) for node in graph.nodes for name in node.inputs}
    drawn = {(line.source, line.target) for line in lines(scene, place(scene, folded), graph.nodes)}
    assert drawn == {(source, target) for source, target in wanted if source != target}


def test_edges_begin_and_end_at_the_boxes_that_they_join(graph: Graph, scene: Scene, folded: set[str]) -> None:
    placed = place(scene, folded)
    for line in lines(scene, placed, graph.nodes):
        source, target = ends(line, placed)
        x, y = line.start
        assert source.x - 0.1 <= x <= source.x + source.width + 0.1
        assert source.y - 0.1 <= y <= source.y + source.height + 0.1
        last = numbers(line.path)[-1]
        level = re.search(r"H[-\d.]+$", line.path) is not None
        low, high = (target.x, target.x + target.width) if level else (target.y, target.y + target.height)
        assert low - 0.1 <= last <= high + 0.1


def test_edges_run_down_in_the_forward_lane_and_up_among_gradients(
    graph: Graph, scene: Scene, folded: set[str]
) -> None:
    placed = place(scene, folded)

    def section(seen: str) -> str:
        return scene.section_of[seen[1:]] if seen[0] == "%" else seen[1:]

    checked = 0
    for line in lines(scene, placed, graph.nodes):
        source, target = (scene.sections[section(seen)].section for seen in line[:2])
        runs = source is target or (line.weight == "main" and runs_along(source, target))
        if runs and source.lane in (FORWARD, UPWARD):
            upper, lower = ends(line, placed) if source.lane == FORWARD else ends(line, placed)[::-1]
            assert upper.y + upper.height <= lower.y
            checked += 1
    assert checked


def knots(path: str) -> list[tuple[float, float]]:
    """The points between which a path is one curve."""
    found = numbers(path)
    return [(found[0], found[1]), *((found[at], found[at + 1]) for at in range(6, len(found), 6))]


def test_edges_of_a_lane_pass_no_box_of_the_rows_that_they_cross_whichever_is_open() -> None:
    graph = branching_graph()
    scene = scene_of(graph)
    crossed = 0
    for opened in scene.sections:
        placed = place(scene, scene.sections.keys() - {opened})
        for line in lines(scene, placed, graph.nodes):
            if line.weight != "main" or line.heading not in ("up", "down") or "H" in line.path or line.source[0] == "%":
                continue
            boxes = [box for box in placed.sections.values() if box not in ends(line, placed)]
            boxes = boxes if line.target[0] == "#" else [box for box in boxes if box != placed.sections[opened]]
            for (x0, y0), (x1, y1) in pairwise(knots(line.path)):
                swept = Rect(min(x0, x1), min(y0, y1) + 0.1, abs(x0 - x1) + 0.1, abs(y0 - y1) - 0.2)
                assert not [box for box in boxes if overlap(box, swept)]
                crossed += 1
    assert crossed > 100


def test_a_picture_is_the_same_each_time(graph: Graph) -> None:
    assert graph.to_svg() == Graph.parse(str(graph)).to_svg()


@pytest.mark.skipif(shutil.which("node") is None, reason="runs the page's script, which takes node")
def test_the_page_places_and_routes_as_python_does(graph: Graph, scene: Scene, folded: set[str]) -> None:
    data = page_data(graph, "", {}, None)
    places = [index for index, section in enumerate(data["sections"]) if section["name"] in folded]
    script = Path(kgraph.pictures.__file__).with_name("placing.js").read_text(encoding="utf-8")
    script += """
    const [data, folded] = JSON.parse(require("fs").readFileSync(0, "utf-8"));
    const placed = place(data, new Set(folded));
    const found = linesOf(data, placed).map(({ source, target, weight, heading, path }) =>
      [seenKey(source), seenKey(target), weight, heading, path]);
    process.stdout.write(JSON.stringify([placed.sections, placed.nodes, found]));
    """
    run = subprocess.run(
        ["node", "-e", script], input=json.dumps([data, places]), capture_output=True, text=True, check=True
    )
    sections, nodes, found = json.loads(run.stdout)
    placed = place(scene, folded)
    for name, box in zip(scene.sections, sections, strict=True):
        assert list(box.values()) == pytest.approx(placed.sections[name], abs=0.05)
    for node, box in zip(graph.nodes, nodes, strict=True):
        assert (box is None) == (node.name not in placed.nodes)
        if box is not None:
            assert list(box.values()) == pytest.approx(placed.nodes[node.name], abs=0.05)
    keys = {f"%{node.name}": f"%{index}" for index, node in enumerate(graph.nodes)}
    keys |= {f"#{name}": f"#{index}" for index, name in enumerate(scene.sections)}
    drawn = [
        [keys[line.source], keys[line.target], line.weight, line.heading, line.path]
        for line in lines(scene, placed, graph.nodes)
    ]
    assert [line[:4] for line in found] == [line[:4] for line in drawn]
    for (*_, theirs), (*_, ours) in zip(found, drawn, strict=True):
        assert re.sub(r"-?\d+\.\d", "", theirs) == re.sub(r"-?\d+\.\d", "", ours)
        assert numbers(theirs) == pytest.approx(numbers(ours), abs=0.15)
