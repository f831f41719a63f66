"""Tall matrices whose columns are summed are cut into parts, which threads share and which stay in cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kgraph.dims import Shape
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.opset.layout import TASK_ELEMENTS
from kgraph.passes.rewrite import rewrite
from kgraph.types import TensorType

#: Parts at most: enough that up to 16 threads finish together, few enough that joining them is nothing.
_MOST_PARTS: Final = 64


@dataclass(frozen=True, slots=True)
class _Joined:
    """How the results of parts become one: an op over them, and the axes it takes where it asks for some."""

    op: str
    attrs: Mapping[str, Any]


#: Ops over the columns of matrices, the axis before the last. A pair of vectors a part stands behind an axis of 2.
_SPLIT: Final[Mapping[str, _Joined]] = {
    "column_moments": _Joined("merge_moments", {}),
    "batch_norm_sums": _Joined("sum", {"axes": [1]}),
    "layer_norm_sums": _Joined("sum", {"axes": [1]}),
    "rms_norm_sums": _Joined("sum", {"axes": [0]}),
}


def split_columns(graph: Graph) -> Graph:
    """Sums over the columns of one tall matrix become those of equal parts of it, joined.

    Only where the number of rows has a divisor that makes parts of a task's size or more. Values stay what they were to
    rounding, and depend on sizes alone. What joins the parts has the name of the node that they replace.
    """

    def split(node: Node, kept: dict[str, Node]) -> Node | str:
        joined = _SPLIT.get(node.op)
        shape = kept[node.inputs[0]].type.shape if joined else ()
        parts = _number_of_parts(shape) if len(shape) == 2 else 1
        if joined is None or parts == 1:
            return node
        inputs = [_in_parts(kept[name], parts, node, kept) for name in node.inputs]
        each = _emit(f"{node.name}.parts", node.op, inputs, node.attrs, kept)
        return _node(node.name, joined.op, [each], joined.attrs, node.source)

    return rewrite(graph, split)


def _number_of_parts(shape: Shape) -> int:
    rows, columns = shape
    if not isinstance(rows, int) or not isinstance(columns, int):
        return 1
    most = min(_MOST_PARTS, rows * columns // TASK_ELEMENTS)
    return max((parts for parts in range(1, most + 1) if rows % parts == 0), default=1)


def _in_parts(operand: Node, parts: int, node: Node, kept: dict[str, Node]) -> Node:
    """A matrix as so many; the pair of vectors of ``batch_norm_sums`` once for each."""
    name = f"{node.name}.{operand.name.replace('/', '.')}"
    rows, columns = operand.type.known_shape
    if node.op != "batch_norm_sums" or operand.name != node.inputs[1]:
        return _emit(name, "reshape", [operand], {"shape": [parts, rows // parts, columns]}, kept)
    pair = _emit(f"{name}.one", "reshape", [operand], {"shape": [2, 1, columns]}, kept)
    return _emit(name, "broadcast", [pair], {"shape": [2, parts, columns]}, kept)


def _emit(name: str, op: str, inputs: list[Node], attrs: Mapping[str, Any], kept: dict[str, Node]) -> Node:
    """A new node; one of that name that is there already is it."""
    if name not in kept:
        kept[name] = _node(name, op, inputs, attrs, inputs[0].source)
    return kept[name]


def _node(name: str, op: str, inputs: list[Node], attrs: Mapping[str, Any], source: str) -> Node:
    declared = find_op(op)
    bound = declared.bind_attrs(attrs)
    type: TensorType = declared.result_type([node.type for node in inputs], bound)
    return Node(name, op, tuple(node.name for node in inputs), bound, type, source)
