"""From a graph over symbols to the graph that one program runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS
from kgraph.passes import bind, cse, dead_code, fold, ones_for
from kgraph.runtime.feeds import match_symbols


def specialise(graph: Graph, shapes: Mapping[str, Sequence[int]]) -> Graph:
    """``graph`` at the shapes of its feeds, simplified. Sample weights without a shape become ones.

    What holds for symbols may fail for numbers (a slice of three rows where there are two), and kernels trust the
    shapes that they are given: the graph is verified once its symbols are bound. With ``KGRAPH_VERIFY=1`` in the
    environment it is verified after each other pass too.

    Raises:
        ValueError: the shapes contradict each other or a node; the message names it.
    """
    placeholders = graph.leaves(*PLACEHOLDERS)
    bindings = match_symbols((node for node in placeholders if node.name in shapes), shapes)
    unfed = [node.name for node in placeholders if node.name not in shapes]
    bound = partial(bind, bindings=bindings)
    passes: tuple[Callable[[Graph], Graph], ...] = (
        partial(ones_for, placeholders=unfed),
        dead_code,
        bound,
        fold,
        cse,
        dead_code,
    )
    for apply in passes:
        graph = apply(graph)
        if apply is bound or os.environ.get("KGRAPH_VERIFY") == "1":
            graph.verify()
    return graph
