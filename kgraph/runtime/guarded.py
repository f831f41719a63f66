"""A function whose programs refuse what is not finite, at little more than the cost of reading it once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from kgraph.ir import Graph
from kgraph.passes.check_values import CHECK, FINITE, check_values
from kgraph.runtime.checked import checked_values, counting_steps, feeds_at
from kgraph.runtime.errors import NodeError
from kgraph.runtime.evaluation import NonFiniteError, badness
from kgraph.runtime.function import Function
from kgraph.runtime.storage import Storage

#: The graphs that are looked through for the node: with all its nodes first, then as the program runs it.
_FUSED: Final = (False, True)


class GuardedFunction(Function):
    """A ``Function`` that stops at a NaN or infinity, wherever in a step it comes up.

    The programs are those of a ``Function``, with a check behind each value. Where one fails, no variable has been
    written yet; the step is then evaluated node by node to find out where it began. An infinity that stands in the
    graph, and what is computed of it, is let through from then on.
    """

    def __init__(self, graph: Graph, variables: Mapping[str, Storage]) -> None:
        super().__init__(graph, variables)
        #: By the names of nodes, what has been found to stand among their values for good.
        self._tolerated: dict[str, int] = {}

    def _finish(self, graph: Graph) -> Graph:
        return check_values(graph, self._tolerated)

    @classmethod
    def of(cls, function: Function) -> GuardedFunction:
        """The guarded form of ``function``, over the same variables."""
        return cls(function.graph, function._storages)

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs once; see ``Function``.

        Raises:
            NonFiniteError: the first node that makes a NaN or infinity of finite operands, or the first leaf that
                holds one.
        """
        while True:
            try:
                return super().__call__(feeds)
            except NodeError as error:
                self._find_cause(error, feeds)

    def run_steps(
        self, sources: Mapping[str, np.ndarray], order: np.ndarray | None, first: int, batch: int, steps: int
    ) -> np.ndarray:
        """Runs whole batches; see ``Function``."""
        parts: list[np.ndarray] = []
        done = 0
        while True:
            try:
                parts.append(super().run_steps(sources, order, first + done * batch, batch, steps - done))
                return parts[0] if len(parts) == 1 else np.concatenate(parts)
            except NodeError as error:
                if error.completed is None:
                    raise
                parts.append(error.completed)
                done += error.step
                with counting_steps(done):
                    self._find_cause(error, feeds_at(sources, order, first + done * batch, batch))

    def run_batches(
        self, sources: Mapping[str, np.ndarray], batch: int, after: Callable[[int], None] | None = None
    ) -> dict[str, np.ndarray]:
        """Runs over all rows; see ``Function``."""
        done = 0

        def count(runs: int) -> None:
            nonlocal done
            done = runs
            if after is not None:
                after(runs)

        while True:
            try:
                return super().run_batches(sources, batch, count)
            except NodeError as error:
                with counting_steps(done):
                    self._find_cause(error, feeds_at(sources, None, done * batch, batch))

    def _find_cause(self, error: NodeError, feeds: Mapping[str, np.ndarray]) -> None:
        """Raises what the failed check of ``error`` is about; returns where all that it saw may stand.

        Raises:
            NonFiniteError: a node made it, or a leaf holds it.
            NodeError: it is no check that failed.
        """
        if error.op != CHECK:
            raise error
        (checked,) = error.inputs
        found: dict[str, int] = {}
        for fuse in _FUSED:
            graph, values = checked_values(self.graph, feeds, self._storages, fuse)
            for name, value in values.items():
                found[name] = max(found.get(name, FINITE), badness(value))
        if badness(np.array(error.value)) > found[checked]:
            # Met by the program alone: a node by itself rounds otherwise.
            values[checked] = values[checked].copy()
            values[checked].flat[error.position] = error.value
            raise NonFiniteError.at(graph, graph[checked], values).of(self.graph, feeds, self._storages)
        with self._lock:
            self._tolerated.update({name: worst for name, worst in found.items() if worst})
            self._programs.clear()
            self._routes.clear()
            self._latest = None
