"""`keras.utils`: labels, norms, padding, questions about tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kgraph as keras
from kgraph import layers, ops, utils

RAGGED = [[1], [2, 3, 4, 5], [], [6, 7]]


def test_sequences_are_filled_up_and_cut_on_either_side() -> None:
    both_sides = {
        ("pre", "pre"): [[0, 0, 1], [3, 4, 5], [0, 0, 0], [0, 6, 7]],
        ("post", "pre"): [[1, 0, 0], [3, 4, 5], [0, 0, 0], [6, 7, 0]],
        ("pre", "post"): [[0, 0, 1], [2, 3, 4], [0, 0, 0], [0, 6, 7]],
        ("post", "post"): [[1, 0, 0], [2, 3, 4], [0, 0, 0], [6, 7, 0]],
    }
    for (padding, truncating), expected in both_sides.items():
        padded = utils.pad_sequences(RAGGED, maxlen=3, padding=padding, truncating=truncating)
        np.testing.assert_array_equal(padded, expected)
        assert padded.dtype == np.int32


def test_rows_are_as_long_as_the_longest_sequence() -> None:
    padded = keras.preprocessing.sequence.pad_sequences(RAGGED, value=-1.5, dtype="float32")
    assert (padded.shape, padded[0, 0]) == ((4, 4), -1.5)
    assert utils.pad_sequences([]).shape == (0, 0)
    assert utils.pad_sequences(RAGGED, maxlen=0).shape == (4, 0)


def test_steps_may_be_arrays_and_words() -> None:
    steps = [np.ones((2, 3)), np.ones((1, 3))]
    assert utils.pad_sequences(steps, dtype="float32").shape == (2, 2, 3)
    words = utils.pad_sequences([["a"], ["bcd", "e"]], dtype=object, value="-")
    np.testing.assert_array_equal(words, [["-", "a"], ["bcd", "e"]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequences": [1, 2]}, "sequence 0 is 1, which has no steps"),
        ({"sequences": RAGGED, "padding": "left"}, "padding must be one of 'pre', 'post', not 'left'"),
        ({"sequences": RAGGED, "truncating": "left"}, "truncating must be"),
        ({"sequences": RAGGED, "value": "x"}, "dtype int32 does not take the value 'x'"),
        ({"sequences": [np.ones((1, 2)), np.ones((1, 3))]}, r"steps of sequence 1 have shape \(3,\)"),
    ],
)
def test_what_cannot_be_padded_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        utils.pad_sequences(**arguments)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_normalized_rows_have_norm_one(axis: int, order: int) -> None:
    x = np.float64([[3, -4, 0], [0, 0, 0], [1, 2, 2]])
    x[1, 0] = 0 if axis else 5
    norms = np.linalg.norm(utils.normalize(x, axis=axis, order=order), order, axis)
    np.testing.assert_allclose(norms, (np.linalg.norm(x, order, axis) > 0).astype(float), rtol=1e-12)
    inputs = keras.Input((3,))
    if axis:
        traced = keras.Model(inputs, utils.normalize(inputs, axis=axis, order=order)).predict(x, verbose=0)
        np.testing.assert_allclose(traced, utils.normalize(x, axis=axis, order=order), rtol=1e-6)


def test_a_tensor_leads_back_to_its_inputs() -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    out = layers.Add()([layers.Dense(2)(a), ops.exp(b)])
    assert utils.get_source_inputs(out) == [a, b]
    assert utils.get_source_inputs(a) == [a]
    assert utils.is_keras_tensor(out)
    assert not utils.is_keras_tensor(np.ones(2))


def test_dtypes_have_one_name_each() -> None:
    given = ["float64", np.int64, bool, np.dtype("float32"), None, int, float, "int"]
    expected = ["float64", "int64", "bool", "float32", "float32", "int32", "float32", "int32"]
    assert [utils.standardize_dtype(dtype) for dtype in given] == expected
    with pytest.raises(TypeError, match="float16"):
        utils.standardize_dtype("float16")
