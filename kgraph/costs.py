"""What a node costs: arithmetic and memory traffic, by its declaration and the shapes of its operands."""

from __future__ import annotations

from math import prod
from typing import Final

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.opset.flops import per_element
from kgraph.types import TensorType

#: The dtype variable of operands that may hold anything: what an op gives back of them it has only moved.
_ANYTHING: Final = "A"
_ONE_EACH: Final = per_element(1)


def flops(node: Node, graph: Graph) -> int:
    """The operations on numbers that make the value of ``node`` once.

    What the op declares (``flops=`` of ``define``); else one for each element of the largest operand or result. Leaves,
    views, and ops that move or write elements without computing any have none. An exponential or a root counts as one.

    Raises:
        ValueError: a shape has a symbol.
    """
    op = find_op(node.op)
    if op.role != "compute" or op.result_dtype == _ANYTHING or not node.inputs:
        return 0
    return (op.flops or _ONE_EACH)([graph[name].type for name in node.inputs], node.type, node.attrs)


def bytes_moved(node: Node, graph: Graph) -> int:
    """The bytes that making the value of ``node`` once reads and writes, each operand once.

    An op that moves elements reads no more of them than it writes. Leaves and views move nothing.

    Raises:
        ValueError: a shape has a symbol.
    """
    op = find_op(node.op)
    if op.role != "compute":
        return 0
    written = byte_size(node.type)
    read = 0
    for index, name in enumerate(node.inputs):
        if name in node.inputs[:index]:
            continue
        size = byte_size(graph[name].type)
        is_moved = op.result_dtype == op.operands[min(index, len(op.operands) - 1)].dtype == _ANYTHING
        read += min(size, written) if is_moved else size
    return read + written


def byte_size(type: TensorType) -> int:
    """The bytes of a value of a known type."""
    return prod(type.known_shape) * type.numpy_dtype.itemsize
