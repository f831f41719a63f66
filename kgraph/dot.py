"""A graph in Graphviz's language, for those who like it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Final

from kgraph.node import Node
from kgraph.text import GraphParts, section_of

#: The shapes of leaves; others are boxes.
_SHAPES: Final[Mapping[str, str]] = {
    "input": "invhouse",
    "target": "invhouse",
    "sample_weight": "invhouse",
    "param": "cylinder",
    "state": "cylinder",
    "const": "plaintext",
}


def to_dot(graph: GraphParts) -> str:
    """``graph`` as a ``digraph``: a cluster a section, edges from operands to readers, dashed ones for updates."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: GraphParts) -> Iterator[str]:
    yield f"digraph {_quoted(graph.name)} {{"
    yield "  node [shape=box, fontsize=10];"
    sections: dict[str, list[Node]] = {}
    for node in graph.nodes:
        sections.setdefault(section_of(node), []).append(node)
    for index, (section, nodes) in enumerate(sections.items()):
        yield f"  subgraph cluster_{index} {{"
        yield f"    label={_quoted(section)};"
        yield from (f"    {_node(node)};" for node in nodes)
        yield "  }"
    for node in graph.nodes:
        yield from (f"  {_quoted(name)} -> {_quoted(node.name)};" for name in node.inputs)
    for output, value in graph.outputs.items():
        result = _quoted(f"output {output}")
        yield f"  {result} [shape=oval];"
        yield f"  {_quoted(value)} -> {result};"
    for variable, value in graph.updates.items():
        yield f"  {_quoted(value)} -> {_quoted(variable)} [style=dashed, constraint=false];"
    yield "}"


def _node(node: Node) -> str:
    label = _quoted(f"%{node.name}\n{node.op}\n{node.type}")
    shape = _SHAPES.get(node.op)
    return f"{_quoted(node.name)} [label={label}{f', shape={shape}' if shape else ''}]"


def _quoted(name: str) -> str:
    """``name`` as a string that means itself, also where backslashes and quotes stand in it."""
    return json.dumps(name.encode("utf-8", "backslashreplace").decode(), ensure_ascii=False)
