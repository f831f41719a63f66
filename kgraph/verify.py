"""The verifier: names, order, attributes, and every shape rule again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kgraph.node import LEAVES, Node
from kgraph.op import OpError, find_op
from kgraph.opset.leaves import decode_value


class VerifyError(ValueError):
    """A graph that breaks a rule. ``place`` is its statement: ``%name``, ``output name`` or ``update %name``."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


def verify(nodes: Sequence[Node], outputs: Mapping[str, str], updates: Mapping[str, str]) -> None:
    """Checks that the parts make a graph.

    Every name is given once and before its use; every node has the attributes its op declares and the type its op
    infers; constants hold a value of their type; outputs name nodes; an update gives a variable a value of the
    variable's own type.

    Raises:
        VerifyError: the first rule that is broken, with the node that breaks it.
    """
    known: dict[str, Node] = {}
    for node in nodes:
        if node.name in known:
            raise VerifyError(f"%{node.name}", "the name is given twice")
        for name in node.inputs:
            if name not in known:
                raise VerifyError(f"%{node.name}", f"its input %{name} does not stand before it")
        _verify_node(node, [known[name] for name in node.inputs])
        known[node.name] = node
    for output, name in outputs.items():
        if name not in known:
            raise VerifyError(f"output {output}", f"%{name} is no node")
    for variable, value in updates.items():
        _verify_update(known, variable, value)


def _verify_node(node: Node, inputs: Sequence[Node]) -> None:
    try:
        op = find_op(node.op)
        attrs = op.bind_attrs(node.attrs)
        if node.op in LEAVES:
            if inputs:
                raise OpError(f"{node.op}: a leaf takes no operands")
            if node.op == "const":
                decode_value(attrs["value"], node.type.numpy_dtype, node.type.known_shape)
            return
        inferred = op.result_type([given.type for given in inputs], attrs)
    except ValueError as error:
        raise VerifyError(f"%{node.name}", str(error)) from None
    if inferred != node.type:
        raise VerifyError(f"%{node.name}", f"{node.op} makes {inferred} of its operands, not {node.type}")


def _verify_update(known: Mapping[str, Node], variable: str, value: str) -> None:
    place = f"update %{variable}"
    for name in (variable, value):
        if name not in known:
            raise VerifyError(place, f"%{name} is no node")
    if not known[variable].is_variable:
        raise VerifyError(place, f"only a param or state can be updated, not {known[variable].op}")
    if known[variable].type != known[value].type:
        raise VerifyError(place, f"is {known[variable].type}, but %{value} is {known[value].type}")
