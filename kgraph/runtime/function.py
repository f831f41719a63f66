"""A function: a graph that takes arrays, with a program for each set of shapes that it has met."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np

from kgraph.dims import symbols
from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, VARIABLES
from kgraph.op import find_op
from kgraph.runtime.feeds import check_array, check_feeds
from kgraph.runtime.program import Program
from kgraph.runtime.storage import Storage
from kgraph.stages import Making, observers

#: Programs that a function keeps; the one that was used longest ago goes first.
MOST_PROGRAMS: Final = 64

Shapes = tuple[tuple[str, tuple[int, ...]], ...]


class _Route(NamedTuple):
    """Where the feeds of a call go: for each feed that the program needs, its name and slot."""

    shapes: Shapes
    program: Program
    names: tuple[str, ...]
    slots: tuple[int, ...]


class Function:
    """Runs a graph on arrays and on the variables given when it was made.

    Attributes:
        graph: the graph, as given.
    """

    #: Whether those who watch what is made are told of the programs.
    _is_observed = True
    #: How ``trace`` runs a function; the runtime puts itself here when it is imported.
    tracer: ClassVar[Callable[..., dict[str, np.ndarray]] | None] = None

    def __init__(self, graph: Graph, variables: Mapping[str, Storage]) -> None:
        """
        Args:
            graph: its phases are resolved.
            variables: the storage of every ``param`` and ``state`` of the graph; others are ignored.

        Raises:
            ValueError: a phase is left, or a storage is missing or does not fit its variable.
        """
        _check_graph(graph, variables)
        self.graph = graph
        self._storages = {node.name: variables[node.name] for node in graph.leaves(*VARIABLES)}
        self._programs: OrderedDict[Shapes, Program] = OrderedDict()
        self._routes: dict[object, _Route] = {}
        self._latest: Program | None = None
        self._lock = Lock()

    @property
    def variables(self) -> Mapping[str, Storage]:
        """The storage of each variable that the graph reads or updates, by the name of its node."""
        return self._storages

    def __reduce__(self) -> tuple[Callable[..., Function], tuple[Graph, dict[str, Storage]]]:
        return type(self), (self.graph, self._storages)

    def __repr__(self) -> str:
        return f"<Function {self.graph.name}: {len(self.graph)} nodes, {len(self._programs)} programs>"

    def __call__(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs once.

        Args:
            feeds: an array for each placeholder, none of them a variable's own memory; sample weights that are not
                given are ones.

        Returns:
            The outputs by name, in fresh arrays.

        Raises:
            ValueError: a feed is missing, unknown, or does not fit its placeholder.
            NodeError: a node refused a value; the variables are as they were.
        """
        try:
            key = tuple([(name, array.shape, array.dtype) for name, array in feeds.items()])
        except AttributeError:
            key = None
        route = self._routes.get(key) or self._find_route(feeds, key)
        if route.program is not self._latest:
            self._note_use(route)
        arrays = [feeds[name] for name in route.names]
        for index, array in enumerate(arrays):
            if not array.flags.carray:
                arrays[index] = _laid_out(array)
        return route.program.run(route.slots, arrays)

    def trace(self, x: Any = None, y: Any = None, sample_weight: Any = None) -> dict[str, np.ndarray]:
        """Runs once, node by node and as the graph stands, changes no variable, and gives every value by name.

        Args:
            x: arrays for the inputs: one, a list in their order, or a dict by name. Or a dict by placeholder of
                everything that is fed.
            y, sample_weight: likewise, by output; as they are fed, e.g. without weights of classes.

        Raises:
            ValueError: an array is missing, unknown, or does not fit its placeholder.
            NodeError: a node refused a value.
        """
        assert Function.tracer is not None
        return Function.tracer(self, x, y, sample_weight)

    def program(self, feeds: Mapping[str, np.ndarray]) -> Program:
        """The program that runs ``feeds``, made if it is new.

        Raises:
            ValueError: as ``__call__``.
        """
        check_feeds(self.graph, feeds)
        return self._program(tuple(sorted((name, array.shape) for name, array in feeds.items())))

    def run_steps(
        self,
        sources: Mapping[str, np.ndarray],
        order: np.ndarray | None,
        first: int,
        batch: int,
        steps: int,
    ) -> np.ndarray:
        """Runs ``steps`` whole batches in one call into native code.

        Args:
            sources: for each placeholder an array of all samples, first axis samples.
            order: int64 row numbers; step ``s`` takes the rows ``order[first + s*batch : first + (s+1)*batch]``. With
                ``None`` it takes those rows themselves.
            first: where in ``order`` to begin.
            batch: samples in a step.
            steps: how many.

        Returns:
            float64 ``(steps, numbers)``: the outputs in the order of ``graph.outputs``, a column for each of their
            numbers.

        Raises:
            ValueError: the arguments do not fit each other or the graph; nothing has run.
            IndexError: ``order`` names a row that is not there; nothing has run.
            NodeError: a node refused a value; ``step`` of the error says in which step, and the variables are as the
                step before left them.
        """
        rows = _count_rows(self.graph, sources)
        order = _checked_order(order, rows, first, batch, steps)
        laid_out = {name: _laid_out(source) for name, source in sources.items()}
        route = self._batch_route(laid_out, batch)
        return route.program.run_steps(route.slots, [laid_out[n] for n in route.names], order, first, batch, steps)

    def run_batches(
        self, sources: Mapping[str, np.ndarray], batch: int, after: Callable[[int], None] | None = None
    ) -> dict[str, np.ndarray]:
        """Runs over all rows of ``sources``, ``batch`` at a time; the last batch may be shorter.

        Args:
            sources: for each placeholder an array of all samples, first axis samples.
            batch: samples in a run.
            after: called after each run with the number of runs done.

        Returns:
            The outputs for all rows, by name. Each output must have the samples on its first axis.

        Raises:
            ValueError: the arguments do not fit, or an output has no axis of samples.
            NodeError: a node refused a value.
        """
        rows = _count_rows(self.graph, sources)
        if batch < 1:
            raise ValueError(f"a batch must have at least 1 sample, not {batch}")
        bindings = check_feeds(self.graph, {name: source[:batch] for name, source in sources.items()})
        results = self._empty_results(bindings, rows)
        laid_out = {name: _laid_out(source) for name, source in sources.items()}
        for begin in range(0, rows, batch):
            end = min(begin + batch, rows)
            route = self._batch_route(laid_out, end - begin)
            arrays = [laid_out[name][begin:end] for name in route.names]
            parts = {name: result[begin:end] for name, result in results.items()}
            route.program.run_into(route.slots, arrays, parts)
            if after is not None:
                after(-(-end // batch))
        return results

    def _empty_results(self, bindings: Mapping[str, int], rows: int) -> dict[str, np.ndarray]:
        samples = {node.type.shape[0] for node in self.graph.leaves(*PLACEHOLDERS) if node.type.rank}
        results: dict[str, np.ndarray] = {}
        for output, name in self.graph.outputs.items():
            type = self.graph[name].type
            if not type.shape or type.shape[0] not in samples:
                raise ValueError(f"output {output} is {type}: it has no axis of samples, so batches cannot be joined")
            if samples & {symbol for dim in type.shape[1:] if isinstance(dim, str) for symbol in symbols(dim)}:
                reason = "its samples depend on each other"
                raise ValueError(f"output {output} is {type}: {reason}, so batches cannot be joined")
            shape = type.substitute(bindings).known_shape
            results[output] = np.empty((rows, *shape[1:]), type.numpy_dtype)
        return results

    def _batch_route(self, sources: Mapping[str, np.ndarray], batch: int) -> _Route:
        shapes = {name: (batch, *source.shape[1:]) for name, source in sources.items()}
        key = ("batch", *[(name, shapes[name], source.dtype) for name, source in sources.items()])
        route = self._routes.get(key)
        if route is None:
            # A broadcast of nothing has the shape of a batch without its memory.
            samples = {name: np.broadcast_to(np.empty((), a.dtype), shapes[name]) for name, a in sources.items()}
            route = self._find_route(samples, key)
        self._note_use(route)
        return route

    def _find_route(self, feeds: Mapping[str, np.ndarray], key: object) -> _Route:
        check_feeds(self.graph, feeds)
        shapes = tuple(sorted((name, array.shape) for name, array in feeds.items()))
        program = self._program(shapes)
        slots = {name: program.feed_slot(name) for name in feeds}
        used = {name: slot for name, slot in slots.items() if slot is not None}
        route = _Route(shapes, program, tuple(used), tuple(used.values()))
        with self._lock:
            self._routes[key] = route
        return route

    def _program(self, shapes: Shapes) -> Program:
        with self._lock:
            program = self._programs.get(shapes)
            if program is None:
                program = self._make_program(dict(shapes))
                self._programs[shapes] = program
                self._forget_oldest()
            return program

    def _make_program(self, shapes: dict[str, tuple[int, ...]]) -> Program:
        making = Making(self.graph.name, shapes) if observers and self._is_observed else None
        return Program(self.graph, shapes, self._storages, self._finish, making)

    def _finish(self, graph: Graph) -> Graph:
        """The last pass over what a program runs."""
        return graph

    def _note_use(self, route: _Route) -> None:
        with self._lock:
            self._latest = route.program
            if route.shapes in self._programs:
                self._programs.move_to_end(route.shapes)

    def _forget_oldest(self) -> None:
        """Drops programs above ``MOST_PROGRAMS``, and all routes with them: they are cheap to find again."""
        while len(self._programs) > MOST_PROGRAMS:
            self._programs.popitem(last=False)
            self._routes.clear()


def _check_graph(graph: Graph, variables: Mapping[str, Storage]) -> None:
    for node in graph.nodes:
        if find_op(node.op).role == "choice":
            raise ValueError(f"%{node.name} of {graph.name} is still a {node.op}: resolve it before running the graph")
    for node in graph.leaves(*VARIABLES):
        if node.name not in variables:
            raise ValueError(f"{graph.name} needs a storage for the variable {node.name}")
        check_array(node, variables[node.name].array)
        if not node.type.is_known:
            raise ValueError(f"variable {node.name} must have a known shape, not {node.type}")


def _laid_out(array: np.ndarray) -> np.ndarray:
    """``array`` itself where kernels can read it, else a C-contiguous and aligned copy."""
    flags = array.flags
    return array if flags.c_contiguous and flags.aligned else np.array(array, order="C")


def _count_rows(graph: Graph, sources: Mapping[str, np.ndarray]) -> int:
    """The length of the first axis, which all of ``sources`` share.

    Raises:
        ValueError: they do not, or there is none.
    """
    rows: dict[str, int] = {}
    for name, source in sources.items():
        if not isinstance(source, np.ndarray) or not source.ndim:
            raise ValueError(f"{name} must be an array with the samples on its first axis")
        rows[name] = len(source)
    if not rows:
        raise ValueError(f"{graph.name} was given no arrays to take batches from")
    first = next(iter(rows))
    for name, count in rows.items():
        if count != rows[first]:
            raise ValueError(f"{first} has {rows[first]} samples but {name} has {count}")
    return rows[first]


def _checked_order(order: np.ndarray | None, rows: int, first: int, batch: int, steps: int) -> np.ndarray | None:
    """``order`` as C-contiguous int64, once it is long enough. That its rows exist is checked by the executable."""
    if first < 0 or batch < 1 or steps < 0:
        raise ValueError(f"first {first} and steps {steps} must not be negative, and batch {batch} must be at least 1")
    end = first + batch * steps
    available = rows if order is None else len(order)
    if end > available:
        raise ValueError(f"{steps} batches of {batch} from {first} on need {end} rows, but there are {available}")
    return None if order is None else np.ascontiguousarray(order, np.int64)
