"""Plans and programs of random graphs against a naive interpreter, and what they promise about memory."""

from __future__ import annotations

import numpy as np
import pytest
from random_graphs import ROWS, interpret
from runtime_cases import SEEDS, random_case, storages_of

from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.op import find_op
from kgraph.passes import bind
from kgraph.runtime import Function, Program, pack
from kgraph.runtime.aliases import byte_size, roots
from kgraph.runtime.plan import ARENA, Plan
from kgraph.types import TensorType


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_graph_gives_what_the_naive_interpreter_gives(seed: int) -> None:
    graph, feeds, variables = random_case(seed)
    storages = storages_of(variables)
    function = Function(graph, storages)
    for step in range(3):
        if step == 2:
            pack(list(storages.values()))
        expected, variables = interpret(bind(graph, {"N": ROWS}), feeds, variables)
        results = function(feeds)
        assert list(results) == list(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(results[name], value, rtol=1e-7, atol=1e-9, err_msg=name)
        for name, value in variables.items():
            np.testing.assert_allclose(storages[name].array, value, rtol=1e-7, atol=1e-9, err_msg=name)
            # What is left of rounding must not grow from step to step.
            storages[name].set(value)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_instruction_overwrites_a_value_that_is_still_read(seed: int) -> None:
    graph, feeds, variables = random_case(seed, nodes=120)
    check_memory(Function(graph, storages_of(variables)).program(feeds))


def check_memory(program: Program) -> None:
    """Follows who owns each byte of every slot, instruction by instruction."""
    plan = program.plan
    root = dict(roots(plan.graph))
    owners = {slot: np.full(slot_size(plan, slot), "", object) for slot in range(plan.slots) if slot != 1}
    for name, slot in plan.leaf_slots.items():
        owners[slot][:] = name
    for each in program.instructions:
        result = each.operands[-1]
        written = slice(result.offset, result.offset + each.bytes)
        for name, place in zip(each.node.inputs, each.operands, strict=False):
            if place.slot not in owners:
                continue
            read = slice(place.offset, place.offset + byte_size(plan.graph[name].type))
            assert set(owners[place.slot][read]) <= {root[name]}, f"%{each.node.name} reads %{name} too late"
            apart = place.slot != result.slot or read.stop <= written.start or written.stop <= read.start
            assert apart or (read == written and find_op(each.node.op).is_elementwise), f"%{each.node.name}"
        owners[result.slot][written] = each.node.name
    for name in plan.graph.outputs.values():
        place = plan.places[name]
        if place.slot in owners:
            held = owners[place.slot][place.offset : place.offset + byte_size(plan.graph[name].type)]
            assert set(held) <= {root[name]}, f"output %{name} is gone"


def slot_size(plan: Plan, slot: int) -> int:
    if slot == ARENA:
        return plan.arena_bytes
    leaf = {number: name for name, number in plan.leaf_slots.items()}
    output = {number: plan.graph.outputs[name] for name, number in plan.result_slots.items()}
    return byte_size(plan.graph[(leaf | output)[slot]].type)


def chain(length: int, rows: int) -> Graph:
    """Exponentials of cosines: every value dies at once."""
    builder = Builder("chain")
    value = builder.leaf("input", "x", TensorType("f32", (rows,)))
    for index in range(length):
        value = builder.emit(("cos", "exp")[index % 2], [value], {})
    half = builder.emit("slice", [value], {"begin": [0], "shape": [1], "step": [1]})
    builder.output("y", half)
    return builder.finish()


def test_a_chain_of_elementwise_ops_uses_one_place() -> None:
    program = Function(chain(50, 1024), {}).program({"x": np.zeros(1024, np.float32)})
    assert program.arena_bytes == 4096 + 64


def test_values_that_are_never_alive_together_share_memory() -> None:
    builder = Builder("sorts")
    value = builder.leaf("input", "x", TensorType("f32", (64, 64)))
    for _ in range(20):
        value = builder.emit("transpose", [value], {"perm": [1, 0]})
        value = builder.emit("matmul", [value, value], {})
    builder.output("y", builder.emit("slice", [value], {"begin": [0, 0], "shape": [1, 1], "step": [1, 1]}))
    program = Function(builder.finish(), {}).program({"x": np.zeros((64, 64), np.float32)})
    assert program.arena_bytes <= 2 * 64 * 64 * 4 + 64


def test_large_outputs_are_computed_in_the_array_that_the_caller_gets() -> None:
    graph = Graph.parse("graph f\n%x: f32[N,64] = input()\n%y: f32[N,64] = exp(%x)\noutput y = %y\n")
    function = Function(graph, {})
    feeds = {"x": np.ones((64, 64), np.float32)}
    assert function.program(feeds).arena_bytes == 0
    first, second = function(feeds)["y"], function({"x": np.zeros((64, 64), np.float32)})["y"]
    np.testing.assert_allclose(first, np.exp(feeds["x"]), rtol=1e-6)
    np.testing.assert_array_equal(second, np.ones((64, 64)))
