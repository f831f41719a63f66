"""A graph on a terminal: its dump in colour, some of its nodes only, long sections folded."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TextIO

from kgraph import text
from kgraph.node import Node
from kgraph.terminal import Paint, is_terminal, painter

#: Sections of more lines are folded, to so many of their first and last lines.
_LONGEST_SECTION: Final = 40
_FIRST, _LAST = 16, 4

_PARTS: Final = re.compile(
    r'(?P<name>%(?:[A-Za-z0-9_./-]+|"(?:[^"\\]|\\.)*"))(?P<type>: \S+)?|(?P<op>\b\w+(?=\())|(?P<note>\{.*)'
)


class _Shown(NamedTuple):
    """The part of a graph that is listed."""

    name: str
    nodes: tuple[Node, ...]
    outputs: dict[str, str]
    updates: dict[str, str]
    layers: dict[str, object]


def show(graph: text.GraphParts, patterns: Sequence[str], sources: bool, stream: TextIO | None) -> None:
    """Prints ``graph``, or the part of it that ``patterns`` choose; see ``Graph.show``."""
    stream = sys.stdout if stream is None else stream
    shown = chosen(graph, patterns) if patterns else graph
    remark = text.source_remark if sources else None
    fold = is_terminal(stream) and not patterns
    for line in listed(text.dump(shown, remark).splitlines(), painter(stream), fold):
        print(line, file=stream)


def chosen(graph: text.GraphParts, patterns: Sequence[str]) -> _Shown:
    """The nodes whose name or section matches a pattern, with the results and layers that they belong to.

    Raises:
        ValueError: a pattern matches nothing.
    """
    from fnmatch import fnmatchcase

    names: set[str] = set()
    for pattern in (given.removeprefix("%") for given in patterns):
        found = {
            node.name
            for node in graph.nodes
            if fnmatchcase(node.name, pattern) or fnmatchcase(text.section_of(node), pattern)
        }
        found |= {value for output, value in graph.outputs.items() if fnmatchcase(output, pattern)}
        if not found:
            sections = ", ".join(dict.fromkeys(text.quoted(text.section_of(node)) for node in graph.nodes))
            has = f"its sections are {sections}" if sections else "it has no nodes"
            raise ValueError(f"no node of {text.quoted(graph.name)} matches {pattern!r}; {has}")
        names |= found
    return _Shown(
        graph.name,
        tuple(node for node in graph.nodes if node.name in names),
        {output: value for output, value in graph.outputs.items() if value in names},
        {variable: value for variable, value in graph.updates.items() if value in names},
        {layer: config for layer, config in graph.layers.items() if any(n.startswith(f"{layer}/") for n in names)},
    )


def listed(lines: Iterable[str], paint: Paint, fold: bool) -> Iterator[str]:
    """The ``lines`` of a dump in colour; long sections folded, if ``fold``."""
    for heading, section in _sections(lines):
        if heading:
            yield paint(heading, "heading")
        hidden = len(section) - _FIRST - _LAST if fold and len(section) > _LONGEST_SECTION else 0
        for index, line in enumerate(section):
            if hidden and index == _FIRST:
                yield paint(f'... {hidden} more: graph.show("{_pattern(heading)}")', "note")
            if not hidden or not _FIRST <= index < _FIRST + hidden:
                yield _painted(line, paint)


def _sections(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Each heading with the lines below it; the empty line above a heading belongs to what is before."""
    heading = ""
    section: list[str] = []
    for line in lines:
        if line.startswith("# "):
            yield heading, section
            heading, section = line, []
        else:
            section.append(line)
    yield heading, section


def _pattern(heading: str) -> str:
    section = heading.removeprefix("# ").strip('"')
    if section == text.RESULTS:
        return "*"
    return section if section in text.LEAF_SECTIONS.values() else f"{section}/*"


def _painted(line: str, paint: Paint) -> str:
    statement, mark, remark = line.partition(text.REMARK)
    if not statement.startswith(("%", "output ", "update ")):
        return paint(line, "note") if line else line
    return _PARTS.sub(lambda found: _painted_part(found, paint), statement) + paint(mark + remark, "note") * bool(mark)


def _painted_part(found: re.Match[str], paint: Paint) -> str:
    if found["name"] is not None:
        return paint(found["name"], "name") + (f": {paint(found['type'][2:], 'type')}" if found["type"] else "")
    return paint(found["op"], "op") if found["op"] is not None else paint(found["note"], "note")
