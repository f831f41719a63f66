"""From a graph over symbols to the graph that one program runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from kgraph import config
from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS
from kgraph.passes import bind, cse, dead_code, fold, fuse_dense, fuse_loss, fuse_norm, ones_for, split_columns
from kgraph.runtime.choices import Choices
from kgraph.runtime.feeds import match_symbols
from kgraph.stages import Making

Pass = Callable[[Graph], Graph]

#: What makes a program smaller or faster, and may be left out (``config.disable_passes``), in the order of running.
#: Those that fuse leave values out that the graph has.
SIMPLIFYING: Final[Mapping[str, Pass]] = {"fold": fold, "cse": cse}
FUSING: Final[Mapping[str, Pass]] = {
    "fuse_loss": fuse_loss,
    "fuse_dense": fuse_dense,
    "fuse_norm": fuse_norm,
    "split_columns": split_columns,
}
OPTIONAL_PASSES: Final = (*SIMPLIFYING, *FUSING, *Choices._fields)


def specialise(
    graph: Graph, shapes: Mapping[str, Sequence[int]], fuse: bool = True, making: Making | None = None
) -> Graph:
    """``graph`` at the shapes of its feeds, simplified. Sample weights without a shape become ones.

    What holds for symbols may fail for numbers (a slice of three rows where there are two), and kernels trust the
    shapes that they are given: the graph is verified once its symbols are bound. With ``KGRAPH_VERIFY=1`` in the
    environment it is verified after each other pass too.

    Args:
        graph: phases are resolved.
        shapes: of each placeholder that will be fed.
        fuse: whether nodes may be fused, so that values between them are never there to look at.
        making: what is told of each pass.

    Raises:
        ValueError: the shapes contradict each other or a node (the message names it), or a pass that is disabled is
            none of those that can be.
    """
    placeholders = graph.leaves(*PLACEHOLDERS)
    bindings = match_symbols((node for node in placeholders if node.name in shapes), shapes)
    unfed = [node.name for node in placeholders if node.name not in shapes]
    passes: list[tuple[str, Pass]] = [
        ("ones_for", partial(ones_for, placeholders=unfed)),
        ("dead_code", dead_code),
        ("bind", partial(bind, bindings=bindings)),
        *_optional(fuse),
        ("dead_code", dead_code),
    ]
    for name, apply in passes:
        graph = apply(graph)
        if making is not None:
            making.stage(name, graph)
        if name == "bind" or os.environ.get("KGRAPH_VERIFY") == "1":
            graph.verify()
    return graph


def _optional(fuse: bool) -> list[tuple[str, Pass]]:
    disabled = config.disabled_passes()
    unknown = sorted(disabled.difference(OPTIONAL_PASSES))
    if unknown:
        raise ValueError(f"no pass {unknown[0]!r} can be disabled; those that can are {', '.join(OPTIONAL_PASSES)}")
    chosen = {**SIMPLIFYING, **FUSING} if fuse else SIMPLIFYING
    return [(name, apply) for name, apply in chosen.items() if name not in disabled]


def at_shapes(graph: Graph, shapes: Mapping[str, Sequence[int]]) -> Graph:
    """``graph`` at the shapes of its feeds, with all its nodes. Sample weights without a shape become ones.

    Raises:
        ValueError: as ``specialise``.
    """
    placeholders = graph.leaves(*PLACEHOLDERS)
    bindings = match_symbols((node for node in placeholders if node.name in shapes), shapes)
    unfed = [node.name for node in placeholders if node.name not in shapes]
    return bind(ones_for(graph, unfed), bindings).verify()
