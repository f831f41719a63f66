"""The law of every graph: it is valid, and ``dump(parse(text)) == text``."""

from __future__ import annotations

from kgraph.ir import Graph

#: Texts that keep the law; most graphs are met several times.
_LAWFUL: set[str] = set()


def check_text(graph: Graph) -> None:
    """Asserts that ``dump(parse(text)) == text``; parsing verifies every rule of the graph.

    Raises:
        AssertionError: it is not so.
        GraphSyntaxError: the text is not that of a valid graph.
    """
    text = str(graph)
    if text in _LAWFUL:
        return
    parsed = Graph.parse(text)
    assert str(parsed) == text, f"the text of {graph!r} changes when it is parsed"
    assert [node.name for node in parsed.nodes] == [node.name for node in graph.nodes]
    _LAWFUL.add(text)
