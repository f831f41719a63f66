"""Where the values of variables lie."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kgraph.ir import Graph
from kgraph.runtime import Function, Storage, pack


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
