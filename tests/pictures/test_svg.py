"""The SVG file of a graph."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from picture_models import ODD_NAMES, deep_graph, odd_graph, train_graph, two_outputs

from kgraph import text
from kgraph.ir import Graph

SVG = "{http://www.w3.org/2000/svg}"


def titles(picture: str, kind: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    groups = [element for element in root.iter() if kind in element.get("class", "").split()]
    return [element.findtext(f"{SVG}title") or "" for element in groups]


@pytest.fixture(scope="module")
def graph() -> Graph:
    return train_graph()


def test_an_open_picture_shows_every_node_with_its_line(graph: Graph) -> None:
    assert sorted(titles(graph.to_svg(fold=False), "node")) == sorted(map(text.format_node, graph.nodes))


def test_a_folded_picture_shows_sections_with_what_they_hold_and_no_nodes(graph: Graph) -> None:
    picture = graph.to_svg(fold=True)
    assert titles(picture, "node") == []
    assert any(re.fullmatch(r"kind: Dense, \d+ nodes", title) for title in titles(picture, "section"))


def test_edges_between_folded_sections_say_which_values_they_carry(graph: Graph) -> None:
    picture = graph.to_svg(fold=True)
    assert "%steps: f32[N,4,3]" in titles(picture, "edge")
    shown = [element.text for element in ElementTree.fromstring(picture).iter() if element.get("class") == "type"]
    assert "f32[N,4,3]" in shown


def test_lines_that_carry_constants_alone_to_other_sections_are_left_out() -> None:
    graph = deep_graph(200)
    shared = next(node for node in graph.nodes if node.op == "full" and len(graph.consumers[node.name]) > 3)
    line = f"%{shared.name}: {shared.type}"
    assert line not in titles(graph.to_svg(fold=True), "edge")
    assert line in titles(graph.to_svg(fold=False), "edge"), "inside of its own section it is drawn"


def test_graphs_are_folded_from_151_nodes_on(graph: Graph) -> None:
    small = two_outputs().graph
    assert len(small) <= 150 < len(graph)
    assert small.to_svg() == small.to_svg(fold=False)
    assert graph.to_svg() == graph.to_svg(fold=True)


def test_results_and_leaves_are_marked(graph: Graph) -> None:
    picture = graph.to_svg(fold=False)
    results = {*graph.outputs.values(), *graph.updates.values()}
    assert sorted(titles(picture, "result")) == sorted(text.format_node(graph[name]) for name in results)
    assert sorted(titles(picture, "leaf")) == sorted(text.format_node(node) for node in graph.nodes if node.is_leaf)


@pytest.mark.parametrize("fold", [True, False])
def test_odd_names_are_escaped_and_characters_without_a_place_in_xml_are_replaced(fold: bool) -> None:
    picture = odd_graph().to_svg(fold=fold)
    root = ElementTree.fromstring(picture)
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    said = "".join(root.itertext())
    assert 'say "yes" & \'no\'' in said and "層" in said
    assert "\x07" not in picture and len(ODD_NAMES) <= len(titles(picture, "section"))


def test_a_picture_asks_for_nothing_from_elsewhere(graph: Graph) -> None:
    picture = graph.to_svg().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|@import|href=|src=|url\((?!#)", picture)


def test_a_picture_has_colours_for_light_and_dark(graph: Graph) -> None:
    assert "prefers-color-scheme: dark" in graph.to_svg()


def test_an_empty_graph_has_a_picture() -> None:
    assert ElementTree.fromstring(Graph("empty", ()).to_svg()).get("viewBox")
