"""The stages in which a function or a program is made, told to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from kgraph.ir import Graph
from kgraph.text import Remark, source_remark


class Making:
    """One function, or one program of it, while it is made.

    Attributes:
        function: its name.
        shapes: those of what a program is fed, by placeholder; empty for a function, which takes any.
    """

    __slots__ = ("__weakref__", "function", "shapes")

    def __init__(self, function: str, shapes: Mapping[str, Sequence[int]] | None = None) -> None:
        self.function = function
        self.shapes = dict(shapes or {})

    def stage(self, name: str, graph: Graph, remark: Remark = source_remark) -> Graph:
        """Tells all observers that ``name`` made ``graph``, which is given back.

        Args:
            name: of a pass, or of another step.
            graph: what came out.
            remark: what there is to say about each node.
        """
        for observer in observers:
            observer(self, name, graph, remark)
        return graph


#: Called with what is being made, the stage, its graph, and what there is to say about each node.
Observer = Callable[[Making, str, Graph, Remark], None]

#: Those who watch. Nobody does unless asked to.
observers: Final[list[Observer]] = []
