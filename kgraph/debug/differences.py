"""What differs between two graphs, by name and meaning."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from kgraph.debug.matching import Matching, match
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.terminal import Paint, Style, painter, plain
from kgraph.text import format_node, quoted, section_of

#: Longer values of attributes are cut.
_LONGEST_VALUE: Final = 60


class Change(NamedTuple):
    """One way in which a node differs: ``what`` (``op``, ``type``, an attribute or ``operands``) was and is now."""

    what: str
    before: str
    after: str


class NodeChange(NamedTuple):
    """A node that is in both graphs and differs.

    Attributes:
        before, after: the node in each; their names may differ too.
        changes: at least one.
    """

    before: Node
    after: Node
    changes: tuple[Change, ...]

    def has(self, what: str) -> bool:
        return any(change.what == what for change in self.changes)


class ResultChange(NamedTuple):
    """An output or update that differs: the nodes of its value, ``None`` where there is none."""

    name: str
    before: str | None
    after: str | None


class Difference:
    """What differs between graph ``a`` and graph ``b``. False where nothing does.

    Attributes:
        added: the nodes that ``b`` has and ``a`` lacks.
        removed: the nodes that ``a`` has and ``b`` lacks.
        changed: those that both have, and that differ.
        renamed: name in ``a`` to name in ``b``, of the nodes that differ in their names alone.
        outputs, updates: the results that differ.
        layers: the layers in both whose configurations differ.
    """

    def __init__(self, a: Graph, b: Graph) -> None:
        self.a, self.b = a, b
        matching = match(a, b)
        kept = set(matching.values())
        pairs = [(node, b[matching[node.name]]) for node in a.nodes if node.name in matching]
        changes = [NodeChange(*pair, tuple(_changes(*pair, matching))) for pair in pairs]
        self.added = [node for node in b.nodes if node.name not in kept]
        self.removed = [node for node in a.nodes if node.name not in matching]
        self.changed = [change for change in changes if change.changes]
        alike = (change for change in changes if not change.changes)
        self.renamed = {each.before.name: each.after.name for each in alike if each.before.name != each.after.name}
        self.outputs = _result_changes(a.outputs, b.outputs, matching)
        updates = {matching.get(variable, variable): value for variable, value in a.updates.items()}
        self.updates = _result_changes(updates, b.updates, matching)
        both = [name for name in a.layers if name in b.layers]
        self.layers = [Change(name, json.dumps(a.layers[name]), json.dumps(b.layers[name])) for name in both]
        self.layers = [change for change in self.layers if change.before != change.after]

    @property
    def rewired(self) -> list[NodeChange]:
        """The nodes with other operands."""
        return [change for change in self.changed if change.has("operands")]

    @property
    def retyped(self) -> list[NodeChange]:
        """The nodes of another dtype or shape."""
        return [change for change in self.changed if change.has("type")]

    @property
    def reoperated(self) -> list[NodeChange]:
        """The nodes with another op."""
        return [change for change in self.changed if change.has("op")]

    @property
    def reattributed(self) -> list[NodeChange]:
        """The nodes of the same op with other attributes."""
        others = {"op", "type", "operands"}
        return [change for change in self.changed if not others.issuperset(each.what for each in change.changes)]

    def counts(self) -> dict[str, int]:
        """How many there are of each kind of difference, for those of which there are any."""
        found: dict[str, Collection[object]] = {
            "added": self.added,
            "removed": self.removed,
            "with another op": self.reoperated,
            "rewired": self.rewired,
            "retyped": self.retyped,
            "re-attributed": self.reattributed,
            "renamed": self.renamed,
            "in outputs": self.outputs,
            "in updates": self.updates,
            "in layers": self.layers,
        }
        return {what: len(those) for what, those in found.items() if those}

    def __bool__(self) -> bool:
        return bool(self.counts())

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in _lines(self, plain))

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {what}" for what, count in self.counts().items())
        return f"<Difference of {self.a.name} and {self.b.name}: {counts or 'none'}>"

    def show(self, stream: TextIO | None = None) -> None:
        """Prints it, in colour where the stream (``sys.stdout`` where not given) is a terminal."""
        stream = sys.stdout if stream is None else stream
        for line in _lines(self, painter(stream)):
            print(line, file=stream)


def diff(a: Any, b: Any) -> Difference:
    """What is different in ``b`` when it is compared with ``a``.

    The order of nodes does not matter, nor the lines of code that made them. A node with another name that is the same
    in all else is renamed, and nothing that reads it is rewired by that.

    Args:
        a, b: each a graph, the path of one, or a model or function, whose ``graph`` is meant.

    Raises:
        TypeError: there is no graph in one of them.
        GraphSyntaxError: the file of a path holds no graph.
    """
    return Difference(graph_of(a), graph_of(b))


def graph_of(given: Any) -> Graph:
    """The graph that is meant by a graph, the path of one, or something with a ``graph``; see ``diff``."""
    if isinstance(given, (str, os.PathLike)):
        return Graph.load(Path(given))
    graph = given if isinstance(given, Graph) else getattr(given, "graph", None)
    if not isinstance(graph, Graph):
        raise TypeError(f"a graph, the path of one, or a model is needed, not {type(given).__name__}")
    return graph


def _changes(before: Node, after: Node, matching: Matching) -> Iterator[Change]:
    if before.op != after.op:
        yield Change("op", before.op, after.op)
    if before.type != after.type:
        yield Change("type", str(before.type), str(after.type))
    if [matching.get(name) for name in before.inputs] != list(after.inputs):
        yield Change("operands", _names(before.inputs), _names(after.inputs))
    if before.op == after.op:
        # What the types say already.
        said = {
            "shape": (list(before.type.shape), list(after.type.shape)),
            "dtype": (before.type.dtype, after.type.dtype),
        }
        for key, value in before.attrs.items():
            # As text, where NaN equals NaN.
            texts = json.dumps(value), json.dumps(after.attrs[key])
            if texts[0] != texts[1] and (value, after.attrs[key]) != said.get(key):
                yield Change(key, *texts)


def _names(names: Sequence[str]) -> str:
    return f"({', '.join(f'%{quoted(name)}' for name in names)})"


def _result_changes(before: Mapping[str, str], after: Mapping[str, str], matching: Matching) -> list[ResultChange]:
    return [
        ResultChange(name, before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
        if name not in before or name not in after or matching.get(before[name]) != after[name]
    ]


# As text


def _lines(difference: Difference, paint: Paint) -> Iterator[str]:
    counts = difference.counts()
    if not counts:
        yield f"{quoted(difference.a.name)} and {quoted(difference.b.name)} do not differ"
        return
    yield paint(", ".join(f"{count} {what}" for what, count in counts.items()), "heading")
    for section, lines in _by_section(difference, paint).items():
        yield from ("", paint(f"# {quoted(section)}", "heading"), *lines)
    results = [*_result_lines("output ", " = ", difference.outputs, paint)]
    results += _result_lines("update %", " <- ", difference.updates, paint)
    if results:
        yield from ("", paint("# results", "heading"), *results)


def _by_section(difference: Difference, paint: Paint) -> dict[str, list[str]]:
    """The lines of each section, sections in the order of ``a`` and then ``b``."""
    lines: dict[str, list[str]] = {}
    if difference.renamed:
        lines["renamed"] = [paint(f"  {line}", "changed") for line in _renamed_lines(difference.renamed)]
    if difference.layers:
        lines["layers"] = [
            paint(f"~ {quoted(name)}: {old} -> {new}", "changed") for name, old, new in difference.layers
        ]
    removed = {node.name for node in difference.removed}
    changed = {change.before.name: change for change in difference.changed}
    for node in difference.a.nodes:
        if node.name in removed:
            lines.setdefault(section_of(node), []).append(paint(f"- {_short(format_node(node))}", "removed"))
        elif node.name in changed:
            lines.setdefault(section_of(node), []).extend(_changed_lines(changed[node.name], paint))
    for node in difference.added:
        lines.setdefault(section_of(node), []).append(paint(f"+ {_short(format_node(node))}", "added"))
    return lines


def _changed_lines(change: NodeChange, paint: Paint) -> Iterator[str]:
    before, after = (f"%{quoted(node.name)}" for node in (change.before, change.after))
    yield paint(f"~ {before}{'' if before == after else f' -> {after}'}", "changed")
    for what, old, new in change.changes:
        yield f"    {what}: {paint(_short(old), 'removed')} -> {paint(_short(new), 'added')}"


def _result_lines(kind: str, mark: str, changes: Sequence[ResultChange], paint: Paint) -> Iterator[str]:
    for name, before, after in changes:
        sides: tuple[tuple[str, str | None, Style], ...] = (("-", before, "removed"), ("+", after, "added"))
        for sign, value, style in sides:
            if value is not None:
                yield paint(f"{sign} {kind}{quoted(name)}{mark}%{quoted(value)}", style)


def _renamed_lines(renamed: Mapping[str, str]) -> Iterator[str]:
    """A line for all nodes whose names differ in the same way: ``dense -> dense_2 (6 nodes)``."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for before, after in renamed.items():
        groups.setdefault(_unlike(before, after), []).append((before, after))
    for (before, after), pairs in groups.items():
        if len(pairs) > 1:
            yield f"{quoted(before)} -> {quoted(after)} ({len(pairs)} nodes)"
        else:
            yield " -> ".join(f"%{quoted(name)}" for name in pairs[0])


def _unlike(before: str, after: str) -> tuple[str, str]:
    """The names without the parts that both begin with, and those that both end with."""
    old, new = before.split("/"), after.split("/")
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        del old[-1], new[-1]
    while len(old) > 1 and len(new) > 1 and old[0] == new[0]:
        del old[0], new[0]
    return "/".join(old), "/".join(new)


def _short(text: str) -> str:
    if len(text) <= 3 * _LONGEST_VALUE:
        return text
    return f"{text[: 2 * _LONGEST_VALUE]}...{text[-_LONGEST_VALUE // 2 :]}"
