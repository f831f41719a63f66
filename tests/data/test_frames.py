"""Frames and series of pandas."""

from __future__ import annotations

import numpy as np
import pytest
from data_cases import FEATURES, WEIGHTS, X, Y, assert_same, fitted

import kgraph as keras
from kgraph import layers

pandas = pytest.importorskip("pandas")


def test_frames_and_series_are_inputs_targets_and_weights() -> None:
    frame, series, weights = pandas.DataFrame(X), pandas.Series(Y[:, 0]), pandas.Series(WEIGHTS)
    ours = fitted(frame, series, sample_weight=weights, shuffle=True, validation_split=0.2)
    assert_same(ours, fitted(X, Y, sample_weight=WEIGHTS, shuffle=True, validation_split=0.2))
    np.testing.assert_array_equal(ours.predict(frame, verbose=0), ours.predict(X, verbose=0))
    assert ours.evaluate(frame, series, verbose=0) == ours.evaluate(X, Y, verbose=0)
    np.testing.assert_array_equal(ours.predict_on_batch(frame[:4]), ours.predict_on_batch(X[:4]))


def test_the_index_of_a_frame_means_nothing() -> None:
    order = np.random.default_rng(0).permutation(len(X))
    assert_same(fitted(pandas.DataFrame(X, index=order), pandas.Series(Y[:, 0], order)), fitted(X, Y))


def test_a_dict_of_columns_feeds_inputs_by_name() -> None:
    def wide() -> keras.Model:
        keras.utils.set_random_seed(2)
        inputs = {name: keras.Input((1,), name=name) for name in ("a", "b")}
        model = keras.Model(inputs, layers.Dense(1)(layers.Concatenate()(list(inputs.values()))))
        model.compile("sgd", "mse")
        return model

    frame = pandas.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    columns = {"a": X[:, :1], "b": X[:, 1:2]}
    assert_same(fitted(dict(frame), Y, make=wide), fitted(columns, Y, make=wide))


def test_columns_of_several_dtypes_meet_and_a_missing_value_is_nan() -> None:
    nullable = pandas.array([1, None, 3], dtype="Int64")
    frame = pandas.DataFrame({"a": [True, False, True], "b": [0.5, 1.5, 2.5], "c": nullable})
    inputs = keras.Input((3,))
    same = keras.Model(inputs, layers.Activation("linear")(inputs))
    found = same.predict(frame, verbose=0)
    np.testing.assert_array_equal(found, [[1, 0.5, 1], [0, 1.5, np.nan], [1, 2.5, 3]])
    whole = pandas.DataFrame({name: pandas.array([True, False], dtype="boolean") for name in "abc"})
    np.testing.assert_array_equal(same.predict(whole, verbose=0), [[1, 1, 1], [0, 0, 0]])


def test_a_column_of_words_is_refused_by_name() -> None:
    frame = pandas.DataFrame({"age": [1.0, 2.0], "city": ["Oslo", "Rome"]})
    inputs = keras.Input((2,), name="person")
    with pytest.raises(TypeError, match="input 'person', column 'city', must hold numbers or bools, but has dtype"):
        keras.Model(inputs, inputs).predict(frame, verbose=0)


def test_a_model_without_an_input_learns_its_shape_from_a_frame() -> None:
    model = keras.Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(pandas.DataFrame(X), pandas.Series(Y[:, 0]), verbose=0)
    assert model.input_shape == (None, FEATURES)
