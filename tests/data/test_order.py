"""Which samples come when."""

from __future__ import annotations

import numpy as np
import pytest

from kgraph.data import epoch_order, split_validation


def test_the_last_samples_are_split_off_for_validation() -> None:
    arrays = [{"x": np.arange(10)}, {"y": np.arange(10) * 2}, None]
    train, validation = split_validation(arrays, 0.25)
    assert train[0]["x"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert validation[0]["x"].tolist() == [7, 8, 9]
    assert validation[1]["y"].tolist() == [14, 16, 18]
    assert train[2] is validation[2] is None


@pytest.mark.parametrize(
    ("samples", "fraction", "message"),
    [
        (10, 0.0, "must lie between 0 and 1"),
        (10, 1.0, "must lie between 0 and 1"),
        (10, np.nan, "must lie between 0 and 1"),
        (3, 0.9, "validation_split=0.9 of 3 samples leaves none for training"),
        (0, 0.5, "of 0 samples leaves none for training"),
    ],
)
def test_a_split_that_leaves_nothing_is_refused(samples: int, fraction: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split_validation({"x": np.arange(samples)}, fraction)


def test_the_order_of_an_epoch_is_a_permutation_that_the_seed_decides() -> None:
    np.random.seed(7)
    first, second = epoch_order(100, shuffle=True), epoch_order(100, shuffle=True)
    np.random.seed(7)
    again = epoch_order(100, shuffle=True)
    assert first is not None and second is not None and again is not None
    assert first.dtype == np.int64
    assert sorted(first) == list(range(100))
    assert first.tolist() == again.tolist() != second.tolist()


def test_samples_stay_in_order_where_they_are_not_shuffled() -> None:
    assert epoch_order(100, shuffle=False) is None


def test_in_batches_only_neighbours_change_places() -> None:
    np.random.seed(3)
    order = epoch_order(10, "batch", 4)
    assert order is not None and order.dtype == np.int64
    assert [sorted(order[begin : begin + 4]) for begin in (0, 4, 8)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert order.tolist() != list(range(10))
    empty = epoch_order(0, "batch", 4)
    assert empty is not None and empty.shape == (0,)


def test_another_word_is_no_way_to_shuffle() -> None:
    with pytest.raises(ValueError, match="shuffle must be True, False or 'batch', not 'rows'"):
        epoch_order(10, "rows")
