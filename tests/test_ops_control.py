"""Choices and loops of ``kgraph.ops``: on arrays as they stand, in a graph written out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kgraph import Variable, ops
from kgraph.autodiff import gradients
from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.runtime import Function, Storage
from kgraph.tensor import Tensor, lower, wrap
from kgraph.trace import Trace
from kgraph.types import TensorType

N = Tensor(TensorType("i32", ()), "n")
ROWS = Tensor(TensorType("f32", ("N", 2)), "rows")
MANY = Tensor(TensorType("f32", (1001, 2)), "many")


def traced(function: Callable[..., Any], *types: TensorType) -> Graph:
    """The graph of ``function`` on inputs ``0``, ``1``, ..., with its updates, and its result as ``result``."""
    trace = Trace(Builder("traced"))
    leaves = [wrap(trace.builder.leaf("input", f"x{i}", type)) for i, type in enumerate(types)]
    with trace.active():
        trace.builder.output("result", lower(trace, function(*leaves)))
    trace.apply_updates()
    return trace.builder.finish()


FLOAT = TensorType("f32", ())
WHOLE = TensorType("i32", ())

REFUSED = [
    (lambda: ops.fori_loop(0, N, lambda i, x: x, 0.0), "ops.fori_loop: the bounds have no values yet"),
    (lambda: ops.fori_loop(0, 1001, lambda i, x: x + i, N), "1001 steps would be written out one by one"),
    (lambda: ops.while_loop(lambda n: n > 0, lambda n: n - 1, N), "ops.while_loop: the condition has no value yet"),
    (lambda: ops.while_loop(lambda i, n: i >= 0, lambda i, n: (i + 1, n), (0, N)), "1001 steps would be written out"),
    (lambda: ops.scan(lambda c, x: (c, x), 0.0, MANY), "at most 1000 are"),
    (lambda: ops.scan(lambda c, x: (c, x), 0.0, ROWS), "must be of one known length"),
    (lambda: ops.scan(lambda c, x: (c, x), 0.0), "must be of one known length"),
    (lambda: ops.map(lambda x: x, (np.ones(2), np.ones(3))), "must be of one known length"),
    (lambda: ops.associative_scan(ops.add, ROWS), "one known length along axis 0"),
    (lambda: ops.switch(0, []), "takes at least one branch"),
    (lambda: ops.vectorize(lambda x: x)(ROWS), "the axes over which calls are made must be known"),
    (lambda: ops.vectorize(lambda x: x, signature="(n),(n)->()")(MANY), "is of 2 arguments, but 1 were given"),
    (lambda: ops.bincount(N + np.zeros(3, np.int32)), "minlength must say how many bins there are"),
    (lambda: ops.segment_sum(ROWS, N + np.zeros(3, np.int32)), "num_segments is missing"),
]


@pytest.mark.parametrize(("call", "text"), REFUSED, ids=[text for _, text in REFUSED])
def test_what_a_graph_cannot_hold_is_refused_with_what_to_do(call: Callable[[], Any], text: str) -> None:
    with pytest.raises(ValueError) as raised:
        call()
    assert text in str(raised.value)


def test_loops_on_arrays_take_as_many_steps_as_they_need() -> None:
    assert ops.fori_loop(0, 5000, lambda i, x: x + i, 0) == sum(range(5000))
    assert ops.while_loop(lambda x: x < 3000, lambda x: x + 1, 0) == 3000
    total, partial = ops.scan(lambda c, x: (c + x, c), np.float32(0), np.ones(2000, np.float32))
    assert total == 2000 and partial.shape == (2000,)


def test_a_while_loop_stops_after_the_most_iterations() -> None:
    assert ops.while_loop(lambda x: x > 0, lambda x: x + 1, 1, maximum_iterations=4) == 5


def test_gradients_flow_through_loops_and_the_branch_that_is_taken() -> None:
    def function(x: Any) -> Any:
        y = ops.fori_loop(0, 3, lambda i, y: y * x, x)
        return ops.cond(x > 0, lambda: y, lambda: -2.0 * x)

    graph = traced(function, FLOAT)
    slopes = gradients(graph, graph.outputs["result"], ["x0"])
    for value, slope in ((2.0, 32.0), (-2.0, -2.0)):
        assert slopes.run({"x0": np.float32(value)})["grad/x0"] == slope


def test_what_branches_assign_is_assigned_where_their_condition_holds() -> None:
    count, kept = Variable(np.float32(10), name="count"), Variable(np.float32(3), name="kept")

    def add() -> Any:
        return count.assign(count.value + 1)

    def reset() -> Any:
        kept.assign(kept.value * 2)
        return count.assign(np.float32(0))

    def leave() -> Any:
        return count.value

    graph = traced(lambda index: ops.switch(index, [add, reset, leave]), WHOLE)
    for index, expected in ((0, (11.0, 3.0)), (1, (0.0, 6.0)), (2, (10.0, 3.0))):
        storages = {"count": Storage(np.float32(10)), "kept": Storage(np.float32(3))}
        Function(graph, storages)({"x0": np.array(index, np.int32)})
        assert (float(storages["count"].array), float(storages["kept"].array)) == expected
