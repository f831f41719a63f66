"""A function run node by node, for debugging: every value is checked and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np

from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, Node
from kgraph.op import find_op
from kgraph.opset.leaves import decode_value
from kgraph.runtime import eager
from kgraph.runtime.errors import NodeError
from kgraph.runtime.feeds import check_feeds
from kgraph.runtime.function import Function
from kgraph.runtime.specialise import specialise


class NonFiniteError(ArithmeticError):
    """A node made a NaN or infinity of finite operands. Every variable is as it was before the step.

    Attributes:
        node: its name.
    """

    def __init__(self, node: Node, kind: str) -> None:
        super().__init__(
            f"%{node.name} ({node.op}) is the first node with {kind} among its values; its operands are finite"
        )
        self.node = node.name


class CheckedFunction(Function):
    """A ``Function`` with the same calls and results, which runs one op at a time.

    Attributes:
        values: the value of every node of the latest run, by name.
    """

    values: Mapping[str, np.ndarray] = MappingProxyType({})

    @classmethod
    def of(cls, function: Function) -> CheckedFunction:
        """The checked form of ``function``, over the same variables."""
        return cls(function.graph, function._storages)

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs once; see ``Function``.

        Raises:
            NonFiniteError: the first node that makes a NaN or infinity of finite operands.
        """
        check_feeds(self.graph, feeds)
        graph = specialise(self.graph, {name: array.shape for name, array in feeds.items()}, fuse=False)
        self.values = self._evaluate(graph, feeds)
        for variable, value in graph.updates.items():
            self._storages[variable].set(self.values[value])
        return {output: self.values[name].copy() for output, name in graph.outputs.items()}

    def run_steps(
        self, sources: Mapping[str, np.ndarray], order: np.ndarray | None, first: int, batch: int, steps: int
    ) -> np.ndarray:
        """Runs whole batches; see ``Function``."""
        rows = (_rows(order, first + step * batch, batch) for step in range(steps))
        return np.array([list(result.values()) for result in self._batches(sources, rows)], dtype=np.float64)

    def run_batches(
        self, sources: Mapping[str, np.ndarray], batch: int, after: Callable[[int], None] | None = None
    ) -> dict[str, np.ndarray]:
        """Runs over all rows; see ``Function``."""
        count = len(next(iter(sources.values())))
        rows = (slice(begin, min(begin + batch, count)) for begin in range(0, max(count, 1), batch))
        results = []
        for result in self._batches(sources, rows):
            results.append(result)
            if after is not None:
                after(len(results))
        return {output: np.concatenate([result[output] for result in results]) for output in self.graph.outputs}

    def _batches(
        self, sources: Mapping[str, np.ndarray], rows: Iterable[slice | np.ndarray]
    ) -> Iterable[dict[str, np.ndarray]]:
        for step, taken in enumerate(rows):
            try:
                yield self({name: source[taken] for name, source in sources.items()})
            except NodeError as error:
                error.step = step
                raise

    def _evaluate(self, graph: Graph, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        values: dict[str, np.ndarray] = {}
        for node in graph.nodes:
            operands = [values[name] for name in node.inputs]
            try:
                values[node.name] = self._value(node, operands, feeds)
            except NodeError as error:
                raise NodeError(graph, node, error.reason, error) from None
            if operands and _non_finite(values[node.name]) and not any(map(_non_finite, operands)):
                raise NonFiniteError(node, "NaN" if np.isnan(values[node.name]).any() else "infinity")
        return values

    def _value(self, node: Node, operands: list[np.ndarray], feeds: Mapping[str, np.ndarray]) -> np.ndarray:
        if node.op in PLACEHOLDERS:
            return feeds[node.name]
        if node.is_variable:
            return self._storages[node.name].array.copy()
        if node.op == "const":
            return decode_value(node.attrs["value"], node.type.numpy_dtype, node.type.known_shape)
        if find_op(node.op).role == "view":
            return operands[0].reshape(node.type.known_shape)
        return eager.apply(node.op, operands, node.attrs)


def _rows(order: np.ndarray | None, begin: int, batch: int) -> slice | np.ndarray:
    return slice(begin, begin + batch) if order is None else order[begin : begin + batch]


def _non_finite(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" and not np.isfinite(array).all()
