"""The HTML page of a graph."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from picture_models import deep_graph, odd_graph, train_graph, two_outputs

from kgraph import text
from kgraph.ir import Graph

VOID = ("meta", "input", "br", "img")


class Page(HTMLParser):
    """The elements of a page, each of which must be closed, and the texts of its scripts."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.scripts: list[tuple[dict[str, Any], str]] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(source)
        self.close()
        assert self.opened == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.opened and self.opened[-1] == "script":
            attributes, said = self.scripts[-1]
            self.scripts[-1] = attributes, said + data

    @property
    def data(self) -> dict[str, Any]:
        return json.loads(next(said for attributes, said in self.scripts if attributes.get("id") == "graph"))


@pytest.fixture(scope="module")
def graph() -> Graph:
    return train_graph()


@pytest.mark.parametrize("make", [train_graph, odd_graph])
def test_every_node_and_every_edge_is_in_the_data_of_the_page(make: Any) -> None:
    graph = make()
    data = Page(graph.to_html()).data
    assert [node["name"] for node in data["nodes"]] == [node.name for node in graph.nodes]
    assert [node["line"] for node in data["nodes"]] == [text.format_node(node) for node in graph.nodes]
    named = [[data["nodes"][place]["name"] for place in node["inputs"]] for node in data["nodes"]]
    assert named == [list(node.inputs) for node in graph.nodes]


def test_the_page_knows_types_lines_of_code_layers_and_results(graph: Graph) -> None:
    data = Page(graph.to_html()).data
    shown = {node["name"]: node for node in data["nodes"]}
    for node in graph.nodes:
        assert shown[node.name]["type"] == str(node.type)
        assert shown[node.name]["source"] == node.source
        assert shown[node.name]["layer"] == graph.layer_of(node)
    assert shown["loss/total/value"]["results"] == ["output loss"]
    assert any("picture_models.py:" in node["source"] for node in data["nodes"])
    assert [[data["nodes"][place]["name"] for place in pair] for pair in data["updates"]] == [
        list(pair) for pair in graph.updates.items()
    ]


def test_large_graphs_are_folded_at_first_and_small_ones_open(graph: Graph) -> None:
    small = two_outputs().graph
    assert Page(small.to_html()).data["folded"] == []
    data = Page(graph.to_html()).data
    assert data["folded"] == list(range(len(data["sections"])))
    assert Page(graph.to_html(fold=False)).data["folded"] == []


def test_values_are_shown_as_statistics_and_a_histogram(graph: Graph) -> None:
    kernel = np.array([[0.0, 1.0], [2.0, 5.0]], np.float32)
    data = Page(graph.to_html({"kind/kernel": kernel, "of no node": kernel})).data
    shown = {node["name"]: node["values"] for node in data["nodes"]}
    facts = dict(shown["kind/kernel"]["facts"])
    assert facts["shape"] == "[2, 2]" and facts["dtype"] == "float32"
    assert (facts["min"], facts["max"], facts["mean"]) == ("0", "5", "2")
    assert facts["std"] == f"{np.std(kernel):.6g}" and facts["NaN"] == "0 of 4"
    assert sum(shown["kind/kernel"]["counts"]) == 4
    assert (shown["kind/kernel"]["low"], shown["kind/kernel"]["high"]) == ("0", "5")
    assert [name for name, values in shown.items() if values] == ["kind/kernel"]


def test_nan_and_infinity_are_counted_and_mark_the_node_and_its_section(graph: Graph) -> None:
    data = Page(graph.to_html({"kind/bias": np.array([np.nan, np.inf, 1.0])})).data
    node = next(node for node in data["nodes"] if node["name"] == "kind/bias")
    facts = dict(node["values"]["facts"])
    assert (facts["NaN"], facts["infinite"], facts["max"]) == ("1 of 3", "1 of 3", "1")
    assert node["values"]["bad"] == ["NaN", "infinite"] and "bad" in node["marks"]
    assert [section["name"] for section in data["sections"] if section["bad"]] == ["kind"]


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(0),
        np.float32(3.0),
        np.full(4, np.nan),
        np.array([np.finfo(np.float64).max, -np.finfo(np.float64).max]),
        np.array([True, False]),
        np.array([2**62, -(2**62)]),
        np.full((2, 3), 7),
    ],
    ids=["none", "one", "only NaN", "largest floats", "bools", "large ints", "all equal"],
)
def test_values_of_any_kind_have_statistics(graph: Graph, values: Any) -> None:
    with np.errstate(all="raise"):
        data = Page(graph.to_html({"kind/bias": values})).data
    shown = next(node["values"] for node in data["nodes"] if node["name"] == "kind/bias")
    assert sum(shown["counts"]) == np.isfinite(values).sum()


def test_values_that_are_no_numbers_are_refused(graph: Graph) -> None:
    with pytest.raises(TypeError, match="kind/bias.*numbers"):
        graph.to_html({"kind/bias": np.array(["a"])})


def test_odd_names_neither_end_the_data_nor_make_elements() -> None:
    graph = odd_graph()
    source = graph.to_html()
    page = Page(source)
    assert len(page.scripts) == 2
    assert "<script>alert" not in source and "<b>" not in source
    assert page.data["title"].startswith("Graph <b>&amp;</b>")


def test_the_page_asks_for_nothing_from_elsewhere(graph: Graph) -> None:
    source = graph.to_html()
    page = Page(source)
    assert [at for at in page.attributes if at[1] in ("src", "href")] == []
    addresses = set(re.findall(r"https?://[^\s\"']+", source))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|fetch\(|XMLHttpRequest|import\(", source)


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(graph: Graph) -> None:
    cell = Page(graph._repr_html_())
    frame = {name: value for tag, name, value in cell.attributes if tag == "iframe"}
    assert frame["sandbox"] == "allow-scripts"
    assert frame["srcdoc"] == graph.to_html(fold=True)
    assert Page(frame["srcdoc"] or "").data["title"] == f"Graph train: {len(graph)} nodes"


def test_a_page_of_a_thousand_nodes_is_below_2_mb_and_made_in_2_seconds() -> None:
    graph = deep_graph(1000)
    start = time.process_time()
    page = graph.to_html()
    picture = graph.to_svg()
    assert time.process_time() - start < 2
    assert len(page.encode()) < 2_000_000
    assert len(picture.encode()) < 2_000_000


def test_an_empty_graph_has_a_page() -> None:
    assert Page(Graph("empty", ()).to_html()).data["nodes"] == []
