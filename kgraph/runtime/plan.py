"""Where every value of a program lies."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, count
from typing import Final, NamedTuple

import numpy as np

from kgraph.costs import byte_size
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.runtime.aliases import constant_value, copy_of, is_constant, keep_old_values, roots
from kgraph.runtime.arena import Block, assign
from kgraph.runtime.choices import FASTEST, Choices
from kgraph.runtime.memory import align, aligned_buffer
from kgraph.runtime.schedule import Schedule, make_schedule

#: The slots that every program has; leaves and large results follow.
ARENA: Final = 0
CONSTANTS: Final = 1

#: An output of more bytes than this is computed in the array that the caller gets; a smaller one is cheaper to copy.
LARGEST_COPIED_OUTPUT: Final = 4096


class Place(NamedTuple):
    """A byte offset in the array that is bound to a slot."""

    slot: int
    offset: int = 0


class Plan(NamedTuple):
    """The memory of a program.

    Attributes:
        graph: what is run, old values of updated variables copied where something wants them.
        order: the nodes that kernels compute, in order; copies into variables are the last of them.
        places: of every node.
        leaf_slots: of every placeholder and variable.
        result_slots: of every output that is computed in an array of its own, by the output's name.
        written: computed node to the variable that it is written into.
        constants: the contents of slot ``CONSTANTS``.
        arena_bytes: the size of slot ``ARENA``.
    """

    graph: Graph
    order: tuple[Node, ...]
    places: Mapping[str, Place]
    leaf_slots: Mapping[str, int]
    result_slots: Mapping[str, int]
    written: Mapping[str, str]
    constants: np.ndarray
    arena_bytes: int

    @property
    def slots(self) -> int:
        return 2 + len(self.leaf_slots) + len(self.result_slots)


def make_plan(graph: Graph, choices: Choices = FASTEST) -> Plan:
    """A plan of ``graph``, whose shapes are all known.

    Values that are never alive together share memory, and an elementwise op writes over an operand that nobody reads
    after it. The gradients of the parameters lie side by side. See ``make_schedule`` for the order.
    """
    graph = keep_old_values(graph)
    schedule = make_schedule(graph, choices.ride_updates)
    root = roots(graph)
    slots = count(CONSTANTS + 1)
    leaf_slots = {node.name: next(slots) for node in graph.nodes if node.is_placeholder or node.is_variable}
    results = _own_results(graph, schedule, root)
    result_slots = {output: next(slots) for output in results}
    constants, places = _place_constants(graph)
    places |= {name: Place(slot) for name, slot in leaf_slots.items()}
    places |= {node: Place(result_slots[output]) for output, node in results.items()}
    places |= {node: places[variable] for node, variable in schedule.written.items()}
    in_arena, arena_bytes = _place_in_arena(graph, schedule, root, places, choices.write_in_place)
    places |= in_arena
    places = {node.name: places[root[node.name]] for node in graph.nodes}
    copies = [copy_of(graph[value], f"{variable}/new") for variable, value in schedule.copied.items()]
    targets = zip(copies, schedule.copied, strict=True)
    places |= {copy.name: places[variable] for copy, variable in targets}
    return Plan(
        graph=graph,
        order=(*schedule.order, *copies),
        places=places,
        leaf_slots=leaf_slots,
        result_slots=result_slots,
        written=schedule.written,
        constants=constants,
        arena_bytes=arena_bytes,
    )


def _own_results(graph: Graph, schedule: Schedule, root: Mapping[str, str]) -> dict[str, str]:
    """Output to node, for each large output that is computed and not written into a variable."""
    computed = {node.name for node in schedule.order} - schedule.written.keys()
    first: dict[str, str] = {}
    for output, name in graph.outputs.items():
        if root[name] in computed and byte_size(graph[name].type) > LARGEST_COPIED_OUTPUT:
            first.setdefault(root[name], output)
    return {output: node for node, output in first.items()}


def _place_constants(graph: Graph) -> tuple[np.ndarray, dict[str, Place]]:
    nodes = [node for node in graph.nodes if is_constant(node)]
    buffer = aligned_buffer(sum(align(byte_size(node.type)) for node in nodes))
    places: dict[str, Place] = {}
    offset = 0
    for node in nodes:
        data = np.ascontiguousarray(constant_value(node)).reshape(-1).view(np.uint8)
        buffer[offset : offset + data.size] = data
        places[node.name] = Place(CONSTANTS, offset)
        offset += align(data.size)
    return buffer, places


def _place_in_arena(
    graph: Graph, schedule: Schedule, root: Mapping[str, str], placed: Mapping[str, Place], write_in_place: bool
) -> tuple[dict[str, Place], int]:
    """Places for the computed nodes that have none yet, and the bytes that they take."""
    last_use = _last_uses(graph, schedule, root)
    gradients = _gradients(graph, schedule, root, placed)
    sizes = [align(byte_size(graph[name].type)) for name in gradients]
    begins = [position for position, node in enumerate(schedule.order) if node.name in gradients]
    blocks = [Block(sum(sizes), begins[0], max(map(last_use.__getitem__, gradients)))] if gradients else []
    block_of: dict[str, int] = {}
    for position, node in enumerate(schedule.order):
        if node.name in placed or node.name in gradients:
            continue
        reused = _dying_operand(graph, node, root, last_use, block_of, position) if write_in_place else None
        if reused is None:
            block_of[node.name] = len(blocks)
            blocks.append(Block(byte_size(node.type), position, last_use[node.name]))
        else:
            block_of[node.name] = block_of[reused]
            blocks[block_of[reused]].last = last_use[node.name]
    offsets, total = assign(blocks)
    places = {name: Place(ARENA, offsets[block]) for name, block in block_of.items()}
    for name, before in zip(gradients, accumulate(sizes, initial=0), strict=False):
        places[name] = Place(ARENA, offsets[0] + before)
    return places, total


def _gradients(
    graph: Graph, schedule: Schedule, root: Mapping[str, str], placed: Mapping[str, Place]
) -> list[str]:
    """The computed gradients of parameters, in the order of the parameters: they lie side by side, as those do."""
    computed = {node.name for node in schedule.order} - placed.keys()
    wanted = [f"grad/{param.name}" for param in graph.leaves("param")]
    return list(dict.fromkeys(root[name] for name in wanted if name in graph and root[name] in computed))


def _last_uses(graph: Graph, schedule: Schedule, root: Mapping[str, str]) -> dict[str, int]:
    """For each computed node the position of the last instruction that reads or makes it; results live to the end."""
    last = {node.name: position for position, node in enumerate(schedule.order)}
    for position, node in enumerate(schedule.order):
        for name in node.inputs:
            last[root[name]] = position
    for name in (*graph.outputs.values(), *schedule.copied.values()):
        last[root[name]] = len(schedule.order)
    return last


def _dying_operand(
    graph: Graph,
    node: Node,
    root: Mapping[str, str],
    last_use: Mapping[str, int],
    block_of: Mapping[str, int],
    position: int,
) -> str | None:
    """The operand in the arena whose memory ``node`` may take: of its own type, and read by nobody later."""
    if not find_op(node.op).is_elementwise:
        return None
    for name in node.inputs:
        operand = root[name]
        if operand in block_of and last_use[operand] == position and graph[name].type == node.type:
            return operand
    return None
