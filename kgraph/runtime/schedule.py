"""The order in which a program computes, and which values it writes straight into variables."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Final, NamedTuple

from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, Node
from kgraph.op import find_op
from kgraph.runtime.aliases import is_computed, roots

_EARLY: Final = 0
_IN_TURN: Final = 1
_LATE: Final = 2


class Schedule(NamedTuple):
    """What is computed when.

    Attributes:
        order: the computed nodes in the order in which they run.
        written: computed node to the variable whose memory it is written into.
        copied: variable to the node that is copied into it after everything else has run.
    """

    order: tuple[Node, ...]
    written: Mapping[str, str]
    copied: Mapping[str, str]


def make_schedule(graph: Graph, ride_updates: bool = True) -> Schedule:
    """A schedule in which a fault leaves every variable as it was, and every read of a variable sees its old value.

    A value is written straight into its variable once nothing is left that may fault, and once all other readers of
    the old value have run. Where readers wait for each other (two variables that take functions of each other), and
    where something that may fault needs the value, it is computed elsewhere and copied at the end.

    Args:
        graph: of known shapes.
        ride_updates: whether gradients that only an update reads come last, each with that update: they are then used
            while they are in cache, and all of them may be computed at the same time.
    """
    return _Scheduler(graph, ride_updates).run()


class _Scheduler:
    """Topological order by counting: a node waits for its operands, a writer of a variable also for its readers.

    Scalars that no fed array goes into come first, e.g. the size of an optimizer's step: they would stand between
    instructions that could share a phase or a chain. What rides comes last. Else nodes keep the order of the graph.

    Waiting for readers may close a circle. When nothing is ready, the first writer that waits for readers alone gives
    up its place in the variable, and waits no longer. Writers also wait for all nodes that may fault; these and what
    they need are never writers, so that they never wait in turn.
    """

    def __init__(self, graph: Graph, ride_updates: bool) -> None:
        self.graph = graph
        self.roots = roots(graph)
        self.nodes = {node.name: node for node in graph.nodes if is_computed(node)}
        self.operands = {name: self._distinct_roots(node) for name, node in self.nodes.items()}
        self.readers = self._readers()
        self.fallible = {name for name, node in self.nodes.items() if find_op(node.op).fault}
        self.written = self._candidates()
        self.operands_left = {
            name: sum(operand in self.nodes for operand in operands) for name, operands in self.operands.items()
        }
        self.writers_after: dict[str, list[str]] = {}
        self.readers_left = dict.fromkeys(self.nodes, 0)
        for writer, variable in self.written.items():
            for reader in self.readers.get(variable, ()):
                if reader != writer:
                    self.writers_after.setdefault(reader, []).append(writer)
                    self.readers_left[writer] += 1
        self.priority = self._priorities(self._riding() if ride_updates else {})
        self.ready: list[tuple[int, int, int, str]] = []

    def run(self) -> Schedule:
        for name in self.nodes:
            self._offer(name)
        order: dict[str, Node] = {}
        while len(order) < len(self.nodes):
            if not self.ready:
                self._give_up_one(order)
            name = heappop(self.ready)[-1]
            order[name] = self.nodes[name]
            self._finish(name)
        placed = set(self.written.values())
        copied = {variable: value for variable, value in self.graph.updates.items() if variable not in placed}
        return Schedule(tuple(order.values()), self.written, copied)

    def _distinct_roots(self, node: Node) -> list[str]:
        return list(dict.fromkeys(self.roots[name] for name in node.inputs))

    def _readers(self) -> dict[str, list[str]]:
        """The computed nodes that read each value, directly or as a view."""
        readers: dict[str, list[str]] = {}
        for name, operands in self.operands.items():
            for operand in operands:
                readers.setdefault(operand, []).append(name)
        return readers

    def _candidates(self) -> dict[str, str]:
        """The computed nodes that could be written into the variable that they update."""
        early = self.graph.ancestors(self.fallible)
        written: dict[str, str] = {}
        for variable, value in self.graph.updates.items():
            root = self.roots[value]
            if root not in self.nodes or root in early or root in written:
                continue
            if variable not in self.operands[root] or find_op(self.nodes[root].op).is_elementwise:
                written[root] = variable
        return written

    def _priorities(self, late: Mapping[str, int]) -> dict[str, tuple[int, int, int]]:
        """Lower ones run first."""
        fed = {node.name for node in self.graph.leaves(*PLACEHOLDERS)}
        for node in self.graph.nodes:
            if not fed.isdisjoint(node.inputs):
                fed.add(node.name)
        priorities = {}
        for index, (name, node) in enumerate(self.nodes.items()):
            if name in late:
                priorities[name] = (_LATE, late[name], index)
            else:
                priorities[name] = (_EARLY if name not in fed and not node.type.rank else _IN_TURN, index, index)
        return priorities

    def _riding(self) -> dict[str, int]:
        """The gradients that nothing but the update of a variable of their shape reads, element by element, and what
        that update is made of; each with the place of its gradient."""
        riding: dict[str, int] = {}
        kept = {self.roots[name] for name in self.graph.outputs.values()}
        for index, (name, node) in enumerate(self.nodes.items()):
            if name in riding or not node.type.rank or find_op(node.op).is_elementwise:
                continue
            after = self._readers_of_readers(name)
            if after and after.isdisjoint(kept) and all(self._goes_along(node, other) for other in after):
                riding |= {member: riding.get(member, index) for member in (name, *after)}
        return riding

    def _goes_along(self, node: Node, other: str) -> bool:
        return find_op(self.nodes[other].op).is_elementwise and self.nodes[other].type.shape == node.type.shape

    def _readers_of_readers(self, name: str) -> set[str]:
        found: set[str] = set()
        waiting = [name]
        while waiting:
            fresh = set(self.readers.get(waiting.pop(), ())) - found
            found |= fresh
            waiting += fresh
        return found

    def _offer(self, name: str) -> None:
        """Makes ``name`` ready if it waits for nothing."""
        waits = self.operands_left[name] or self.readers_left[name] or (name in self.written and self.fallible)
        if not waits:
            heappush(self.ready, (*self.priority[name], name))

    def _finish(self, name: str) -> None:
        for reader in self.readers.get(name, ()):
            self.operands_left[reader] -= 1
            self._offer(reader)
        for writer in self.writers_after.get(name, ()):
            if writer in self.written:
                self.readers_left[writer] -= 1
                self._offer(writer)
        if name in self.fallible:
            self.fallible.remove(name)
            for writer in () if self.fallible else self.written:
                self._offer(writer)

    def _give_up_one(self, order: Mapping[str, Node]) -> None:
        stuck = next(name for name in self.written if name not in order and not self.operands_left[name])
        del self.written[stuck]
        self.readers_left[stuck] = 0
        self._offer(stuck)
