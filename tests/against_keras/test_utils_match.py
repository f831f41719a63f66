"""The helpers of `keras.utils`, `keras.config` and `keras.tree`, against Keras."""

from __future__ import annotations

import numpy as np
import pytest
from sides import keras, kgraph

pytestmark = pytest.mark.keras

RNG = np.random.default_rng(4)
RAGGED = [[1], [2, 3, 4, 5], [], [6, 7]]


@pytest.mark.parametrize("maxlen", [None, 1, 3, 6])
@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_padded_sequences_are_those_of_keras(maxlen, padding, truncating):
    options = {"maxlen": maxlen, "padding": padding, "truncating": truncating, "value": 9, "dtype": "int64"}
    mine, other = (side.utils.pad_sequences(RAGGED, **options) for side in (kgraph, keras))
    np.testing.assert_array_equal(mine, other)
    assert mine.dtype == other.dtype


@pytest.mark.parametrize("labels", [[0, 2, 1], [[1], [0]], [[0, 1], [2, 2]], 1, [-1, 0]], ids=str)
def test_one_hot_vectors_are_those_of_keras(labels):
    mine, other = (side.utils.to_categorical(labels, 3) for side in (kgraph, keras))
    np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("order", [1, 2])
def test_normalized_rows_are_those_of_keras(order):
    x = np.concatenate([RNG.normal(size=(3, 4)), np.zeros((1, 4))])
    mine, other = (side.utils.normalize(x, order=order) for side in (kgraph, keras))
    np.testing.assert_allclose(mine, other, rtol=1e-12)
    assert mine.dtype == other.dtype


NESTED = {"a": [1, (2, None)], "b": {"c": 5}}


def test_structures_are_walked_as_in_keras():
    for function, arguments in {
        "flatten": (NESTED,),
        "flatten_with_path": (NESTED,),
        "pack_sequence_as": (NESTED, "wxyz"),
        "lists_to_tuples": (NESTED,),
        "is_nested": (NESTED,),
    }.items():
        mine, other = (getattr(side.tree, function)(*arguments) for side in (kgraph, keras))
        assert mine == other, function
    for side in (kgraph, keras):
        with pytest.raises(ValueError):
            side.tree.assert_same_structure(NESTED, {"a": [1, [2, None]], "b": {"c": 5}})


def test_dicts_are_walked_in_the_order_of_their_keys_insertion():
    """Keras sorts the keys. Outputs and inputs here come in the order in which a model names them."""
    assert kgraph.tree.flatten({"b": 1, "a": 2}) == [1, 2]
    assert keras.tree.flatten({"b": 1, "a": 2}) == [2, 1]


def test_one_hot_vectors_are_of_the_default_float():
    """Keras gives float64, which every model casts to float32 at once."""
    assert kgraph.utils.to_categorical([0, 1]).dtype == "float32"
    assert keras.utils.to_categorical([0, 1]).dtype == "float64"


def test_columns_are_normalized_by_their_own_norms():
    """Along axis 0 Keras puts the norms beside the rows instead."""
    x = RNG.uniform(1, 2, size=(3, 3))
    np.testing.assert_allclose(np.linalg.norm(kgraph.utils.normalize(x, axis=0), axis=0), 1)
    assert not np.allclose(np.linalg.norm(keras.utils.normalize(x, axis=0), axis=0), 1)


def test_scopes_add_to_each_other():
    """In Keras the inner scope hides the outer one."""
    for side, outer_is_known in ((kgraph, True), (keras, False)):
        with side.utils.custom_object_scope({"outer": int}), side.utils.custom_object_scope({"inner": int}):
            assert (side.utils.get_registered_object("outer") is int) == outer_is_known


def test_settings_have_the_names_and_first_values_of_keras():
    for name in ("floatx", "epsilon", "image_data_format", "is_interactive_logging_enabled"):
        assert getattr(kgraph.config, name)() == getattr(keras.config, name)()
    assert kgraph.config.dtype_policy().name == keras.config.dtype_policy().name
    own = {"num_threads", "set_num_threads", "disable_passes", "disabled_passes"}
    assert {name for name in kgraph.config.__all__ if not hasattr(keras.config, name)} == own


def test_dtypes_have_the_names_of_keras():
    for dtype in ("float64", np.int64, "bool", None, float, int, "int"):
        assert kgraph.utils.standardize_dtype(dtype) == keras.utils.standardize_dtype(dtype)
