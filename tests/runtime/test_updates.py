"""When variables take their new values, and that a fault leaves them as they were."""

from __future__ import annotations

import numpy as np
import pytest
from random_graphs import interpret
from runtime_cases import STEP, storages_of

from kgraph.ir import Graph
from kgraph.runtime import Function, NodeError, Program, Storage

SWAP = """graph swap
%a: f64[2] = param()
%b: f64[2] = param()
output a = %a
output b = %b
update %a <- %b
update %b <- %a
"""
CROSS = """graph cross
%a: f64[2] = param()
%b: f64[2] = param()
%next_a: f64[2] = add(%a, %b)
%next_b: f64[2] = sub(%a, %b)
output sum = %next_a
update %a <- %next_a
update %b <- %next_b
"""


@pytest.mark.parametrize("source", [SWAP, CROSS, STEP], ids=["swap", "cross", "step"])
def test_updates_read_the_values_from_before_the_step(source: str) -> None:
    graph = Graph.parse(source)
    values = {node.name: np.arange(2.0) + index for index, node in enumerate(graph.leaves("param", "state"))}
    storages = storages_of(values)
    function = Function(graph, storages)
    for _ in range(3):
        expected, values = interpret(graph, {}, values)
        results = function({})
        for name, value in expected.items():
            np.testing.assert_allclose(results[name], value, rtol=1e-12)
        for name, value in values.items():
            np.testing.assert_allclose(storages[name].array, value, rtol=1e-12)


def test_an_optimizer_step_is_written_straight_into_its_variables() -> None:
    graph = Graph.parse(STEP)
    program = Program(graph.with_parts(outputs={}), {}, storages_of({"w": np.ones(2), "m": np.ones(2)}))
    assert dict(program.plan.written) == {"half_m": "m", "next_w": "w"}
    assert [each.node.op for each in program.instructions] == ["square", "add", "tanh", "sub"]


FAULTY = """graph faulty
layer embedding_1 = {"input_dim": 5}
%indices: i32[N] = input()
%count: f32[2] = state()
%embedding_1/table: f32[5,2] = param()
%next_count: f32[2] = exp(%count)
%next_table: f32[5,2] = exp(%embedding_1/table)
%embedding_1/gather: f32[N,2] = gather(%embedding_1/table, %indices)
%late: f32[N,2] = gather(%next_table, %indices)
%embedding_1/corner: f32[1,1] = slice(%embedding_1/gather){begin: [0, 0], shape: [1, 1], step: [1, 1]}
%first: f32[] = reshape(%embedding_1/corner){shape: []}
output rows = %embedding_1/gather
output late = %late
output first = %first
update %count <- %next_count
update %embedding_1/table <- %next_table
"""


def faulty() -> tuple[Function, dict[str, Storage]]:
    storages = storages_of(
        {"count": np.ones(2, np.float32), "embedding_1/table": np.arange(10, dtype=np.float32).reshape(5, 2) / 10}
    )
    return Function(Graph.parse(FAULTY), storages), storages


def test_a_fault_leaves_every_variable_as_it_was_and_names_the_layer() -> None:
    function, storages = faulty()
    before = {name: storage.array.copy() for name, storage in storages.items()}
    wanted = r"^layer embedding_1 \(%embedding_1/gather\): index 73 at position 1 is outside \[0, 5\)$"
    with pytest.raises(NodeError, match=wanted) as caught:
        function({"indices": np.array([0, 73], np.int32)})
    assert (caught.value.node, caught.value.position, caught.value.value) == ("embedding_1/gather", 1, 73)
    for name, storage in storages.items():
        np.testing.assert_array_equal(storage.array, before[name])


def test_a_step_after_a_fault_is_right() -> None:
    function, storages = faulty()
    with pytest.raises(NodeError):
        function({"indices": np.array([-1, 2], np.int32)})
    table = storages["embedding_1/table"].array.copy()
    results = function({"indices": np.array([1, 2], np.int32)})
    np.testing.assert_array_equal(results["rows"], table[[1, 2]])
    np.testing.assert_allclose(results["late"], np.exp(table[[1, 2]]), rtol=1e-6)
    np.testing.assert_allclose(storages["embedding_1/table"].array, np.exp(table), rtol=1e-6)


def test_a_fault_in_the_middle_of_many_steps_keeps_the_steps_before_it() -> None:
    function, storages = faulty()
    function = Function(function.graph.with_parts(outputs={"first": "first"}), storages)
    order = np.array([0, 1, 2, 3, 4, 5])
    indices = np.array([0, 1, 2, 3, 4, 9], np.int32)
    with pytest.raises(NodeError, match="position 1") as caught:
        function.run_steps({"indices": indices}, order, 0, 2, 3)
    assert caught.value.step == 2
    np.testing.assert_allclose(storages["count"].array, np.exp(np.exp(np.ones(2))), rtol=1e-6)
