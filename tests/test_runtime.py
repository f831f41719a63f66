"""The runtime: plans, programs and functions against a naive interpreter, and what they promise about memory."""

from __future__ import annotations

import gc
import threading
import weakref
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from random_graphs import ROWS, RandomGraph, interpret

import kgraph as keras
from kgraph import config
from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.op import find_op
from kgraph.passes import bind
from kgraph.runtime import Function, NodeError, Program, Storage, apply, pack
from kgraph.runtime import function as function_module
from kgraph.runtime.aliases import byte_size, roots
from kgraph.runtime.plan import ARENA, Plan
from kgraph.runtime.specialise import OPTIONAL_PASSES
from kgraph.types import TensorType

SEEDS = range(60)


@pytest.fixture(autouse=True)
def _verify_after_every_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGRAPH_VERIFY", "1")


def random_case(seed: int, nodes: int = 40) -> tuple[Graph, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A random graph with feeds and variables for it."""
    rng = np.random.default_rng(seed)
    graph = RandomGraph(rng).make(nodes)
    bound = bind(graph, {"N": ROWS})
    feeds = {node.name: rng.uniform(-1, 1, node.type.known_shape) for node in bound.leaves("input")}
    variables = {node.name: rng.uniform(-1, 1, node.type.known_shape) for node in bound.leaves("param", "state")}
    return graph, feeds, variables


def storages_of(variables: dict[str, np.ndarray]) -> dict[str, Storage]:
    return {name: Storage(value) for name, value in variables.items()}


# --- values ----------------------------------------------------------------------------------------------------------


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


# --- updates ---------------------------------------------------------------------------------------------------------

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
STEP = """graph step
%w: f64[2] = param()
%m: f64[2] = state()
%g: f64[2] = square(%w)
%half_m: f64[2] = add(%m, %g)
%step: f64[2] = tanh(%half_m)
%next_w: f64[2] = sub(%w, %step)
output before = %w
output after = %next_w
update %m <- %half_m
update %w <- %next_w
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


# --- storage ---------------------------------------------------------------------------------------------------------


def test_packing_moves_storages_into_one_aligned_buffer_and_keeps_values() -> None:
    values = [np.arange(3.0), np.float32(7), np.zeros((0, 2)), np.array([True, False]), np.arange(40, dtype=np.int64)]
    storages = [Storage(value) for value in values]
    buffer = pack(storages)
    start = buffer.ctypes.data
    for storage, value in zip(storages, values, strict=True):
        np.testing.assert_array_equal(storage.array, value)
        assert storage.array.dtype == np.asarray(value).dtype
        if storage.array.size:
            assert np.may_share_memory(storage.array, buffer)
            assert (storage.array.ctypes.data - start) % 64 == 0 == start % 64
    addresses = [storage.array.ctypes.data for storage in storages if storage.array.size]
    assert all(a < b for a, b in pairwise(addresses))


def test_packing_what_is_packed_already_moves_nothing() -> None:
    storages = [Storage(np.arange(3.0)), Storage(np.arange(4.0))]
    buffer, arrays = pack(storages), [storage.array for storage in storages]
    assert pack(storages) is buffer
    assert all(storage.array is array for storage, array in zip(storages, arrays, strict=True))


@pytest.mark.parametrize("order", [[1, 0], [0], [0, 1, 2]], ids=["turned", "fewer", "more"])
def test_packing_others_moves_them_to_a_buffer_of_their_own(order: list[int]) -> None:
    storages = [Storage(np.full(3, index)) for index in range(3)]
    buffer = pack(storages[:2])
    chosen = [storages[index] for index in order]
    assert pack(chosen) is not buffer
    for index, storage in zip(order, chosen, strict=True):
        np.testing.assert_array_equal(storage.array, np.full(3, index))


def test_a_storage_refuses_another_shape_or_dtype() -> None:
    storage = Storage(np.zeros(3, np.float32))
    with pytest.raises(ValueError, match=r"shape \(3,\), but the value has \(4,\)"):
        storage.set(np.zeros(4, np.float32))
    with pytest.raises(ValueError, match="float32, but the value is float64"):
        storage.set(np.zeros(3))
    with pytest.raises(ValueError, match="twice"):
        pack([storage, storage])


def test_a_storage_does_not_keep_the_array_it_is_given() -> None:
    value = np.zeros(3)
    storage = Storage(value)
    value[:] = 1
    np.testing.assert_array_equal(storage.array, np.zeros(3))


def test_functions_follow_variables_that_move() -> None:
    graph = Graph.parse("graph f\n%w: f64[3] = param()\n%y: f64[3] = neg(%w)\noutput y = %y\noutput w = %w\n")
    storages = {"w": Storage(np.arange(3.0))}
    function = Function(graph, storages)
    function({})
    pack([Storage(np.zeros(5)), storages["w"]])
    storages["w"].set(np.ones(3))
    results = function({})
    np.testing.assert_array_equal(results["y"], -np.ones(3))
    np.testing.assert_array_equal(results["w"], np.ones(3))


# --- feeds -----------------------------------------------------------------------------------------------------------

DENSE = """graph dense
%features: f32[N,4] = input()
%dense_3_target: f32[N,2] = target()
%dense_3_sample_weights: f32[N] = sample_weight()
%kernel: f32[4,2] = param()
%product: f32[N,2] = matmul(%features, %kernel)
%error: f32[N,2] = sub(%product, %dense_3_target)
%column: f32[N,1] = reshape(%dense_3_sample_weights){shape: ["N", 1]}
%weights: f32[N,2] = broadcast(%column){shape: ["N", 2]}
%weighted: f32[N,2] = mul(%error, %weights)
%corner: f32[1,1] = slice(%weighted){begin: [0, 0], shape: [1, 1], step: [1, 1]}
%first: f32[] = reshape(%corner){shape: []}
"""
KERNEL = np.arange(8, dtype=np.float32).reshape(4, 2)


def dense(**outputs: str) -> Function:
    graph = Graph.parse(DENSE).with_parts(outputs=outputs or {"weighted": "weighted"})
    return Function(graph, {"kernel": Storage(KERNEL)})


def dense_feeds(rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(rows)
    return {
        "features": rng.normal(size=(rows, 4)).astype(np.float32),
        "dense_3_target": rng.normal(size=(rows, 2)).astype(np.float32),
        "dense_3_sample_weights": rng.uniform(size=rows).astype(np.float32),
    }


def dense_expected(feeds: dict[str, np.ndarray]) -> np.ndarray:
    weights = feeds.get("dense_3_sample_weights", np.ones(1, np.float32))
    return (feeds["features"] @ KERNEL - feeds["dense_3_target"]) * weights[:, None]


def test_sample_weights_that_are_not_fed_are_ones_and_cost_nothing() -> None:
    feeds = dense_feeds(6)
    del feeds["dense_3_sample_weights"]
    function = dense()
    np.testing.assert_allclose(function(feeds)["weighted"], dense_expected(feeds), rtol=1e-5, atol=1e-6)
    assert [each.node.op for each in function.program(feeds).instructions] == ["matmul", "sub"]


def test_strided_read_only_and_unaligned_feeds_give_the_same() -> None:
    function, feeds = dense(), dense_feeds(6)
    expected = function(feeds)["weighted"]
    backwards = {name: array[::-1].copy()[::-1] for name, array in feeds.items()}
    frozen = {name: array.copy() for name, array in feeds.items()}
    unaligned = {}
    for name, array in feeds.items():
        frozen[name].flags.writeable = False
        raw = np.zeros(array.nbytes + 1, np.uint8)
        unaligned[name] = raw[1:].view(np.float32).reshape(array.shape)
        unaligned[name][...] = array
    fortran = {name: np.asfortranarray(array) for name, array in feeds.items()}
    for given in (backwards, frozen, unaligned, fortran):
        np.testing.assert_array_equal(function(given)["weighted"], expected)


def test_results_are_fresh_arrays() -> None:
    function = dense(weighted="weighted", kernel="kernel", features="features", half="corner")
    feeds = dense_feeds(3)
    first = function(feeds)
    kept = {name: array.copy() for name, array in first.items()}
    for name, array in function(dense_feeds(3)).items():
        array[...] = np.nan
        np.testing.assert_array_equal(first[name], kept[name])
    np.testing.assert_array_equal(function(feeds)["kernel"], KERNEL)
    assert not np.isnan(feeds["features"]).any()


def test_a_large_result_is_freed_when_its_caller_lets_go() -> None:
    graph = Graph.parse("graph f\n%x: f32[N] = input()\n%y: f32[N] = exp(%x)\noutput y = %y\n")
    function = Function(graph, {})
    large = weakref.ref(function({"x": np.zeros(5000, np.float32)})["y"])
    function({"x": np.ones(5000, np.float32)})
    gc.collect()
    assert large() is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": None}, "dense needs a feed for features"),
        (
            {"other": np.zeros(3)},
            "dense takes no feed 'other'; it takes features, dense_3_target, dense_3_sample_weights",
        ),
        ({"features": np.zeros((6, 4))}, "features must be float32, not float64"),
        ({"features": np.zeros((6, 4), ">f4")}, "features must be float32, not >f4"),
        ({"features": [[1.0] * 4] * 6}, "features must be a numpy array, not list"),
        ({"features": np.zeros(6, np.float32)}, r"features must have 2 dimensions \[N,4\], not 1: \(6,\)"),
        ({"features": np.zeros((6, 5), np.float32)}, r"dimension 1 of features \[N,4\] must be 4, not 5: \(6, 5\)"),
        ({"dense_3_target": np.zeros((5, 2), np.float32)}, "N is 6 in features but 5 in dense_3_target"),
    ],
    ids=["missing", "unknown", "dtype", "byte order", "list", "rank", "dimension", "samples"],
)
def test_a_feed_that_does_not_fit_is_named(change: dict[str, object], message: str) -> None:
    feeds = {name: array for name, array in {**dense_feeds(6), **change}.items() if array is not None}
    with pytest.raises(ValueError, match=message):
        dense()(feeds)


def test_a_variable_without_a_fitting_storage_is_named() -> None:
    graph = Graph.parse(DENSE)
    with pytest.raises(ValueError, match="dense needs a storage for the variable kernel"):
        Function(graph, {})
    with pytest.raises(ValueError, match=r"dimension 0 of kernel \[4,2\] must be 4, not 2"):
        Function(graph, {"kernel": Storage(np.zeros((2, 2), np.float32))})


def test_a_phase_must_be_resolved_before() -> None:
    graph = Graph.parse(
        "graph f\n%x: f32[N] = input()\n%y: f32[N] = neg(%x)\n%p: f32[N] = phase(%x, %y)\noutput p = %p\n"
    )
    with pytest.raises(ValueError, match="%p of f is still a phase"):
        Function(graph, {})


def test_shapes_that_make_a_node_impossible_are_refused() -> None:
    tail = '%y: f32[N-3] = slice(%x){begin: [3], shape: ["N-3"], step: [1]}'
    source = f"graph f\n%x: f32[N] = input()\n{tail}\noutput y = %y\n"
    function = Function(Graph.parse(source), {})
    assert function({"x": np.arange(5, dtype=np.float32)})["y"].tolist() == [3, 4]
    with pytest.raises(ValueError, match="%y: slice"):
        function({"x": np.zeros(2, np.float32)})


def test_a_claim_about_shapes_that_the_feeds_contradict_is_refused() -> None:
    source = """graph f
%x: f32[N] = input()
%y: f32[M] = input()
%claim: f32[M] = claim(%x){shape: ["M"]}
%sum: f32[M] = add(%claim, %y)
output sum = %sum
"""
    function = Function(Graph.parse(source), {})
    x = np.ones(3, np.float32)
    assert function({"x": x, "y": x})["sum"].tolist() == [2, 2, 2]
    with pytest.raises(ValueError, match=r"%claim: %x is f32\[3\], but is used as f32\[4\]"):
        function({"x": x, "y": np.ones(4, np.float32)})


def test_feeds_without_samples_are_fine() -> None:
    feeds = dense_feeds(0)
    assert dense()(feeds)["weighted"].shape == (0, 2)


# --- programs and steps ----------------------------------------------------------------------------------------------


def test_a_short_last_batch_gets_one_program_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, tuple[int, ...]]] = []

    class Counted(Program):
        def __init__(self, graph: Graph, shapes: dict[str, tuple[int, ...]], *rest: Any) -> None:
            made.append(shapes)
            super().__init__(graph, shapes, *rest)

    monkeypatch.setattr(function_module, "Program", Counted)
    function, feeds = dense(), dense_feeds(10)
    for _ in range(3):
        np.testing.assert_allclose(
            function.run_batches(feeds, 4)["weighted"], dense_expected(feeds), rtol=1e-5, atol=1e-6
        )
    assert sorted(shapes["features"] for shapes in made) == [(2, 4), (4, 4)]


def test_programs_that_were_not_used_for_long_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_module, "MOST_PROGRAMS", 3)
    function = dense()
    kept = function.program(dense_feeds(1))
    for rows in (2, 3, 4, 5):
        function(dense_feeds(1))
        function(dense_feeds(rows))
    assert len(function._programs) == 3
    assert function.program(dense_feeds(1)) is kept


@pytest.mark.parametrize("ordered", [True, False])
def test_many_steps_in_one_call_equal_single_calls(ordered: bool) -> None:
    function, feeds = dense(first="first", again="first"), dense_feeds(11)
    order = np.random.default_rng(0).permutation(11) if ordered else None
    rows = np.arange(11) if order is None else order
    results = function.run_steps(feeds, order, 1, 3, 3)
    assert results.dtype == np.float64
    singles = []
    for step in range(3):
        chosen = rows[1 + 3 * step : 4 + 3 * step]
        singles.append(list(function({name: array[chosen] for name, array in feeds.items()}).values()))
    np.testing.assert_array_equal(results, np.array(singles))


def test_many_steps_update_variables_step_by_step() -> None:
    source = """graph f
%x: f64[N] = input()
%w: f64[1] = state()
%top: f64[1] = slice(%x){begin: [0], shape: [1], step: [1]}
%next: f64[1] = add(%w, %top)
%w_now: f64[] = reshape(%next){shape: []}
output w = %w_now
update %w <- %next
"""
    storage = Storage(np.zeros(1))
    results = Function(Graph.parse(source), {"w": storage}).run_steps({"x": np.arange(6.0)}, None, 0, 2, 3)
    assert results.tolist() == [[0], [2], [6]]
    assert storage.array.tolist() == [6]


@pytest.mark.parametrize(
    ("order", "first", "batch", "steps", "message"),
    [
        (None, 0, 4, 3, "3 batches of 4 from 0 on need 12 rows, but there are 10"),
        (np.arange(10), 8, 4, 1, "need 12 rows, but there are 10"),
        (np.array([0, 1, 2, 10]), 0, 4, 1, "order runs from 0 to 10, but a source has 10 rows"),
        (np.array([0, 1, 2, -1]), 0, 4, 1, "order runs from -1 to 2, but a source has 10 rows"),
        (None, -1, 4, 1, "must not be negative"),
        (None, 0, 0, 1, "at least 1"),
    ],
)
def test_steps_that_reach_for_rows_that_are_not_there_are_refused(
    order: np.ndarray | None, first: int, batch: int, steps: int, message: str
) -> None:
    with pytest.raises((ValueError, IndexError), match=message):
        dense(first="first").run_steps(dense_feeds(10), order, first, batch, steps)


def test_steps_keep_every_number_of_an_output_in_a_column_of_its_own() -> None:
    function, feeds = dense(first="weighted"), dense_feeds(6)
    steps = function.run_steps(feeds, None, 0, 2, 3)
    outputs = [function({name: array[2 * step : 2 * step + 2] for name, array in feeds.items()}) for step in range(3)]
    np.testing.assert_array_equal(steps, [np.concatenate([np.ravel(v) for v in each.values()]) for each in outputs])


def test_steps_keep_outputs_that_are_computed_in_arrays_of_their_own() -> None:
    """A large output has a place outside of the arena, which a run of many steps needs too."""
    source = """graph f
%x: f64[N,1000] = input()
%sum: f64[1000] = sum(%x){axes: [0]}
output wide = %sum
"""
    x = np.random.default_rng(0).normal(size=(6, 1000))
    results = Function(Graph.parse(source), {}).run_steps({"x": x}, None, 0, 2, 3)
    np.testing.assert_allclose(results, x.reshape(3, 2, 1000).sum(axis=1), rtol=1e-12)


def test_batches_need_samples() -> None:
    with pytest.raises(ValueError, match="output kernel is .* no axis of samples"):
        dense(kernel="kernel").run_batches(dense_feeds(4), 2)
    with pytest.raises(ValueError, match="features has 4 samples but dense_3_target has 3"):
        dense().run_batches(dense_feeds(4) | {"dense_3_target": np.zeros((3, 2), np.float32)}, 2)


def test_batches_of_no_rows_give_empty_results() -> None:
    assert dense().run_batches(dense_feeds(0), 4)["weighted"].shape == (0, 2)


@pytest.mark.threads
def test_threads_that_share_a_function_get_their_own_results() -> None:
    function = dense()
    cases = [
        (
            feeds := dense_feeds(40 + index % 2)
            | {"dense_3_sample_weights": np.full(40 + index % 2, index, np.float32)},
            dense_expected(feeds),
        )
        for index in range(4)
    ]
    wrong: list[int] = []

    def work(index: int) -> None:
        feeds, expected = cases[index]
        for _ in range(300):
            if not np.allclose(function(feeds)["weighted"], expected, rtol=1e-4, atol=1e-5):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(cases))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_program_describes_itself() -> None:
    text = dense().program(dense_feeds(2)).describe()
    assert text.startswith("program dense: ")
    assert "matmul_f32(%features+0, %kernel+0) -> arena+" in text
    assert "# %product: f32[2,2], 16 bytes" in text


# --- Graph.run and single ops ----------------------------------------------------------------------------------------


def test_a_graph_runs_on_arrays_for_all_its_leaves_and_leaves_them_alone() -> None:
    graph = Graph.parse(STEP)
    feeds = {"w": np.array([1.0, 2.0]), "m": np.zeros(2)}
    results = graph.run(feeds)
    assert list(results) == ["before", "after", "m", "w"]
    np.testing.assert_array_equal(feeds["w"], [1, 2])
    np.testing.assert_allclose(results["w"], np.array([1, 2]) - np.tanh([1, 4]))


def test_a_graph_takes_lists_and_numbers_where_nothing_is_lost() -> None:
    graph = Graph.parse(
        "graph f\n%x: f32[N] = input()\n%n: i32[] = input()\n%y: f32[N] = neg(%x)\noutput y = %y\noutput n = %n\n"
    )
    results = graph.run({"x": [1, 2.5], "n": 3})
    assert results["y"].tolist() == [-1, -2.5]
    assert results["n"] == 3
    with pytest.raises(ValueError, match="n must be int32, which float64 cannot become"):
        graph.run({"x": [1.0], "n": 3.5})


def test_a_graph_runs_in_its_test_phase() -> None:
    graph = Graph.parse(
        "graph f\n%x: f32[N] = input()\n%y: f32[N] = neg(%x)\n%p: f32[N] = phase(%y, %x)\noutput p = %p\n"
    )
    assert graph.run({"x": [1.0]})["p"].tolist() == [1]


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({"w": np.ones(2)}, "step needs a value for the variables m"),
        ({"w": np.ones(2), "m": np.ones(2), "z": np.ones(2)}, "no placeholder or variable 'z'; it has w, m"),
        ({"w": np.ones(3), "m": np.ones(2)}, r"dimension 0 of w \[2\] must be 2, not 3"),
        ({"w": np.ones(2, np.float32), "m": np.ones(2)}, "w must be float64, not float32"),
    ],
    ids=["missing", "unknown", "shape", "dtype"],
)
def test_a_graph_names_the_feed_that_does_not_fit(feeds: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Graph.parse(STEP).run(feeds)


def test_an_op_runs_on_arrays_at_once() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(apply("transpose", [x], {"perm": [1, 0]}), x.T)
    np.testing.assert_array_equal(apply("reshape", [x], {"shape": [6]}), x.ravel())
    np.testing.assert_array_equal(apply("full", [], {"shape": [2], "value": 3, "dtype": "i32"}), [3, 3])
    with pytest.raises(NodeError, match=r"^%gather: index 7 at position 0 is outside \[0, 2\)$"):
        apply("gather", [x, np.array([7], np.int32)], {})
    with pytest.raises(ValueError, match="add: shape is"):
        apply("add", [x, x[:1]], {})


def test_the_gradients_of_all_parameters_lie_side_by_side_in_the_order_of_the_parameters() -> None:
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(7, activation="tanh")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    model.compile("adam", "mse")
    function = model.make_train_function()
    leaves = function.graph.leaves("input", "target")
    feeds = {node.name: np.zeros((4, *node.type.shape[1:]), np.float32) for node in leaves}
    plan = function.program(feeds).plan
    offsets = [plan.places[f"grad/{weight.path}"].offset for weight in model.trainable_weights]
    sizes = [-(-weight.numpy().nbytes // 64) * 64 for weight in model.trainable_weights]
    assert offsets == [offsets[0] + sum(sizes[:place]) for place in range(len(sizes))]


def test_weights_and_each_kind_of_slot_lie_in_one_buffer() -> None:
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(7), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.train_on_batch(np.zeros((4, 5)), np.zeros((4, 2)))
    for group in (model.trainable_weights, *model.optimizer.slot_groups):
        buffers = {id(variable.storage.array.base) for variable in group}
        assert len(group) == 4 and len(buffers) == 1


def trained_weights() -> list[np.ndarray]:
    """The weights of a classifier after three steps; one of its kernels is tiled both ways."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((60,))
    hidden = keras.layers.Dense(9, activation="relu")(keras.layers.Dense(560, activation="relu")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax")(hidden))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    for _ in range(3):
        model.train_on_batch(rng.normal(size=(12, 60)), rng.integers(0, 4, 12))
    return model.get_weights()


@pytest.mark.parametrize("disabled", [OPTIONAL_PASSES, *([name] for name in OPTIONAL_PASSES)], ids=str)
def test_training_gives_the_same_weights_without_a_pass_that_can_be_switched_off(disabled: list[str]) -> None:
    expected = trained_weights()
    config.disable_passes(*disabled)
    try:
        found = trained_weights()
    finally:
        config.disable_passes()
    for weight, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(weight, wanted, rtol=1e-4, atol=2e-6)


def test_disabling_a_pass_that_is_none_is_refused_with_the_names_of_those_that_are() -> None:
    config.disable_passes("magic")
    try:
        with pytest.raises(ValueError, match="no pass 'magic' can be disabled; those that can are fold, cse"):
            trained_weights()
    finally:
        config.disable_passes()
