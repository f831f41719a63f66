"""Dense fusion: product, bias, residual and activation in one op; an activation's gradient in the product behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.passes.dead_code import dead_code
from kgraph.passes.rewrite import rewrite

#: Activations that ``dense`` applies to its result.
_ACTIVATIONS: Final = ("relu", "sigmoid", "tanh")

Kept = Mapping[str, Node]


def fuse_dense(graph: Graph) -> Graph:
    """``activation(a @ b + bias)`` becomes ``dense``; with one more term before the activation, ``dense_residual``.

    ``relu_grad(y, a @ b.T)`` becomes ``matmul_nt_relu_grad``.

    Only where nothing else reads what lies between. The fused node has the name of the last node that it replaces, so
    all values that are left keep their names, and stay what they were to rounding.
    """
    read_once = _read_once(graph)

    def fuse(node: Node, kept: dict[str, Node]) -> Node | str:
        for rule in _RULES:
            fused = rule(node, kept, read_once)
            if fused is not None:
                return fused
        return node

    return dead_code(rewrite(graph, fuse))


def _read_once(graph: Graph) -> set[str]:
    """The nodes that one node reads, once, and that are no results."""
    results = {*graph.outputs.values(), *graph.updates.values()}
    return {
        name
        for name, readers in graph.consumers.items()
        if len(readers) == 1 and readers[0].inputs.count(name) == 1 and name not in results
    }


def _make(node: Node, op: str, inputs: tuple[str, ...], **attrs: Any) -> Node:
    return replace(node, op=op, inputs=inputs, attrs=find_op(op).bind_attrs(attrs))


def _with_bias(node: Node, kept: Kept, read_once: set[str]) -> Node | None:
    if node.op != "add" or node.type.rank != 2:
        return None
    for product_name, bias_name in (node.inputs, node.inputs[::-1]):
        product, rows = kept[product_name], kept[bias_name]
        is_bias = rows.op == "broadcast" and kept[rows.inputs[0]].type.shape == node.type.shape[1:]
        if product.op == "matmul" and is_bias and product_name in read_once:
            return _make(node, "dense", (*product.inputs, rows.inputs[0]), activation="linear")
    return None


def _with_residual(node: Node, kept: Kept, read_once: set[str]) -> Node | None:
    if node.op != "add":
        return None
    for below_name, residual in (node.inputs, node.inputs[::-1]):
        if _is_linear("dense", kept[below_name], read_once):
            return _make(node, "dense_residual", (*kept[below_name].inputs, residual), activation="linear")
    return None


def _with_activation(node: Node, kept: Kept, read_once: set[str]) -> Node | None:
    if node.op not in _ACTIVATIONS:
        return None
    below = kept[node.inputs[0]]
    if not any(_is_linear(op, below, read_once) for op in ("dense", "dense_residual")):
        return None
    return _make(node, below.op, below.inputs, activation=node.op)


def _is_linear(op: str, node: Node, read_once: set[str]) -> bool:
    """Whether ``node`` is an ``op`` that may still take in what comes next."""
    return node.op == op and node.attrs["activation"] == "linear" and node.name in read_once


def _with_relu_grad(node: Node, kept: Kept, read_once: set[str]) -> Node | None:
    if node.op != "relu_grad" or node.type.rank != 2:
        return None
    result_name, product = node.inputs[0], kept[node.inputs[1]]
    if product.op != "matmul_nt" or product.name not in read_once:
        return None
    return _make(node, "matmul_nt_relu_grad", (*product.inputs, result_name))


_RULES: Final[tuple[Callable[[Node, Kept, set[str]], Node | None], ...]] = (
    _with_bias,
    _with_residual,
    _with_activation,
    _with_relu_grad,
)
