"""A dataset cut in two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from data_cases import Numbered, X, Y, assert_same, fitted, regression

import kgraph as keras


def split(*arguments: Any, **more: Any) -> tuple[Any, Any]:
    left, right = keras.utils.split_dataset(*arguments, **more)
    return left, right


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        ({"left_size": 0.8}, (8, 2)),
        ({"right_size": 3}, (7, 3)),
        ({"left_size": 4, "right_size": 0.3}, (4, 3)),
        ({"left_size": 2, "right_size": 2}, (2, 2)),
    ],
    ids=str,
)
def test_the_first_samples_go_left_and_the_last_go_right(sizes: dict[str, Any], lengths: tuple[int, int]) -> None:
    left, right = split(np.arange(10), **sizes)
    assert (len(left), len(right)) == lengths
    assert list(left) == list(range(lengths[0]))
    assert list(right) == list(range(10 - lengths[1], 10))


def test_arrays_of_one_length_are_split_together() -> None:
    left, right = split([X, Y], left_size=0.5)
    assert [len(part) for part in (left, right)] == [35, 35]
    for place, (x, y) in enumerate(right):
        np.testing.assert_array_equal(x, X[35 + place])
        np.testing.assert_array_equal(y, Y[35 + place])


def test_parts_train_once_they_are_batched() -> None:
    left, right = split((X, Y), left_size=40)
    batched = left.batch(8)
    assert len(batched) == 5
    assert_same(
        fitted(batched, validation_data=right.batch(8)), fitted(X[:40], Y[:40], validation_data=(X[40:], Y[40:]))
    )


def test_what_gives_batches_is_split_by_samples_into_batches_of_the_same_size() -> None:
    left, right = split(Numbered(), right_size=0.2)
    assert [len(x) for x, _ in left] == [8] * 7
    assert [len(x) for x, _ in right] == [8, 6]
    np.testing.assert_array_equal(np.concatenate([x for x, _ in right]), X[56:])
    regression().fit(left, validation_data=right, verbose=0)


def test_shuffling_draws_the_samples_of_both_parts_by_the_seed() -> None:
    parts = [split(np.arange(20), left_size=0.5, shuffle=True, seed=4) for _ in range(2)]
    first, second = ([list(left), list(right)] for left, right in parts)
    assert first == second
    assert sorted(first[0] + first[1]) == list(range(20))
    assert first[0] != list(range(10))


@pytest.mark.parametrize(
    ("dataset", "sizes", "error", "message"),
    [
        (X, {}, ValueError, "left_size or right_size must be given"),
        (
            X,
            {"left_size": 70},
            ValueError,
            "left_size must be a fraction between 0 and 1, or .* below 70, not 70",
        ),
        (X, {"right_size": 1.0}, ValueError, "right_size must be a fraction between 0 and 1"),
        (X, {"left_size": "half"}, TypeError, "left_size must be an int, a float or None, not 'half'"),
        (X, {"left_size": 50, "right_size": 30}, ValueError, "are more than the 70 samples there are"),
        (X[:2], {"left_size": 0.1}, ValueError, "2 samples with left_size 0.1 and right_size None leave none left"),
        ([X, Y[:3]], {"left_size": 1}, ValueError, "array 0 of the dataset has 70 samples, but array 1 has 3"),
        ([], {"left_size": 1}, ValueError, "the dataset has no samples"),
        (iter([]), {"left_size": 1}, ValueError, "the dataset has no batches"),
        (3, {"left_size": 1}, TypeError, "a dataset is an array, a list of arrays, or gives batches, not a int"),
    ],
)
def test_what_cannot_be_split_is_refused(
    dataset: Any, sizes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        split(dataset, **sizes)


def test_batches_are_packed_as_short_as_can_be_and_unpacked_again() -> None:
    pack, unpack = keras.utils.pack_x_y_sample_weight, keras.utils.unpack_x_y_sample_weight
    assert pack(1) == 1 and pack([1, 2]) == ([1, 2],) and pack(1, 2) == (1, 2) and pack(1, 2, 3) == (1, 2, 3)
    assert unpack({"a": 1}) == ({"a": 1}, None, None)
    assert unpack((1,)) == (1, None, None) and unpack([1, 2]) == (1, 2, None) and unpack((1, 2, 3)) == (1, 2, 3)
    with pytest.raises(ValueError, match="not a tuple of 4"):
        unpack((1, 2, 3, 4))
