"""Normalisation fusion: the two shares of the adjoint of what is normalised by its own moments become one sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.passes.dead_code import dead_code
from kgraph.passes.rewrite import rewrite


def fuse_norm(graph: Graph) -> Graph:
    """``batch_norm_scale(m, gamma, dy) + column_moments_grad(x, m, dm)`` becomes ``batch_norm_grad``.

    Whichever of the two comes first in the sum. The fused node has the name of the sum, and its value to rounding.
    """

    def fuse(node: Node, kept: dict[str, Node]) -> Node | str:
        return (_fused(node, kept) if node.op == "add" else None) or node

    return dead_code(rewrite(graph, fuse))


def _fused(node: Node, kept: Mapping[str, Node]) -> Node | None:
    shares = {kept[name].op: kept[name] for name in node.inputs}
    direct, through_moments = shares.get("batch_norm_scale"), shares.get("column_moments_grad")
    if direct is None or through_moments is None:
        return None
    moments, gamma, dy = direct.inputs
    x, own_moments, dmoments = through_moments.inputs
    if own_moments != moments:
        return None
    attrs = find_op("batch_norm_grad").bind_attrs(direct.attrs)
    return replace(node, op="batch_norm_grad", inputs=(x, moments, gamma, dy, dmoments), attrs=attrs)
