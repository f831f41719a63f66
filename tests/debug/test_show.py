"""A graph on a terminal: colour, folded sections, some nodes only; and in Graphviz's language."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from two_outputs import two_outputs

from kgraph import Graph
from kgraph.names import reset_names

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def colourful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture(scope="module")
def graph() -> Graph:
    reset_names()
    return two_outputs().make_train_function().graph


def shown(graph: Graph, *patterns: str, terminal: bool = False, **options: bool) -> str:
    stream = Terminal() if terminal else io.StringIO()
    graph.show(*patterns, stream=stream, **options)
    return stream.getvalue()


def chain(length: int) -> Graph:
    lines = ["%x: f32[2] = input()", "%long/0: f32[2] = neg(%x)"]
    lines += [f"%long/{index}: f32[2] = neg(%long/{index - 1})" for index in range(1, length)]
    return Graph.parse("\n".join(["graph chain", *lines, f"output y = %long/{length - 1}"]))


def test_outside_of_a_terminal_the_whole_dump_is_shown_as_it_is(graph: Graph) -> None:
    assert shown(graph) == str(graph)
    assert shown(chain(100)) == str(chain(100))


def test_the_text_of_a_graph_is_the_whole_dump_wherever_it_is_printed(graph: Graph) -> None:
    assert Graph.parse(str(graph)) == graph and "\x1b" not in str(graph)


def test_in_a_terminal_there_is_colour_and_nothing_else_is_different(graph: Graph) -> None:
    coloured = shown(graph, "*", terminal=True)
    assert "\x1b[36m%shared/kernel\x1b[0m: \x1b[33mf32[3,5]\x1b[0m = \x1b[1;34mparam\x1b[0m()" in coloured
    assert ESCAPES.sub("", coloured) == str(graph)


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colour_gets_none(
    graph: Graph, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert "\x1b" not in shown(graph, terminal=True)


def test_in_a_terminal_long_sections_are_folded_and_say_how_to_see_them() -> None:
    text = ESCAPES.sub("", shown(chain(100), terminal=True))
    assert '... 81 more: graph.show("long/*")\n' in text
    assert "%long/15: " in text and "%long/16: " not in text
    assert "%long/97: " in text and "%long/96: " not in text
    assert "... " not in shown(chain(100), "long/*", terminal=True)


def test_folded_results_are_seen_with_all_the_rest() -> None:
    outputs = "".join(f"output y{index} = %x\n" for index in range(50))
    graph = Graph.parse(f"graph f\n%x: f32[2] = input()\n{outputs}")
    assert '... 30 more: graph.show("*")\n' in ESCAPES.sub("", shown(graph, terminal=True))
    assert ESCAPES.sub("", shown(graph, "*", terminal=True)) == str(graph)


def test_a_section_that_is_not_long_is_whole() -> None:
    assert ESCAPES.sub("", shown(chain(30), terminal=True)) == str(chain(30))


def test_patterns_choose_nodes_with_their_layers_and_results(graph: Graph) -> None:
    lines = shown(graph, "loss/total/*").splitlines()
    nodes = [line for line in lines if line.startswith("%")]
    assert nodes and all(line.startswith("%loss/total/") for line in nodes)
    assert [line for line in lines if line.startswith("layer ")] == [
        line for line in str(graph).splitlines() if line.startswith("layer loss/total = ")
    ]
    assert "output total_loss = %loss/total/value" in lines


def test_patterns_also_mean_sections_and_several_are_any_of_them(graph: Graph) -> None:
    lines = shown(graph, "parameters", "%metrics/*").splitlines()
    names = [line.split(":")[0] for line in lines if line.startswith("%")]
    wanted = [n.name for n in graph.nodes if n.op == "param" or (n.name.startswith("metrics/") and not n.is_variable)]
    assert [name[1:] for name in names] == wanted


def test_a_pattern_of_a_graph_without_nodes_is_an_error_that_says_so() -> None:
    with pytest.raises(ValueError, match=r"no node of graph matches '\*'; it has no nodes"):
        Graph.parse("").show("*")


def test_a_pattern_of_nothing_is_an_error_that_names_the_sections(graph: Graph) -> None:
    with pytest.raises(ValueError, match=r"no node of train matches 'losses/\*'; its sections are placeholders, param"):
        graph.show("losses/*")


def test_sources_are_shown_where_asked_for(graph: Graph) -> None:
    assert "two_outputs.py" not in shown(graph)
    (line,) = [line for line in shown(graph, sources=True).splitlines() if line.startswith("%shared/matmul:")]
    assert re.search(r"  # at .*two_outputs\.py:\d+$", line)


def test_ancestors_and_descendants_are_sets_of_names(graph: Graph) -> None:
    above = graph.ancestors("loss/total/value")
    assert above == graph.ancestors(["%loss/total/value"])
    assert {"loss/total/value", "total/kernel", "right", "total_target"} <= above
    assert not {"score/kernel", "score_target"} & above
    assert graph.descendants("score_target") >= {"loss/score/value", "grad/score/kernel", "update/score/kernel/value"}
    assert "total/add" not in graph.descendants("score_target")
    assert all(("total/add" in graph.descendants(name)) == (name in graph.ancestors("total/add")) for name in above)


def test_a_node_that_is_not_there_is_named(graph: Graph) -> None:
    with pytest.raises(KeyError, match="graph train has no node 'nothing'"):
        graph.ancestors("nothing")


def test_a_subgraph_is_what_a_node_is_computed_from_and_runs_alone(graph: Graph) -> None:
    alone = graph.subgraph("loss/total/per_sample").verify()
    assert set(alone.by_name) == graph.ancestors("loss/total/per_sample")
    assert alone.outputs == {"loss/total/per_sample": "loss/total/per_sample"} and not alone.updates
    leaves = [node for node in alone.nodes if node.is_leaf and node.op != "const"]
    ones = {leaf.name: np.ones(leaf.type.substitute({"N": 2}).known_shape, "float32") for leaf in leaves}
    assert alone.run(ones)["loss/total/per_sample"].shape == (2,)


def test_dot_has_a_cluster_a_section_and_an_edge_an_operand(graph: Graph) -> None:
    lines = [line.strip() for line in graph.to_dot().splitlines()]
    assert (lines[0], lines[-1]) == ('digraph "train" {', "}")
    sections = [line for line in str(graph).splitlines() if line.startswith("# ") and line != "# results"]
    assert sum(line.startswith("subgraph cluster_") for line in lines) == len(set(sections))
    assert 'label="loss/score";' in lines
    assert '"shared/kernel" -> "shared/matmul";' in lines
    edges = sum(" -> " in line for line in lines)
    assert edges == sum(len(node.inputs) for node in graph.nodes) + len(graph.outputs) + len(graph.updates)
    assert '"update/shared/kernel/value" -> "shared/kernel" [style=dashed, constraint=false];' in lines


def test_dot_quotes_names_with_anything_in_them() -> None:
    graph = Graph.parse('graph f\n%"a \\"b\\\\": f32[] = input()\n%y: f32[] = neg(%"a \\"b\\\\")\noutput y = %y\n')
    assert '"a \\"b\\\\" -> "y";' in graph.to_dot()
