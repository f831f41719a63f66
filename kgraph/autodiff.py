"""Reverse-mode differentiation, from a graph to a graph.

The adjoint of ``%x`` is ``%grad/x``. Where several consumers give ``%x`` a share, each share is
``%grad/x.<consumer>`` (the consumer's name with dots for slashes) and ``%grad/x`` is their sum. A rule that passes its
adjoint on unchanged makes no node: ``%grad/sum`` is then also the adjoint of the operands of ``%sum``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from kgraph.builder import Builder, Value
from kgraph.ir import Graph
from kgraph.op import find_op
from kgraph.provenance import made_at
from kgraph.types import TensorType


class GradContext:
    """What a gradient rule sees: the operands by name, ``dy``, ``out``, ``attrs``, and every op as a method.

    Attributes:
        dy: the adjoint of the result.
        out: the result.
        inputs: the operands in order.
        attrs: the node's attributes.
        index: which operand the rule is asked about; of use to variadic ops.
    """

    def __init__(self, builder: Builder, value: Value, dy: Value, index: int, shared: dict[Any, Value]) -> None:
        self.dy = dy
        self.out = value
        self.inputs = value.inputs
        self.attrs = value.attrs
        self.index = index
        self._builder = builder
        self._shared = shared
        names = (operand.name for operand in find_op(value.op).operands)
        self._operands = dict(zip(names, value.inputs, strict=False))

    def __getattr__(self, name: str) -> Any:
        if name in self._operands:
            return self._operands[name]
        return partial(self._emit, find_op(name).name)

    def _emit(self, op: str, *operands: Value, **attrs: Any) -> Value:
        return self._builder.emit(op, operands, attrs)

    def once(self, op: str, *operands: Value, **attrs: Any) -> Value:
        """What ``op`` gives, made once for the rules of all operands of the node."""
        key = (op, operands, repr(attrs))
        if key not in self._shared:
            self._shared[key] = self._emit(op, *operands, **attrs)
        return self._shared[key]

    def type(self, value: Value) -> TensorType:
        return value.type

    def constant_like(self, value: Value, number: float) -> Value:
        """``number`` in the type of ``value``."""
        return self._emit("full", shape=list(value.type.shape), value=number, dtype=value.type.dtype)


def gradients(graph: Graph, of: str, wrt: Sequence[str], name: str | None = None) -> Graph:
    """``graph`` with the adjoints of ``wrt`` added, as outputs called ``grad/<node>``.

    Args:
        graph: holds ``of`` and ``wrt``.
        of: a float node of rank 0.
        wrt: names of float nodes. One that ``of`` does not depend on gets no output.
        name: of the new graph.

    Raises:
        ValueError: ``of`` is not a scalar float, or an op on the way has no derivative.
    """
    target = graph[of]
    if target.type.shape or not target.type.is_float:
        raise ValueError(f"gradients start at a float scalar, but %{of} is {target.type}")
    builder = Builder.extending(graph, name or graph.name)
    values = builder.values
    on_path = graph.descendants(wrt) & graph.ancestors(of)
    adjoints = _Adjoints(builder)
    if on_path:
        seed = builder.emit("full", (), {"shape": [], "value": 1.0, "dtype": target.type.dtype})
        builder.rename(seed, f"grad/{of}")
        adjoints.add(values[of], seed, source=None)
    for node in reversed(graph.nodes):
        if node.name in on_path:
            _propagate(builder, values[node.name], adjoints, on_path)
    for wanted in dict.fromkeys(wrt):
        adjoint = adjoints.total(values[wanted])
        if adjoint is not None:
            builder.output(f"grad/{wanted}", adjoint)
    return builder.finish()


def _propagate(builder: Builder, value: Value, adjoints: _Adjoints, on_path: set[str]) -> None:
    dy = adjoints.total(value)
    if dy is None:
        return
    op = find_op(value.op)
    scope = "/".join(["grad", *value.name.split("/")[:-1]])
    shared: dict[Any, Value] = {}
    # Last operand first: a layer's own weights, before what leads to the layer below.
    for index, operand in reversed(list(enumerate(value.inputs))):
        if operand.name not in on_path or not operand.type.is_float:
            continue
        rule = op.grad_rule(index)
        if rule is None:
            raise ValueError(
                f"%{value.name}: no derivative of {op.name} in %{operand.name} is known; where none is wanted, "
                "put ops.stop_gradient around it"
            )
        with builder.scope(scope, absolute=True), made_at(value.source):
            share = rule(GradContext(builder, value, dy, index, shared))
        if share is not None:
            adjoints.add(operand, share, source=value)


class _Adjoints:
    """The shares of each value's adjoint, and their sums once asked for."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.shares: dict[Value, list[tuple[Value, Value | None]]] = {}
        self.made: set[Value] = set(builder.values.values())

    def add(self, value: Value, share: Value, source: Value | None) -> None:
        if share.type != value.type:
            raise AssertionError(f"the gradient rule of {source} gives {share.type} for %{value.name}: {value.type}")
        self.shares.setdefault(value, []).append((share, source))

    def total(self, value: Value) -> Value | None:
        shares = self.shares.get(value)
        if not shares:
            return None
        if len(shares) == 1:
            self._name(shares[0][0], f"grad/{value.name}")
            return shares[0][0]
        for share, source in shares:
            consumer = source.name.replace("/", ".") if source else "seed"
            self._name(share, f"grad/{value.name}.{consumer}")
        total = shares[0][0]
        with made_at(value.source):
            for share, _ in shares[1:]:
                total = self.builder.emit("add", (total, share), {}, stem=f"grad/{value.name}.sum")
        self._name(total, f"grad/{value.name}")
        self.shares[value] = [(total, None)]
        return total

    def _name(self, value: Value, name: str) -> None:
        """Names a value that a rule has just made; one that has its name keeps it."""
        if value not in self.made:
            self.builder.rename(value, name)
            self.made.add(value)
