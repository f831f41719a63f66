"""A program: a graph at known shapes, as one flat array of kernel calls over planned memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Lock
from typing import Final, NamedTuple

import numpy as np

from kgraph import config, instructions
from kgraph._ops import Executable, KernelFault
from kgraph.costs import byte_size
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import Call, find_op
from kgraph.runtime.choices import Choices
from kgraph.runtime.errors import NodeError, node_error
from kgraph.runtime.memory import aligned_buffer, view_at
from kgraph.runtime.phases import Access, Extent, Link, find_links
from kgraph.runtime.plan import ARENA, CONSTANTS, Place, Plan, make_plan
from kgraph.runtime.profiling import register
from kgraph.runtime.scheduled import kernel_remark, place_names, scheduled_graph
from kgraph.runtime.specialise import specialise
from kgraph.runtime.storage import Storage
from kgraph.stages import Making


class Instruction(NamedTuple):
    """One kernel call. ``operands`` are the places of the inputs and of the result, which comes last."""

    node: Node
    call: Call
    operands: tuple[Place, ...]
    bytes: int

    @property
    def kernel(self) -> str:
        return self.call.kernel


#: Results of so many bytes ask for what is read next: what belongs to smaller ones is mostly in cache.
_FAR_BYTES: Final = 1 << 17

#: A number of an output as ``Executable.run_steps`` reads it: slot, byte offset and dtype.
Column = tuple[int, int, str]


class Program:
    """What runs a graph at one set of shapes.

    Attributes:
        graph: the graph as it is run.
        plan: where its values lie.
        instructions: the kernel calls in order.
        links: what each of them is to the one before it.
    """

    def __init__(
        self,
        graph: Graph,
        shapes: Mapping[str, Sequence[int]],
        variables: Mapping[str, Storage] | None = None,
        finish: Callable[[Graph], Graph] | None = None,
        making: Making | None = None,
    ) -> None:
        """
        Args:
            graph: may have symbols; phases are resolved.
            shapes: of each placeholder that will be fed.
            variables: the storage of each variable.
            finish: a last pass, after those that make the graph what is run.
            making: what is told of each stage in which the program is made.

        Raises:
            ValueError: the shapes contradict each other or leave a symbol open.
        """
        graph = specialise(graph, shapes, making=making)
        if finish is not None:
            graph = finish(graph)
        choices = Choices.without(config.disabled_passes())
        self.plan: Plan = make_plan(graph, choices)
        self.graph = self.plan.graph
        self.instructions = [self._instruction(node) for node in self.plan.order]
        if making is not None:
            self._tell(making)
        self.links = find_links([self._access(each) for each in self.instructions], choices.chain)
        flat = [self._flat(index, self.links) for index in range(len(self.instructions))]
        self._executable = Executable(self.plan.slots, flat, self.links)
        self._lock = Lock()
        self._columns: list[Column] | None = None
        self._staging: dict[int, np.ndarray] = {}
        self._bound: dict[int, np.ndarray] = {}
        slots = self.plan.leaf_slots
        self._variables = {slots[name]: (variables or {})[name] for name in slots if self.graph[name].is_variable}
        outputs = self.graph.outputs
        self._results = {slot: self.graph[outputs[output]].type for output, slot in self.plan.result_slots.items()}
        feeds = {slot for name, slot in slots.items() if self.graph[name].is_placeholder}
        self._fed_outputs = feeds & {self.plan.places[name].slot for name in outputs.values()}
        self._bind(ARENA, aligned_buffer(self.arena_bytes))
        self._bind(CONSTANTS, self.plan.constants)
        self._bind_variables()
        register(self)

    @property
    def arena_bytes(self) -> int:
        """The bytes that intermediate values take together."""
        return self.plan.arena_bytes

    def feed_slot(self, name: str) -> int | None:
        """The slot of a placeholder; ``None`` where the simplified graph does not need it."""
        return self.plan.leaf_slots.get(name)

    def run(self, slots: Sequence[int], arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Runs once, with ``arrays`` (checked, C-contiguous) in ``slots``; every output is a fresh array.

        Raises:
            NodeError: a kernel refused a value; the variables are as they were.
        """
        return self._run(slots, arrays, {})

    def run_into(self, slots: Sequence[int], arrays: Sequence[np.ndarray], results: Mapping[str, np.ndarray]) -> None:
        """Runs once like ``run``, and writes the outputs into ``results``: C-contiguous arrays of the right types."""
        for name, value in self._run(slots, arrays, results).items():
            if value is not results[name]:
                results[name][...] = value

    def _run(
        self, slots: Sequence[int], arrays: Sequence[np.ndarray], into: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        executable = self._executable
        with self._lock:
            if Storage.moves != self._moves:
                self._bind_variables()
            if self._fed_outputs:
                self._bound.update(zip(slots, arrays, strict=True))
            if self._results:
                self._bind_results(into)
            try:
                executable.run(slots, arrays)
            except KernelFault as fault:
                raise self._error(fault) from None
            return {name: fetch() for name, fetch in self._fetchers}

    def run_steps(
        self,
        slots: Sequence[int],
        sources: Sequence[np.ndarray],
        order: np.ndarray | None,
        first: int,
        batch: int,
        steps: int,
    ) -> np.ndarray:
        """Runs ``steps`` batches in one call; see ``Function.run_steps``, which checks the arguments.

        Returns:
            float64 ``(steps, numbers)``: those of all outputs.

        Raises:
            NodeError: a kernel refused a value in some step; its variables are as they were before that step.
        """
        columns = self.columns()
        results = np.empty((steps, len(columns)), np.float64)
        with self._lock:
            if Storage.moves != self._moves:
                self._bind_variables()
            if self._results:
                self._bind_results({})
            for slot, source in zip(slots, sources, strict=True):
                self._bind_staging(slot, source, batch)
            try:
                self._executable.run_steps(list(sources), list(slots), order, first, batch, steps, results, columns)
            except KernelFault as fault:
                error = self._error(fault)
                error.completed = results[: fault.step]
                raise error from None
        return results

    def columns(self) -> list[Column]:
        """The numbers of all outputs, in order; those of an array in the order of its memory."""
        if self._columns is None:
            self._columns = [column for name in self.graph.outputs.values() for column in self._columns_of(name)]
        return self._columns

    def start_profile(self, events: int) -> None:
        """Measures the runs from now on, and keeps the first ``events`` tasks one by one."""
        self._executable.start_profile(events)

    def stop_profile(self) -> instructions.Measured | None:
        """What was measured since ``start_profile``."""
        return self._executable.stop_profile()

    def _tell(self, making: Making) -> None:
        kernels = {each.node.name: each.kernel for each in self.instructions}
        graph = scheduled_graph(self.plan)
        making.stage("scheduled", graph, kernel_remark(self.plan, graph, kernels))

    def describe(self) -> str:
        """A line for each instruction, with the places of its operands and result, under a summary."""
        slot_names = place_names(self.plan)
        lines = [f"program {self.graph.name}: {len(self.instructions)} instructions, {self.arena_bytes} arena bytes"]
        for index, each in enumerate(self.instructions):
            places = [f"{slot_names[place.slot]}+{place.offset}" for place in each.operands]
            lines.append(
                f"{index:4} {each.kernel}({', '.join(places[:-1])}) -> {places[-1]}  "
                f"# %{each.node.name}: {each.node.type}, {each.bytes} bytes"
            )
        return "\n".join(lines) + "\n"

    def _instruction(self, node: Node) -> Instruction:
        lower = find_op(node.op).lower
        assert lower is not None
        call = lower([self.graph[name].type for name in node.inputs], node.type, node.attrs)
        operands = tuple(self.plan.places[name] for name in (*node.inputs, node.name))
        return Instruction(node, call, operands, byte_size(node.type))

    def _access(self, instruction: Instruction) -> Access:
        node = instruction.node
        sizes = [*(byte_size(self.graph[name].type) for name in node.inputs), instruction.bytes]
        *reads, write = map(Extent.of, instruction.operands, sizes)
        op, call = find_op(node.op), instruction.call
        elements = call.work if op.is_elementwise or call.by_element else None
        if call.tiling is not None:
            elements = call.tiling.m * call.tiling.n
        return Access(tuple(reads), write, op.fault is not None, elements, follows=op.is_elementwise)

    def _flat(self, index: int, links: Sequence[Link]) -> instructions.Instruction:
        """An instruction as the executable takes it."""
        each = self.instructions[index]
        call, operands = each.call, [(place.slot, place.offset) for place in each.operands]
        is_far = call.tiling is not None and each.bytes >= _FAR_BYTES
        following = [(place.slot, place.offset) for place in self._read_next(index, links)] if is_far else []
        numbers = call.ints, call.floats, call.work, call.grain, call.weight
        return instructions.Instruction(call.kernel, operands, *numbers, call.tiling, following)

    def _read_next(self, index: int, links: Sequence[Link]) -> list[Place]:
        """What those that follow an instruction read at the place of its result, the result itself left out."""
        made = self.instructions[index]
        places: dict[Place, None] = {}
        for link, each in zip(links[index + 1 :], self.instructions[index + 1 :], strict=True):
            if link is not Link.FOLLOWS:
                break
            alike = [name for name in each.node.inputs if self.graph[name].type == made.node.type]
            places |= dict.fromkeys(self.plan.places[name] for name in alike)
        return [place for place in places if place != made.operands[-1]]

    def _columns_of(self, name: str) -> list[Column]:
        type, place = self.graph[name].type, self.plan.places[name]
        offsets = range(place.offset, place.offset + byte_size(type), type.numpy_dtype.itemsize)
        return [(place.slot, offset, type.dtype) for offset in offsets]

    def _bind(self, slot: int, array: np.ndarray) -> None:
        self._executable.bind(slot, array)
        self._bound[slot] = array

    def _bind_variables(self) -> None:
        self._moves = Storage.moves
        for slot, storage in self._variables.items():
            self._bind(slot, storage.array)
        self._fetchers = [(output, self._fetcher(name)) for output, name in self.graph.outputs.items()]

    def _bind_results(self, into: Mapping[str, np.ndarray]) -> None:
        for output, slot in self.plan.result_slots.items():
            type = self._results[slot]
            array = into.get(output)
            self._bind(slot, np.empty(type.known_shape, type.numpy_dtype) if array is None else array)

    def _bind_staging(self, slot: int, source: np.ndarray, batch: int) -> None:
        if slot not in self._staging:
            self._staging[slot] = np.empty((batch, *source.shape[1:]), source.dtype)
        self._bind(slot, self._staging[slot])

    def _fetcher(self, name: str) -> Callable[[], np.ndarray]:
        """What gives the value of a node after a run, as an array that nothing else holds."""
        place, type = self.plan.places[name], self.graph[name].type
        if place.slot in self._results:
            return partial(self._bound.__getitem__, place.slot)
        if place.slot in self._fed_outputs:
            return partial(self._copy_of_feed, place.slot, type.known_shape)
        if place.slot in (ARENA, CONSTANTS):
            return view_at(self._bound[place.slot], place.offset, type.known_shape, type.numpy_dtype).copy
        return self._bound[place.slot].reshape(type.known_shape).copy

    def _copy_of_feed(self, slot: int, shape: tuple[int, ...]) -> np.ndarray:
        return self._bound[slot].reshape(shape).copy()

    def _error(self, fault: KernelFault) -> NodeError:
        failed = self.instructions[fault.instruction]
        return node_error(self.graph, failed.node, failed.call, fault)
