"""Checks: a program that refuses to go on with values that are not finite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.types import TensorType

#: How bad a value is: each is worse than those before it.
FINITE: Final = 0
INFINITE: Final = 1
NAN: Final = 2

CHECK: Final = "check_finite"


def check_values(graph: Graph, tolerated: Mapping[str, int]) -> Graph:
    """``graph`` with a ``check_finite`` behind every float that is fed, kept in a variable or computed.

    A program that is made of it stops at the first value that is worse than finite, with all variables as they were:
    an update waits for all checks. Outputs and updates stay as they are.

    Args:
        graph: as a program runs it. No pass may follow that removes what no result reads.
        tolerated: by the names of nodes, what may stand among their values: ``INFINITE``, or ``NAN`` for anything.
            What a node's own attributes say may stand there too.
    """
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes.append(node)
        worst = max(tolerated.get(node.name, FINITE), badness_of_attrs(node))
        if _is_checked(node) and worst < NAN:
            attrs = find_op(CHECK).bind_attrs({"infinity": worst == INFINITE})
            name = _free_name(graph, f"{node.name}/finite")
            nodes.append(Node(name, CHECK, (node.name,), attrs, TensorType("bool", ()), node.source))
    return graph.with_parts(nodes=tuple(nodes))


def badness_of_attrs(node: Node) -> int:
    """The worst of the numbers that the attributes of ``node`` hold."""
    return max(map(_badness, node.attrs.values()), default=FINITE)


def _is_checked(node: Node) -> bool:
    if not node.type.is_float:
        return False
    return node.is_placeholder or node.is_variable or (find_op(node.op).role == "compute" and node.op != "full")


def _badness(value: Any) -> int:
    if isinstance(value, float) and not math.isfinite(value):
        return NAN if math.isnan(value) else INFINITE
    if isinstance(value, (list, tuple)):
        return max(map(_badness, value), default=FINITE)
    return FINITE


def _free_name(graph: Graph, name: str) -> str:
    while name in graph:
        name += "_"
    return name
