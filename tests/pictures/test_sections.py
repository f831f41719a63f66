"""Which box, lane and row every node is drawn in."""

from __future__ import annotations

import pytest
from picture_models import deep_graph, odd_graph, train_graph

from kgraph.ir import Graph
from kgraph.pictures.sections import BESIDE, FORWARD, GRADIENTS, UPDATES, Section, sections_of


@pytest.fixture(scope="module")
def graph() -> Graph:
    return train_graph()


@pytest.fixture(scope="module")
def sections(graph: Graph) -> dict[str, Section]:
    return {section.name: section for section in sections_of(graph)}


@pytest.mark.parametrize("make", [train_graph, odd_graph, lambda: deep_graph(200)])
def test_every_node_is_in_one_section(make: type[Graph]) -> None:
    graph = make()
    drawn = [node.name for section in sections_of(graph) for node in section.nodes]
    assert sorted(drawn) == sorted(node.name for node in graph.nodes)


def test_parameters_stand_with_their_layer_and_what_the_optimizer_keeps_with_its_updates(
    sections: dict[str, Section],
) -> None:
    names = {name: [node.name for node in section.nodes] for name, section in sections.items()}
    assert {"shared/kernel", "shared/bias"} < set(names["shared"])
    assert "adam/kind_kernel_momentum" in names["update/kind"]
    assert "adam/learning_rate" in names["update/adam"]


def test_targets_and_sample_weights_stand_with_their_loss(sections: dict[str, Section]) -> None:
    names = {node.name for node in sections["loss/price"].nodes}
    assert {"price_target", "price_sample_weights"} < names
    assert [node.name for node in sections["inputs"].nodes] == ["steps"]


def test_lanes_follow_what_a_section_is_for(sections: dict[str, Section]) -> None:
    lanes = {name: section.lane for name, section in sections.items()}
    assert {lanes["inputs"], lanes["shared"], lanes["kind"]} == {FORWARD}
    assert {lanes["loss/kind"], lanes["loss/total"], lanes["metrics/price_mae"]} == {BESIDE}
    assert {lanes["grad/kind"], lanes["grad/loss/kind"]} == {GRADIENTS}
    assert {lanes["update/kind"], lanes["update/adam"]} == {UPDATES}


def test_gradients_and_updates_stand_in_the_row_of_what_they_belong_to(sections: dict[str, Section]) -> None:
    for name, section in sections.items():
        origin = name.partition("/")[2]
        if section.lane in (GRADIENTS, UPDATES) and origin in sections:
            assert section.row == sections[origin].row
    assert sections["grad/kind"].row == sections["kind"].row == sections["update/kind"].row


def test_a_section_stands_below_those_that_it_reads(sections: dict[str, Section]) -> None:
    assert sections["inputs"].row < sections["mask"].row < sections["shared"].row < sections["kind"].row
    assert sections["kind"].row < sections["loss/kind"].row < sections["loss/total"].row


def test_a_layer_that_reads_what_it_gave_does_not_push_itself_down(sections: dict[str, Section]) -> None:
    """`shared` feeds `between`, which feeds `shared`: the first of them to compute stands above."""
    assert sections["shared"].row < sections["between"].row
