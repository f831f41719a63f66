"""What callers pass to fit, on its way to the placeholders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kgraph.data import check_sample_counts, standardize, standardize_weights
from kgraph.types import parse_type

FEATURES = {"features": parse_type("f32[N,8]")}
TWO = {"left": parse_type("f32[N,2]"), "right": parse_type("i64[N]")}


def one(type_text: str, data: Any, what: str = "input") -> np.ndarray:
    fitted = standardize(["x"], {"x": parse_type(type_text)}, data, what)["x"]
    assert isinstance(fitted, np.ndarray)
    return fitted


def test_one_array_goes_to_the_one_placeholder() -> None:
    x = np.ones((4, 8), np.float32)
    assert standardize(["features"], FEATURES, x)["features"] is x


def test_an_array_in_a_list_or_dict_goes_to_its_placeholder() -> None:
    x = np.ones((4, 8), np.float32)
    assert standardize(["features"], FEATURES, [x])["features"] is x
    assert standardize(["features"], FEATURES, {"features": x})["features"] is x


def test_lists_go_by_order_and_dicts_by_name() -> None:
    left, right = np.zeros((3, 2), np.float32), np.arange(3)
    for data in ([left, right], (left, right), {"right": right, "left": left}):
        arrays = standardize(["left", "right"], TWO, data)
        assert list(arrays) == ["left", "right"]
        assert arrays["left"] is left
        assert arrays["right"] is right


def test_lists_of_numbers_are_arrays() -> None:
    assert one("f32[N,2]", [[0, 1], [2, 3]]).tolist() == [[0, 1], [2, 3]]
    assert one("f32[N,1]", [0.5, 1]).tolist() == [[0.5], [1]]
    arrays = standardize(["left", "right"], TWO, [[[1, 2]], [3]])
    assert (arrays["left"].tolist(), arrays["right"].tolist()) == ([[1, 2]], [3])


def test_the_result_is_contiguous_in_native_byte_order_and_of_the_placeholders_dtype() -> None:
    for data in (np.ones((8, 4)).T, np.ones((8, 8), np.float32)[::2], np.ones((4, 8), ">f4"), np.ones((4, 8), bool)):
        x = standardize(["features"], FEATURES, data)["features"]
        assert x.dtype == np.float32
        assert x.dtype.isnative
        assert x.flags.c_contiguous
        np.testing.assert_array_equal(x, 1)


def test_a_column_and_a_vector_take_each_others_place() -> None:
    assert one("f32[N,1]", np.arange(3.0)).shape == (3, 1)
    assert one("f32[N]", np.ones((3, 1))).shape == (3,)


def test_large_integers_stay_exact() -> None:
    labels = np.array([2**53 + 1, -(2**62)])
    assert one("i64[N]", labels).tolist() == labels.tolist()
    assert one("i64[N]", np.array([7.0, -1.0])).tolist() == [7, -1]


@pytest.mark.parametrize(
    ("type_text", "data", "message"),
    [
        ("i64[N]", [1.0, np.nan], "input 'x' is int64, but sample 1 holds nan"),
        ("i32[N]", [0.0, 1.0, 2.5], "input 'x' is int32, but sample 2 holds 2.5"),
        ("i32[N]", [0.0, np.inf], "input 'x' is int32, but sample 1 holds inf"),
        ("i32[N]", np.array([2**31]), "input 'x' is int32, but sample 0 holds 2147483648"),
        ("i64[N]", np.array([2.0**63]), "input 'x' is int64, but sample 0 holds 9.2"),
        ("bool[N]", [1.0, np.nan], "input 'x' is bool, but sample 1 holds nan"),
        ("i64[N,2]", [[1, 2], [3, np.nan]], "sample 1 holds nan"),
    ],
)
def test_a_number_that_no_integer_can_hold_is_refused(type_text: str, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        one(type_text, data)


def test_nan_and_overflow_pass_into_floats() -> None:
    assert np.isnan(one("f32[N]", [np.nan])).all()
    assert np.isinf(one("f32[N]", np.array([1e300]))).all()


@pytest.mark.parametrize("data", [["a", "b"], np.array([None, 1]), np.array([1j]), np.array(["2020-01-01"], "M8[D]")])
def test_what_is_not_numeric_is_a_type_error_that_names_the_input(data: Any) -> None:
    with pytest.raises(TypeError, match="target 'x' must hold numbers or bools, but has dtype"):
        one("f32[N]", data, what="target")


@pytest.mark.parametrize(
    ("type_text", "data", "message"),
    [
        ("f32[N,8]", np.ones((32, 7)), r"input 'x' expects shape \(None, 8\) but got \(32, 7\)"),
        ("f32[N,8]", np.ones(32), r"input 'x' expects shape \(None, 8\) but got \(32,\)"),
        ("f32[N,8]", np.ones((2, 3, 8)), r"expects shape \(None, 8\) but got \(2, 3, 8\)"),
        ("f32[N]", np.ones((3, 2)), r"expects shape \(None,\) but got \(3, 2\)"),
        ("f32[N,8]", 3.0, r"expects shape \(None, 8\) but got \(\)"),
        ("f32[N,2]", [[1, 2], [3]], "input 'x' is no array: its lists differ in length"),
    ],
)
def test_a_wrong_shape_is_named_with_the_shape_wanted(type_text: str, data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        one(type_text, data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"left": [[1, 2]], "wrong": [1]}, r"'wrong' is no input of the model, which has 2 inputs \(left, right\)"),
        ({"left": [[1, 2]]}, "no data for input 'right'"),
        ([np.ones((1, 2)), None], "no data for input 'right'"),
        ([np.ones((1, 2))], r"1 array given, but the model has 2 inputs \(left, right\)"),
        ([[[1, 2]], [3], [4]], "3 arrays given, but the model has 2 inputs"),
        (np.ones((1, 2)), "one array given, but the model has 2 inputs"),
    ],
)
def test_wrong_names_and_counts_are_refused(data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        standardize(["left", "right"], TWO, data)


def test_several_arrays_for_one_placeholder_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 arrays given, but the model has 1 input \(features\)"):
        standardize(["features"], FEATURES, [np.ones((4, 8)), np.ones((4, 8))])


def test_weights_that_are_not_given_are_left_out() -> None:
    types = {"a": parse_type("f32[N]"), "b": parse_type("f32[N,T]")}
    assert standardize_weights(["a", "b"], types, None) == {}
    assert list(standardize_weights(["a", "b"], types, {"b": np.ones((3, 2))})) == ["b"]
    assert list(standardize_weights(["a", "b"], types, [np.ones(3), None])) == ["a"]


def test_the_rank_of_weights_must_be_that_of_their_mode() -> None:
    with pytest.raises(ValueError, match=r"sample weight 'b' expects shape \(None, None\) but got \(3,\)"):
        standardize_weights(["b"], {"b": parse_type("f32[N,T]")}, np.ones(3))


def test_equal_sample_counts_are_counted() -> None:
    assert check_sample_counts(input={"a": np.ones((5, 2))}, target={"b": np.ones(5)}, sample_weight=None) == 5


def test_unequal_sample_counts_name_both_arrays() -> None:
    with pytest.raises(ValueError, match="input 'a' has 5 samples, but sample weight 'b' has 4"):
        check_sample_counts(input={"a": np.ones((5, 2))}, sample_weight={"b": np.ones(4)})


def test_no_arrays_have_no_sample_count() -> None:
    with pytest.raises(ValueError, match="no arrays were given"):
        check_sample_counts(input={}, target={})
