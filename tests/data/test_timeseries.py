"""Windows over a series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from data_cases import Sliced

import kgraph as keras
from kgraph import layers

SERIES = np.arange(100.0)


def windows(*arguments: Any, **more: Any) -> list[Any]:
    return list(keras.utils.timeseries_dataset_from_array(*arguments, **more))


def test_a_window_has_steps_at_the_rate_and_starts_at_the_stride() -> None:
    (found,) = windows(SERIES[:99], None, 10, sequence_stride=3, sampling_rate=2)
    assert found[0].tolist() == list(range(0, 20, 2))
    assert found[1].tolist() == list(range(3, 23, 2))
    assert found[-1].tolist() == list(range(78, 98, 2))


def test_a_target_belongs_to_the_window_that_starts_at_its_step() -> None:
    batches = windows(SERIES[:-10], SERIES[10:], 10, batch_size=16)
    for x, y in batches:
        np.testing.assert_array_equal(x[:, -1] + 1, y)
    assert [len(x) for x, _ in batches] == [16] * 5 + [1]


def test_fewer_targets_than_windows_end_the_dataset() -> None:
    ((x, y),) = windows(SERIES, SERIES[:7], 4)
    assert len(x) == len(y) == 7


def test_a_part_of_the_series_may_be_taken() -> None:
    ((x, y),) = windows(SERIES, SERIES * 2, 5, start_index=20, end_index=40)
    assert (x.min(), x.max()) == (20, 39)
    np.testing.assert_array_equal(y, x[:, 0] * 2)


@pytest.mark.parametrize("kind", [Sliced, np.asarray, np.ndarray.tolist])
def test_series_of_any_kind_and_rank_are_taken(kind: Any) -> None:
    data = np.random.default_rng(0).normal(size=(30, 2, 3))
    dataset = keras.utils.timeseries_dataset_from_array(kind(data), None, 4, batch_size=8)
    assert len(dataset) == 4
    np.testing.assert_array_equal(np.concatenate(list(dataset))[11], data[11:15])


def test_without_batches_windows_come_one_by_one() -> None:
    found = windows(SERIES, SERIES, 4, batch_size=None)
    assert len(found) == 97
    assert found[3][0].tolist() == [3, 4, 5, 6] and found[3][1] == 3


def test_shuffling_takes_every_window_once_in_another_order_each_time() -> None:
    dataset = keras.utils.timeseries_dataset_from_array(SERIES, SERIES, 4, shuffle=True, seed=3, batch_size=10)
    orders = [np.concatenate([y for _, y in dataset]) for _ in range(2)]
    for order in orders:
        assert sorted(order) == list(range(97))
    assert orders[0].tolist() != orders[1].tolist()
    again = keras.utils.timeseries_dataset_from_array(SERIES, SERIES, 4, shuffle=True, seed=3, batch_size=10)
    np.testing.assert_array_equal(np.concatenate([y for _, y in again]), orders[0])


def test_a_model_learns_from_it() -> None:
    series = np.sin(np.arange(300) / 5).astype("float32")
    data = keras.utils.timeseries_dataset_from_array(series[:-8], series[8:], 8, batch_size=32, shuffle=True, seed=0)
    model = keras.Sequential([keras.Input((8,)), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.02), "mse")
    losses = model.fit(data, validation_data=data, epochs=30, verbose=0).history["val_loss"]
    assert losses[-1] < losses[0] / 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sampling_rate": 0}, "sampling_rate must be above 0 and below the 100 steps of the data, not 0"),
        ({"sequence_stride": 100}, "sequence_stride must be above 0 and below the 100 steps"),
        ({"start_index": 100}, "start_index must be at least 0 and below the 100 steps of the data, not 100"),
        ({"start_index": 9, "end_index": 9}, "end_index must be above 9 and at most the 100 steps of the data, not 9"),
        ({"end_index": 101}, "end_index must be above 0 and at most the 100 steps"),
        ({"format": "csv"}, "format must be one of 'tf', 'grain', not 'csv'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        windows(SERIES, None, 5, **arguments)
