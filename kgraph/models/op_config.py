"""Ops between the layers of a functional model, in configs.

Keras writes an op by its own class, e.g. ``Multiply``, with operands that broadcast by themselves. Ops that have such a
class are written so; the nodes that spread their operands are left out then. All others are written as they are, under
this library's own name, which Keras does not read.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from kgraph import ops
from kgraph.broadcasting import broadcast_shapes
from kgraph.layers.calls import MaskOf, symbolic_leaves
from kgraph.layers.input_layer import InputCall
from kgraph.names import snake_case
from kgraph.registry import Config
from kgraph.tensor import OpCall, RecordedCall, Tensor, apply, common_dtype, operand_type
from kgraph.types import DTYPES

_OWN_MODULE: Final = "kgraph.ops"
_KERAS_MODULE: Final = "keras.src.ops."
_MASK: Final = "mask_of"

#: Ops of two operands that broadcast, with Keras's classes.
_BINARY: Final[Mapping[str, str]] = {
    "add": "Add",
    "sub": "Subtract",
    "mul": "Multiply",
    "div": "TrueDivide",
    "pow": "Power",
    "maximum": "Maximum",
    "minimum": "Minimum",
    "mod": "Mod",
    "floor_divide": "FloorDivide",
    "equal": "Equal",
    "not_equal": "NotEqual",
    "less": "Less",
    "less_equal": "LessEqual",
    "greater": "Greater",
    "greater_equal": "GreaterEqual",
    "logical_and": "LogicalAnd",
    "logical_or": "LogicalOr",
}
#: Ops that are written with operands as they are: Keras's module and class, and its arguments for the attributes.
_AS_THEY_ARE: Final[Mapping[str, tuple[str, str, Callable[[Mapping[str, Any]], Config]]]] = {
    **{
        op: ("numpy", name, lambda attrs: {})
        for op, name in {
            "neg": "Negative",
            "abs": "Absolute",
            "exp": "Exp",
            "log": "Log",
            "sqrt": "Sqrt",
            "square": "Square",
            "sin": "Sin",
            "cos": "Cos",
            "tanh": "Tanh",
        }.items()
    },
    **{
        op: ("numpy", name, lambda attrs: {"axis": attrs["axes"], "keepdims": attrs["keepdims"]})
        for op, name in {"mean": "Mean", "sum": "Sum", "max": "Max", "min": "Min"}.items()
    },
    "sigmoid": ("nn", "Sigmoid", lambda attrs: {}),
    "relu": ("nn", "Relu", lambda attrs: {}),
    "softmax": ("nn", "Softmax", lambda attrs: {"axis": -1}),
    "cast": ("core", "Cast", lambda attrs: {"dtype": DTYPES[attrs["dtype"]]}),
}
#: Keras's classes that are no function of ``kgraph.ops``.
_OPERATORS: Final[Mapping[str, Callable[..., Any]]] = {"GetItem": operator.getitem}


class _Written(NamedTuple):
    """A call as its entry has it."""

    module: str
    class_name: str
    config: Config
    arguments: list[Any]


def _written(call: RecordedCall) -> _Written:
    """How ``call`` is written.

    Raises:
        TypeError: it is of a kind that no config can describe.
    """
    if isinstance(call, MaskOf):
        return _Written(_OWN_MODULE, _MASK, {}, [call.tensor])
    if not isinstance(call, OpCall):
        raise TypeError(f"a call of kind {type(call).__name__} cannot be described by a config")
    if call.op in _BINARY:
        operands = [_before_spreading(operand) for operand in call.operands]
        if _spreads_again(call, operands):
            return _Written(f"{_KERAS_MODULE}numpy", _BINARY[call.op], {}, operands)
    if call.op in _AS_THEY_ARE:
        module, name, config = _AS_THEY_ARE[call.op]
        return _Written(_KERAS_MODULE + module, name, config(call.attrs), list(call.operands))
    return _Written(_OWN_MODULE, call.op, {"attrs": call.attrs}, list(call.operands))


def _before_spreading(operand: Any) -> Any:
    """The tensor or number that ``operand`` was made of to fit another's shape."""
    while isinstance(operand, Tensor) and isinstance(operand.call, OpCall):
        if operand.call.op == "full":
            return operand.call.attrs["value"]
        if operand.call.op not in ("broadcast", "claim"):
            return operand
        operand = operand.call.operands[0]
    return operand


def _spreads_again(call: OpCall, operands: Sequence[Any]) -> bool:
    """Whether ``operands`` by themselves come to the types that the operands of ``call`` have."""
    if not symbolic_leaves(operands):
        return False
    types = [operand_type(operand) for operand in operands]
    wanted = operand_type(call.operands[0])
    return (
        broadcast_shapes(types[0].shape, types[1].shape) == wanted.shape
        and common_dtype(call.op, *operands) == wanted.dtype
    )


def needed_calls(calls: Sequence[RecordedCall], outputs: Sequence[Tensor]) -> list[RecordedCall]:
    """Those of ``calls`` (first to last) that entries are written for: without what only spreads operands."""
    needed, kept = set(outputs), []
    for call in reversed(calls):
        if isinstance(call, InputCall) or not needed.isdisjoint(call.outputs):
            kept.append(call)
            is_op = isinstance(call, (OpCall, MaskOf))
            needed.update(symbolic_leaves(_written(call).arguments) if is_op else call.inputs)
    return kept[::-1]


def op_entry(call: RecordedCall, taken: set[str]) -> tuple[Config, list[Any]]:
    """The entry of one call of an op, under a name that is not ``taken`` yet, and its arguments."""
    module, class_name, config, arguments = _written(call)
    config = {"name": free_name(snake_case(class_name), taken), **config}
    return {"module": module, "class_name": class_name, "config": config, "registered_name": class_name}, arguments


def free_name(stem: str, taken: set[str]) -> str:
    """``stem``, with a number where that is taken; taken from now on."""
    name, count = stem, 0
    while name in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name)
    return name


def op_of(entry: Mapping[str, Any]) -> Callable[..., Any] | None:
    """The function of an op's entry; ``None`` for that of a layer.

    Raises:
        ValueError: it is an op of Keras that is not here.
    """
    module, name = str(entry.get("module")), entry["class_name"]
    config = {key: value for key, value in (entry["config"] or {}).items() if key != "name"}
    if module == _OWN_MODULE:
        return _mask if name == _MASK else partial(apply, name, **config["attrs"])
    if not module.startswith(_KERAS_MODULE):
        return None
    known = snake_case(name)
    if name not in _OPERATORS and known not in ops.__all__:
        raise ValueError(f"op {entry.get('name')!r} is Keras's {name}, which is not among kgraph.ops")
    return partial(_OPERATORS.get(name) or getattr(ops, known), **config)


def _mask(tensor: Tensor) -> Tensor | None:
    return tensor._keras_mask
