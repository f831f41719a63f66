"""What a function takes, what it refuses, and what it gives."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from runtime_cases import DENSE, KERNEL, dense, dense_expected, dense_feeds

from kgraph.ir import Graph
from kgraph.runtime import Function, Storage


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
