"""Where ``ops`` and ``random`` differ from Keras on purpose."""

from __future__ import annotations

import numpy as np
import pytest
from sides import keras, kgraph

pytestmark = pytest.mark.keras

ROWS = np.ones((2, 3), "float32")


@pytest.mark.parametrize("outside", [-1, 4])
def test_a_row_of_a_segment_that_does_not_exist_is_refused_where_keras_drops_it(outside):
    ids = np.array([0, outside], "int32")
    assert np.sum(keras.ops.segment_sum(ROWS, ids, 4)) == 3.0
    with pytest.raises(ValueError, match=rf"{outside} at position 1 is outside \[0, 4\)"):
        kgraph.ops.segment_sum(ROWS, ids, 4)


def test_an_update_outside_of_the_tensor_is_refused_where_keras_drops_it():
    place = np.array([[1, 3]], "int32")
    np.testing.assert_array_equal(keras.ops.scatter_update(ROWS, place, np.zeros(1, "float32")), ROWS)
    with pytest.raises(ValueError, match="outside"):
        kgraph.ops.scatter_update(ROWS, place, np.zeros(1, "float32"))


def test_the_number_of_segments_is_found_where_the_ids_have_values():
    assert kgraph.ops.segment_max(ROWS, np.array([1, 0], "int32")).shape == (2, 3)
    with pytest.raises(ValueError, match="num_segments"):
        keras.ops.segment_max(ROWS, np.array([1, 0], "int32"))


def test_a_matrix_that_is_not_positive_has_a_factor_of_nan_where_keras_raises_an_error_on_arrays_alone():
    assert np.isnan(kgraph.ops.cholesky(-np.eye(2, dtype="float32"))).any()
    with pytest.raises(ValueError):
        keras.ops.cholesky(-np.eye(2, dtype="float32"))


def test_ints_are_not_clipped_on_their_way_to_floats():
    """Keras compares them with the float's largest number cast to an int."""
    np.testing.assert_array_equal(kgraph.ops.saturate_cast(np.int32([-2, 5]), "float32"), [-2.0, 5.0])


def test_a_histogram_counts_all_elements_of_a_matrix():
    counts, _ = kgraph.ops.histogram(ROWS, 2)
    assert counts.sum() == 6
    with pytest.raises(ValueError):
        keras.ops.histogram(ROWS, 2)
