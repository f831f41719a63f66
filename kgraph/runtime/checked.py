"""A function run node by node, for debugging: every value is checked and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import numpy as np

from kgraph.ir import Graph
from kgraph.runtime.errors import NodeError
from kgraph.runtime.evaluation import NonFiniteError, evaluate, refuse_worse
from kgraph.runtime.feeds import check_feeds
from kgraph.runtime.function import Function
from kgraph.runtime.specialise import specialise
from kgraph.runtime.storage import Storage


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
            NonFiniteError: the first node that makes a NaN or infinity of finite operands, or the first leaf that
                holds one.
        """
        graph, self.values = checked_values(self.graph, feeds, self._storages)
        for variable, value in graph.updates.items():
            self._storages[variable].set(self.values[value])
        return {output: self.values[name].copy() for output, name in graph.outputs.items()}

    def run_steps(
        self, sources: Mapping[str, np.ndarray], order: np.ndarray | None, first: int, batch: int, steps: int
    ) -> np.ndarray:
        """Runs whole batches; see ``Function``."""
        results = []
        for step in range(steps):
            with counting_steps(step):
                results.append(self(feeds_at(sources, order, first + step * batch, batch)))
        return np.array([np.concatenate([np.ravel(v) for v in each.values()]) for each in results], np.float64)

    def run_batches(
        self, sources: Mapping[str, np.ndarray], batch: int, after: Callable[[int], None] | None = None
    ) -> dict[str, np.ndarray]:
        """Runs over all rows; see ``Function``."""
        count = len(next(iter(sources.values())))
        results: list[dict[str, np.ndarray]] = []
        for begin in range(0, max(count, 1), batch):
            with counting_steps(len(results)):
                results.append(self(feeds_at(sources, None, begin, batch)))
            if after is not None:
                after(len(results))
        return {output: np.concatenate([result[output] for result in results]) for output in self.graph.outputs}


def checked_values(
    graph: Graph, feeds: Mapping[str, np.ndarray], variables: Mapping[str, Storage], fuse: bool = False
) -> tuple[Graph, dict[str, np.ndarray]]:
    """``graph`` at the shapes of ``feeds``, and the values of its nodes; see ``evaluate``.

    Args:
        graph: may have symbols; phases are resolved.
        feeds: an array for each placeholder; sample weights may be left out.
        variables: the storage of each variable.
        fuse: whether to look at the nodes that a program runs, some of which stand for several.

    Raises:
        NonFiniteError: see ``CheckedFunction``.
        ValueError: a feed does not fit.
    """
    check_feeds(graph, feeds)
    known = specialise(graph, {name: array.shape for name, array in feeds.items()}, fuse=fuse)
    try:
        return known, evaluate(known, feeds, variables, refuse_worse)
    except NonFiniteError as error:
        raise error.of(graph, feeds, variables) from None


@contextmanager
def counting_steps(step: int) -> Iterator[None]:
    """Tells the step in which a node refuses a value, or makes one that is not finite."""
    try:
        yield
    except (NodeError, NonFiniteError) as error:
        error.step = step
        raise


def feeds_at(
    sources: Mapping[str, np.ndarray], order: np.ndarray | None, begin: int, batch: int
) -> dict[str, np.ndarray]:
    """The rows of a batch that begins at ``begin``, in ``order`` if there is one."""
    rows = slice(begin, begin + batch) if order is None else order[begin : begin + batch]
    return {name: source[rows] for name, source in sources.items()}
