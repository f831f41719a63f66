"""The graph: nodes in topological order, named results, and updates of variables."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final, TextIO

import numpy as np

from kgraph import text
from kgraph.files import replacing
from kgraph.node import Node
from kgraph.verify import VerifyError, verify

#: Scopes in front of a layer's own.
_AROUND_LAYERS: Final = ("grad", "update")

Runner = Callable[["Graph", Mapping[str, Any]], dict[str, np.ndarray]]


@dataclass(frozen=True)
class Graph:
    """A finished graph. It never changes: a pass makes another one.

    Attributes:
        name: of the function that the graph is.
        nodes: in topological order; leaves first.
        outputs: result name to node name.
        updates: variable (a ``param`` or ``state`` node) to the node whose value it takes when the graph has run.
        layers: layer name to its configuration, for the reader of a dump.
    """

    name: str
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str] = field(default_factory=dict)
    updates: Mapping[str, str] = field(default_factory=dict)
    layers: Mapping[str, Any] = field(default_factory=dict)

    #: How ``run`` runs a graph; the runtime puts itself here when it is imported, by the first run if not before.
    runner: ClassVar[Runner | None] = None

    def __reduce__(self) -> tuple[Callable[[str], Graph], tuple[str]]:
        return Graph.parse, (str(self),)

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        return {node.name: node for node in self.nodes}

    def __getitem__(self, name: str) -> Node:
        """The node called ``name`` (with or without its ``%``).

        Raises:
            KeyError: no node has the name.
        """
        node = self.by_name.get(name) or self.by_name.get(name.removeprefix("%"))
        if node is None:
            raise KeyError(f"graph {self.name} has no node {name!r}")
        return node

    def __contains__(self, name: str) -> bool:
        return name in self.by_name or name.removeprefix("%") in self.by_name

    def __len__(self) -> int:
        return len(self.nodes)

    def __str__(self) -> str:
        return text.dump(self)

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self.nodes)} nodes, outputs {', '.join(self.outputs) or 'none'}>"

    def leaves(self, *ops: str) -> list[Node]:
        """The leaves made by ``ops`` (``"input"``, ``"target"``, ``"param"``, ...), in order."""
        return [node for node in self.nodes if node.op in ops]

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes that read each node."""
        readers: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                readers[name].append(node)
        return {name: tuple(nodes) for name, nodes in readers.items()}

    def ancestors(self, names: str | Iterable[str]) -> set[str]:
        """The names of a node, or of several, and of everything that they are computed from.

        Raises:
            KeyError: no node has a name.
        """
        found: set[str] = set()
        pending = self._names(names)
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(self.by_name[name].inputs)
        return found

    def descendants(self, names: str | Iterable[str]) -> set[str]:
        """The names of a node, or of several, and of everything that is computed from them.

        Raises:
            KeyError: no node has a name.
        """
        found = set(self._names(names))
        for node in self.nodes:
            if not found.isdisjoint(node.inputs):
                found.add(node.name)
        return found

    def subgraph(self, names: str | Iterable[str]) -> Graph:
        """What a node, or several, are computed from, with these as its outputs: to look at, or to run alone.

        Raises:
            KeyError: no node has a name.
        """
        wanted = self._names(names)
        kept = self.ancestors(wanted)
        nodes = tuple(node for node in self.nodes if node.name in kept)
        return self.with_parts(nodes=nodes, outputs={name: name for name in wanted}, updates={})

    def _names(self, names: str | Iterable[str]) -> list[str]:
        return [self[name].name for name in ([names] if isinstance(names, str) else names)]

    def with_parts(self, **parts: Any) -> Graph:
        """The same graph with some of its parts given anew."""
        return replace(self, **parts)

    def layer_of(self, node: Node) -> str | None:
        """The layer (or output, for a loss) whose code made ``node``, or whose values it is the gradient or update of.

        ``None`` where it belongs to none.
        """
        parts = [part for part in node.name.split("/")[:-1]]
        if parts and parts[0] in _AROUND_LAYERS:
            parts = parts[1:]
        names = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((name for name in names if name in self.layers), None)

    def show(self, *patterns: str, sources: bool = False, stream: TextIO | None = None) -> None:
        """Prints the graph for a person: in colour where the stream is a terminal, and with long sections folded there.

        Args:
            patterns: of names or sections, as in ``"loss/*"`` or ``"parameters"``; all nodes that match one are shown,
                the others not. Without any all are.
            sources: whether to show the line of the user's code that made each node.
            stream: where to print; ``sys.stdout`` where not given.

        Raises:
            ValueError: a pattern matches nothing.
        """
        from kgraph import listing

        listing.show(self, patterns, sources, stream)

    def to_dot(self) -> str:
        """The graph in Graphviz's language, for ``dot -Tsvg``."""
        from kgraph import dot

        return dot.to_dot(self)

    def to_svg(self, fold: bool | None = None) -> str:
        """The graph as an SVG picture: forward down, losses and metrics beside it, gradients mirrored, updates outside.

        Args:
            fold: whether sections are shown as one box each; ``None`` folds graphs of more than 150 nodes.
        """
        from kgraph import pictures

        return pictures.draw_svg(self, fold)

    def to_html(self, values: Mapping[str, Any] | None = None, fold: bool | None = None) -> str:
        """The same picture as a page to explore, which needs no other file and no network.

        Args:
            values: arrays by the names of nodes: the page shows their statistics. Names of no node are passed over.
            fold: whether sections are folded at first; ``None`` folds graphs of more than 150 nodes.

        Raises:
            TypeError: a value is no array of numbers.
        """
        from kgraph import pictures

        return pictures.draw_page(self, values, fold)

    def _repr_html_(self) -> str:
        """The page, folded, in a notebook."""
        from kgraph import pictures

        return pictures.draw_cell(self)

    def section(self, name: str) -> str:
        """The lines of the section ``name`` of the dump, e.g. ``loss/dense_3``."""
        return "".join(text.format_node(node) + "\n" for node in self.nodes if text.section_of(node) == name)

    def verify(self) -> Graph:
        """This graph, once every rule holds.

        Raises:
            VerifyError: the first rule that is broken.
        """
        verify(self.nodes, self.outputs, self.updates)
        return self

    @classmethod
    def parse(cls, source: str) -> Graph:
        """The graph that ``source`` (as ``str`` of a graph prints it) denotes, verified.

        Raises:
            GraphSyntaxError: with the line where the text goes wrong.
        """
        parts = text.parse(source)
        try:
            verify(parts.nodes, parts.outputs, parts.updates)
        except VerifyError as error:
            raise text.GraphSyntaxError(parts.lines.get(error.place, 1), str(error)) from None
        return cls(parts.name, parts.nodes, parts.outputs, parts.updates, parts.layers)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the text to ``path`` (by convention ``*.kg``): beside it first, then renamed into place."""
        with replacing(path) as temporary:
            Path(temporary).write_text(str(self), encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Graph:
        """The graph that ``save`` wrote to ``path``."""
        return cls.parse(Path(path).read_text(encoding="utf-8"))

    def run(self, feeds: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Runs the graph once.

        Args:
            feeds: an array for every placeholder and variable, by the names in the dump without ``%``
                (``"features"``, ``"dense_1/kernel"``). Sample weights that are not given are ones.

        Returns:
            The outputs by name, and the new value of every updated variable by the variable's name.

        Raises:
            ValueError: a feed is missing, unknown, or does not fit its node.
        """
        if Graph.runner is None:
            import_module("kgraph.runtime")
        assert Graph.runner is not None
        return Graph.runner(self, feeds)
