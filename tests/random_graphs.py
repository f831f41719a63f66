"""Random graphs, and an interpreter that is too simple to be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kgraph.builder import Builder, Value
from kgraph.ir import Graph
from kgraph.op import find_op
from kgraph.opset.leaves import decode_value
from kgraph.types import TensorType

ROWS, WIDTH = 5, 3
SHAPES = {"data": ("N", WIDTH), "square": (WIDTH, WIDTH), "vector": (WIDTH,), "flat": (WIDTH * WIDTH,)}
UNARY = ("tanh", "neg", "abs", "sigmoid", "relu", "stop_gradient")
BINARY = ("add", "sub", "mul", "maximum")


def interpret(
    graph: Graph, feeds: Mapping[str, np.ndarray], variables: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The outputs, and the variables afterwards, of a graph of known shapes: each node by its op's reference."""
    values: dict[str, np.ndarray] = {}
    for node in graph.nodes:
        shape, dtype = node.type.known_shape, node.type.numpy_dtype
        if node.is_placeholder:
            value = feeds[node.name]
        elif node.is_variable:
            value = variables[node.name].copy()
        elif node.op == "const":
            value = decode_value(node.attrs["value"], dtype, shape)
        else:
            reference = find_op(node.op).reference
            assert reference is not None
            value = reference(*(values[name] for name in node.inputs), **node.attrs)
        values[node.name] = np.asarray(value, dtype).reshape(shape)
    updated = {variable: values[name] for variable, name in graph.updates.items()}
    return {output: values[name] for output, name in graph.outputs.items()}, dict(variables) | updated


@dataclass
class RandomGraph:
    """Draws graphs over ``data`` [N,3], ``square`` [3,3], ``vector`` [3] and ``flat`` [9] tensors of float64."""

    rng: np.random.Generator

    def make(self, nodes: int) -> Graph:
        self.builder = Builder("random")
        self.values: dict[str, list[Value]] = {kind: [] for kind in SHAPES}
        self._leaves()
        self.variables = [
            value for values in self.values.values() for value in values if value.op in ("param", "state")
        ]
        while len(self.builder.values) < nodes:
            self._emit()
        for variable in self.variables:
            if self.rng.random() < 0.8:
                self.builder.update(variable, self._pick(self._kind(variable)))
        everything = list(self.builder.values.values())
        for index in range(4):
            self.builder.output(f"out_{index}", everything[self.rng.integers(len(everything))])
        return self.builder.finish()

    def _leaves(self) -> None:
        for kind, op, count in (
            ("data", "input", 2),
            ("square", "param", 3),
            ("vector", "state", 2),
            ("flat", "state", 1),
        ):
            for index in range(count):
                type = TensorType("f64", SHAPES[kind])
                self.values[kind].append(self.builder.leaf(op, f"{kind}_{index}", type))
        self._add("vector", "full", [], shape=[WIDTH], value=0.5, dtype="f64")
        self.rate = self.builder.constant(0.25, TensorType("f64", ()), "rate")
        self.indices = self.builder.constant([2, 0, 2], TensorType("i32", (WIDTH,)), "indices")

    def _kind(self, value: Value) -> str:
        return next(kind for kind, shape in SHAPES.items() if shape == value.type.shape)

    def _pick(self, kind: str) -> Value:
        """A value of the kind, recent ones more often."""
        values = self.values[kind]
        return values[max(0, len(values) - 1 - int(self.rng.exponential(3)))]

    def _add(self, kind: str, op: str, inputs: list[Value], **attrs: object) -> None:
        self.values[kind].append(self.builder.emit(op, inputs, attrs))

    def _emit(self) -> None:
        pick = self._pick
        kind = str(self.rng.choice(list(SHAPES)))
        match int(self.rng.integers(9)):
            case 0 | 1:
                self._add(kind, str(self.rng.choice(UNARY)), [pick(kind)])
            case 2 | 3:
                self._add(kind, str(self.rng.choice(BINARY)), [pick(kind), pick(kind)])
            case 4:
                self._add("data", "matmul", [pick("data"), pick("square")])
            case 5:
                self._add("square", "matmul_tn", [pick("data"), pick("data")])
                self._add("square", "tanh", [self.values["square"][-1]])
            case 6:
                self._add(kind, "sgd_step", [pick(kind), pick(kind), self.rate])
            case 7:
                self._add("square", "gather", [pick("square"), self.indices])
            case _:
                self._add("flat", "reshape", [pick("square")], shape=[WIDTH * WIDTH])
                self._add("square", "reshape", [pick("flat")], shape=[WIDTH, WIDTH])
                self._add("data", "broadcast", [pick("vector")], shape=["N", WIDTH])
