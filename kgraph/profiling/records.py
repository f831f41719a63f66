"""What one program did while it was measured, beside what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from kgraph.costs import bytes_moved, flops
from kgraph.instructions import Measured
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.runtime.phases import Link
from kgraph.runtime.profiling import Measurable, Step

#: Where nodes belong that neither a layer nor a scope has made: ops on arrays.
NO_LAYER: Final = "(none)"


class Work(NamedTuple):
    """What a kernel call is for.

    Attributes:
        node: what it computes.
        kernel: by name.
        layer: the layer, output or scope that made the node.
        flops, bytes: what one call computes and moves.
    """

    node: Node
    kernel: str
    layer: str
    flops: int
    bytes: int


class Record(NamedTuple):
    """One program and what it did.

    Attributes:
        function: the name of its graph.
        shapes: of its inputs, for the reader.
        works: its kernel calls, in order.
        chains: for each kernel call that begins a chain the length of it, for the others 0.
        measured: of all runs.
    """

    function: str
    shapes: str
    works: Sequence[Work]
    chains: Sequence[int]
    measured: Measured

    @property
    def title(self) -> str:
        return f"{self.function} ({self.shapes})" if self.shapes else self.function

    def wall_ns(self) -> np.ndarray:
        """Of each kernel call its part of the time that passed: of each phase's time in proportion to busy time."""
        busy = self.measured.busy_ns.astype(np.float64)
        wall = np.zeros(len(busy))
        for phase, passed in zip(self.measured.phases, self.measured.phase_ns, strict=True):
            part = slice(phase.start, phase.stop)
            total = busy[part].sum()
            wall[part] = passed * (busy[part] / total if total else 1 / len(phase))
        return wall


class Taken(NamedTuple):
    """What the block of a profile did.

    Attributes:
        records: of each program that ran.
        began_ns: the monotonic clock where the block began.
        wall_ns: how long the block took.
        around_ns: how long it took to begin and to end measuring, which is no part of it.
        threads: on how many threads programs ran.
    """

    records: Sequence[Record] = ()
    began_ns: int = 0
    wall_ns: int = 0
    around_ns: int = 0
    threads: int = 1

    @property
    def runs(self) -> int:
        return sum(record.measured.runs for record in self.records)

    @property
    def native_ns(self) -> int:
        """The time of all runs."""
        return sum(record.measured.wall_ns for record in self.records)

    @property
    def busy_ns(self) -> int:
        """The time of kernels on all threads."""
        return sum(int(record.measured.busy_ns.sum()) for record in self.records)


def make_record(program: Measurable, parts: Sequence[Measured]) -> Record:
    """The record of a program that was measured several times."""
    graph = program.graph
    works = [_work(graph, step) for step in program.instructions]
    shapes = ", ".join(f"{node.name}{list(node.type.shape)}" for node in graph.leaves("input"))
    return Record(graph.name, shapes, works, chain_lengths(program.links), joined(parts))


def _work(graph: Graph, step: Step) -> Work:
    node = step.node
    return Work(node, step.call.kernel, layer_name(graph, node), flops(node, graph), bytes_moved(node, graph))


def layer_name(graph: Graph, node: Node) -> str:
    """The layer or output that ``node`` is counted under, else its scope."""
    return graph.layer_of(node) or node.scope or NO_LAYER


def chain_lengths(links: Iterable[int]) -> list[int]:
    """Of each kernel call that begins a chain the calls in it, of the others 0."""
    lengths: list[int] = []
    first = 0
    for index, link in enumerate(links):
        if link == Link.FOLLOWS:
            lengths[first] += 1
            lengths.append(0)
        else:
            first = index
            lengths.append(1)
    return lengths


def joined(parts: Sequence[Measured]) -> Measured:
    """Several measurements of one program as one."""
    return Measured(
        runs=sum(part.runs for part in parts),
        wall_ns=sum(part.wall_ns for part in parts),
        busy_ns=np.sum([part.busy_ns for part in parts], axis=0),
        tasks=np.sum([part.tasks for part in parts], axis=0),
        phases=parts[0].phases,
        phase_ns=np.sum([part.phase_ns for part in parts], axis=0),
        events=np.concatenate([part.events for part in parts]),
        lost=sum(part.lost for part in parts),
    )
