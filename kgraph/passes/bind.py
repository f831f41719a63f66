"""Binding: symbols become numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kgraph.dims import Dim
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.passes.rewrite import rewrite


def bind(graph: Graph, bindings: Mapping[str, Dim]) -> Graph:
    """``graph`` with the symbols in ``bindings`` replaced, in types and in attributes. Names stay.

    Raises:
        ValueError: a ``claim`` about unknown dimensions turns out to be wrong.
    """

    def bind_node(node: Node, kept: dict[str, Node]) -> Node:
        attrs = find_op(node.op).substitute(node.attrs, bindings)
        bound = replace(node, attrs=attrs, type=node.type.substitute(bindings))
        if bound.op == "claim":
            _check_claim(bound, kept[bound.inputs[0]])
        return bound

    return rewrite(graph, bind_node)


def _check_claim(claim: Node, operand: Node) -> None:
    wrong = [
        (have, want)
        for have, want in zip(operand.type.shape, claim.type.shape, strict=True)
        if isinstance(have, int) and isinstance(want, int) and have != want
    ]
    if wrong:
        raise ValueError(f"%{claim.name}: %{operand.name} is {operand.type}, but is used as {claim.type}")
