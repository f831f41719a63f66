"""The builder: emits nodes one by one, names them by scope, and finishes them into a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kgraph.ir import Graph
from kgraph.node import LEAVES, PLACEHOLDERS, Node
from kgraph.op import find_op
from kgraph.provenance import user_line
from kgraph.types import TensorType

_LEAF_ORDER = {**dict.fromkeys(PLACEHOLDERS, 0), "param": 1, "state": 2}


class Value:
    """A node in the making. Its name may still change; its op, inputs, attributes and type do not."""

    __slots__ = ("attrs", "builder", "inputs", "name", "op", "source", "type")

    def __init__(
        self,
        builder: Builder,
        name: str,
        op: str,
        inputs: tuple[Value, ...],
        attrs: Mapping[str, Any],
        type: TensorType,
        source: str,
    ) -> None:
        self.builder = builder
        self.name = name
        self.op = op
        self.inputs = inputs
        self.attrs = attrs
        self.type = type
        self.source = source

    def node(self) -> Node:
        inputs = tuple(value.name for value in self.inputs)
        return Node(self.name, self.op, inputs, self.attrs, self.type, self.source)

    @property
    def op_is_leaf(self) -> bool:
        return self.op in LEAVES

    def __repr__(self) -> str:
        return f"<Value %{self.name}: {self.type}>"


class Builder:
    """Collects nodes. Names are unique: a clash gets ``_1``, ``_2``, ... at its end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, Value] = {}
        self._emitted: list[Value] = []
        self.outputs: dict[str, Value] = {}
        self.updates: dict[Value, Value] = {}
        self.layers: dict[str, Any] = {}
        self._scopes: list[str] = []

    @classmethod
    def extending(cls, graph: Graph, name: str) -> Builder:
        """A builder called ``name`` that starts with all of ``graph``."""
        builder = cls(name)
        for node in graph.nodes:
            inputs = tuple(builder.values[input_name] for input_name in node.inputs)
            builder._add(Value(builder, node.name, node.op, inputs, node.attrs, node.type, node.source))
        builder.outputs = {output: builder.values[value] for output, value in graph.outputs.items()}
        builder.updates = {builder.values[v]: builder.values[value] for v, value in graph.updates.items()}
        builder.layers = dict(graph.layers)
        return builder

    @property
    def scope_name(self) -> str:
        return "/".join(self._scopes)

    @contextmanager
    def scope(self, name: str, absolute: bool = False) -> Iterator[None]:
        """Puts ``name`` before the names of nodes emitted inside; ``absolute`` drops the scopes around it."""
        outer = self._scopes
        self._scopes = [name] if absolute else [*outer, name]
        try:
            yield
        finally:
            self._scopes = outer

    def leaf(self, op: str, name: str, type: TensorType, **attrs: Any) -> Value:
        """A placeholder, variable or constant called ``name`` outright, outside all scopes."""
        return self._add(Value(self, self._unique(name), op, (), find_op(op).bind_attrs(attrs), type, user_line()))

    def emit(self, op_name: str, inputs: Sequence[Value], attrs: Mapping[str, Any], stem: str | None = None) -> Value:
        """A new node of ``op_name`` in the current scope.

        Raises:
            OpError: the operands or attributes do not fit the op.
        """
        op = find_op(op_name)
        bound = op.bind_attrs(attrs)
        result = op.result_type([value.type for value in inputs], bound)
        name = self._unique("/".join([*self._scopes, stem or op_name]))
        return self._add(Value(self, name, op_name, tuple(inputs), bound, result, user_line()))

    def constant(self, value: Any, type: TensorType, stem: str = "const") -> Value:
        """A constant in the current scope. ``value`` is JSON, as ``opset.leaves.encode_value`` makes it."""
        return self.leaf("const", "/".join([*self._scopes, stem]), type, value=value)

    def rename(self, value: Value, name: str) -> None:
        """Gives ``value`` the full name ``name``, made unique."""
        if name != value.name:
            del self.values[value.name]
            value.name = self._unique(name)
            self.values[value.name] = value

    def output(self, name: str, value: Value) -> None:
        self.outputs[name] = value

    def update(self, variable: Value, value: Value) -> None:
        """Makes ``variable`` take ``value`` when the graph has run; a later update of it replaces this one."""
        self.updates[variable] = value

    def finish(self) -> Graph:
        """The graph of all nodes so far: placeholders, parameters and state first, the rest as emitted."""
        values = sorted(self._emitted, key=lambda value: _LEAF_ORDER.get(value.op, len(_LEAF_ORDER)))
        return Graph(
            self.name,
            tuple(value.node() for value in values),
            {name: value.name for name, value in self.outputs.items()},
            {variable.name: value.name for variable, value in self.updates.items()},
            dict(self.layers),
        )

    def _add(self, value: Value) -> Value:
        self.values[value.name] = value
        self._emitted.append(value)
        return value

    def _unique(self, name: str) -> str:
        candidate, count = name, 0
        while candidate in self.values:
            count += 1
            candidate = f"{name}_{count}"
        return candidate

