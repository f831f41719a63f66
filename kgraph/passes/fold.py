"""Constant folding, over constants and over uniform values (one number in every place)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import Op, find_op
from kgraph.opset.leaves import decode_value, encode_value
from kgraph.passes.rewrite import rewrite

#: Ops that give a uniform value back where their operand is uniform.
_UNIFORM_OPS: Final = ("broadcast", "claim", "reshape", "transpose", "slice", "mean", "max", "min", "stop_gradient")
#: Those of them that have another result, or none, where there are no elements.
_OF_NONE_UNDEFINED: Final = ("mean", "max", "min")
#: The largest constant, in elements, that folding makes.
_LARGEST: Final = 64

Kept = Mapping[str, Node]


def fold(graph: Graph) -> Graph:
    """``graph`` with everything computed that depends on no leaf but constants, and neutral operands removed.

    Values stay what they were to rounding. ``x * 0`` is left alone: it is NaN where ``x`` is. What makes a NaN or
    infinity of finite constants stays too, for those who look for where it began.
    """

    def simplify(node: Node, kept: dict[str, Node]) -> Node | str:
        if node.is_leaf or node.op == "full":
            return node
        for rule in _RULES:
            result = rule(node, find_op(node.op), kept)
            if result is not None:
                return node if _goes_bad(node, result, kept) else result
        return node

    return rewrite(graph, simplify)


def _goes_bad(node: Node, result: Node | str, kept: Kept) -> bool:
    """Whether ``result``, a constant in place of ``node``, is the first that is not finite."""
    if isinstance(result, str) or _is_finite(result):
        return False
    return all(_is_finite(kept[name]) for name in node.inputs)


def _is_finite(node: Node) -> bool:
    """Whether ``node`` is no constant, or one that is finite all over."""
    if node.op == "full":
        return bool(np.isfinite(node.attrs["value"]))
    return node.op != "const" or bool(np.isfinite(_array(node)).all())


def _uniform_number(node: Node) -> Any:
    """The number that stands everywhere in ``node``, else ``None``."""
    if node.op == "full":
        return node.attrs["value"]
    if node.op == "const" and not node.type.shape:
        return node.attrs["value"]
    return None


def _full(node: Node, number: Any) -> Node:
    number = node.type.numpy_dtype.type(number).item()
    if node.type.dtype == "f32":
        number = float(str(np.float32(number)))
    attrs = {"shape": list(node.type.shape), "value": number, "dtype": node.type.dtype}
    return replace(node, op="full", inputs=(), attrs=find_op("full").bind_attrs(attrs))


def _size(node: Node, op: Op, kept: Kept) -> Node | str | None:
    if node.op == "size" and isinstance(node.attrs["of"], int):
        return _full(node, node.attrs["of"])
    return None


def _same_type_view(node: Node, op: Op, kept: Kept) -> Node | str | None:
    if node.op in ("reshape", "broadcast", "cast") and kept[node.inputs[0]].type == node.type:
        return node.inputs[0]
    return None


def _view_of_view(node: Node, op: Op, kept: Kept) -> Node | str | None:
    """A reshape of a reshape is one of what was there first."""
    if node.op != "reshape" or kept[node.inputs[0]].op != "reshape":
        return None
    first = kept[node.inputs[0]].inputs[0]
    return first if kept[first].type == node.type else replace(node, inputs=(first,))


def _uniform(node: Node, op: Op, kept: Kept) -> Node | str | None:
    """An elementwise op of uniform operands, or a rearrangement or average of one, is uniform."""
    if not node.inputs or not (op.is_elementwise or node.op in _UNIFORM_OPS):
        return None
    operands = [kept[name] for name in node.inputs]
    numbers = [_uniform_number(operand) for operand in operands]
    if any(number is None for number in numbers):
        return None
    if not op.is_elementwise:
        given = operands[0].type
        may_be_empty = node.op in _OF_NONE_UNDEFINED and not (given.is_known and given.size)
        return None if may_be_empty else _full(node, numbers[0])
    if op.reference is None:
        return None
    scalars = [operand.type.numpy_dtype.type(n) for operand, n in zip(operands, numbers, strict=True)]
    with np.errstate(all="ignore"):
        return _full(node, op.reference(*scalars, **node.attrs))


def _constant(node: Node, op: Op, kept: Kept) -> Node | str | None:
    """A small op of constants is a constant."""
    operands = [kept[name] for name in node.inputs]
    if op.reference is None or op.fault is not None or not operands or not node.type.is_known:
        return None
    if not all(operand.op in ("const", "full") and operand.type.is_known for operand in operands):
        return None
    if max(int(part.size) for part in (node.type, *(operand.type for operand in operands))) > _LARGEST:
        return None
    with np.errstate(all="ignore"):
        value = np.asarray(op.reference(*map(_array, operands), **node.attrs), dtype=node.type.numpy_dtype)
    return replace(node, op="const", inputs=(), attrs={"value": encode_value(value.reshape(node.type.known_shape))})


def _array(node: Node) -> np.ndarray:
    if node.op == "full":
        return np.full(node.type.known_shape, node.attrs["value"], node.type.numpy_dtype)
    return decode_value(node.attrs["value"], node.type.numpy_dtype, node.type.known_shape)


#: ``(op, operand, number)``: where that operand is that number everywhere, the result is the other operand.
_NEUTRAL: Final = {
    ("mul", 0): 1,
    ("mul", 1): 1,
    ("div", 1): 1,
    ("div_no_nan", 1): 1,
    ("add", 0): 0,
    ("add", 1): 0,
    ("sub", 1): 0,
    ("pow", 1): 1,
}


def _neutral(node: Node, op: Op, kept: Kept) -> Node | str | None:
    for index, name in enumerate(node.inputs):
        neutral = _NEUTRAL.get((node.op, index))
        if neutral is not None and _uniform_number(kept[name]) == neutral:
            return node.inputs[1 - index]
    return None


_RULES: Final[tuple[Callable[[Node, Op, Kept], Node | str | None], ...]] = (
    _size,
    _same_type_view,
    _view_of_view,
    _uniform,
    _neutral,
    _constant,
)
