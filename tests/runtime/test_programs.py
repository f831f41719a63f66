"""Programs for shapes, many steps in a call, and several threads."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from runtime_cases import dense, dense_expected, dense_feeds

from kgraph.ir import Graph
from kgraph.runtime import Function, Program, Storage
from kgraph.runtime import function as function_module


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
