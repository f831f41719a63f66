"""What holds for the tools on any graph: random ones, and ones with odd names and numbers."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from random_graphs import RandomGraph
from test_text_laws import ODD_NAMES

from kgraph import Graph
from kgraph.builder import Builder
from kgraph.debug import diff, dump_to
from kgraph.passes import cse, dead_code, fold
from kgraph.stages import Making
from kgraph.types import TensorType

SCALAR = TensorType("f32", ())


def random_graph(seed: int) -> Graph:
    return RandomGraph(np.random.default_rng(seed)).make(60)


def odd_graph(name: str) -> Graph:
    """Nodes, layer, output and graph of one name, around a NaN."""
    builder = Builder(name)
    with builder.scope(name):
        value = builder.emit("add", [builder.leaf("input", name, SCALAR), builder.constant(float("nan"), SCALAR)], {})
        builder.emit("clip", [value], {"low": float("nan"), "high": 1.0}, name)
    builder.layers[name] = {"class_name": name}
    builder.output(name, value)
    return builder.finish()


def with_prefix(graph: Graph, prefix: str) -> Graph:
    """``graph`` with every node under another name."""
    lines = str(graph).splitlines()
    return Graph.parse("\n".join(line.replace("%", f"%{prefix}") for line in lines) + "\n")


@pytest.mark.parametrize("seed", range(20))
def test_a_graph_does_not_differ_from_itself_parsed_again(seed: int) -> None:
    graph = random_graph(seed)
    assert not diff(graph, Graph.parse(str(graph)))


@pytest.mark.parametrize("seed", range(20))
def test_what_a_pass_removes_is_removed_and_nothing_is_renamed(seed: int) -> None:
    graph = random_graph(seed)
    for apply in (dead_code, cse, fold):
        after = apply(graph)
        found = diff(graph, after)
        assert {node.name for node in found.removed} == set(graph.by_name) - set(after.by_name)
        assert not found.added and not found.renamed
        assert bool(found) == (str(graph) != str(after))


@pytest.mark.parametrize("seed", range(20))
def test_a_graph_under_other_names_has_every_computed_node_matched(seed: int) -> None:
    graph = dead_code(random_graph(seed))
    found = diff(graph, with_prefix(graph, "other_"))
    assert len(found.added) == len(found.removed)
    names = {**found.renamed, **{change.before.name: change.after.name for change in found.changed}}
    assert len(set(names.values())) == len(names)
    for name, other in found.renamed.items():
        assert graph[name].op == with_prefix(graph, "other_")[other].op


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_odd_names_and_numbers_are_shown_compared_drawn_and_dumped(name: str, tmp_path: Path) -> None:
    graph, other = odd_graph(name), odd_graph("plain")
    assert not diff(graph, odd_graph(name))
    shown = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    graph.show(stream=shown)
    diff(graph, other).show(shown)
    diff(other, graph).show(shown)
    shown.write(graph.to_dot())
    shown.flush()
    with dump_to(tmp_path):
        Making(name, {name: (3,)}).stage("made", graph)
    (path,) = tmp_path.glob("*/01-made.kg")
    assert str(Graph.load(path)) == str(graph)


def test_a_wide_graph_is_compared_in_no_time() -> None:
    """Nodes that are all alike must not be compared each with each."""
    lines = [f"%a{index}: f32[] = input()\n%b{index}: f32[] = neg(%a{index})" for index in range(4000)]
    graph = Graph.parse("\n".join(lines) + "\n")
    found = diff(graph, with_prefix(graph, "other_"))
    assert len(found.renamed) == 8000 and not found.added
