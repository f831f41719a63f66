"""Arrays of every kind train as numpy's do, to the last bit."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_cases import (
    BATCH,
    FEATURES,
    LABELS,
    PLAIN,
    WEIGHTS,
    Sliced,
    X,
    Y,
    assert_same,
    classifier,
    fitted,
    regression,
)

import kgraph as keras
from kgraph import layers


def memory_map(tmp_path: Path, array: np.ndarray) -> np.memmap:
    np.save(tmp_path / "array.npy", array)
    mapped = np.load(tmp_path / "array.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    return mapped


class TestTensors:
    @pytest.mark.parametrize("module", ["torch", "jax.numpy"])
    def test_tensors_of_others_are_arrays(self, module: str) -> None:
        make = pytest.importorskip(module).asarray
        assert_same(fitted(make(X), make(Y), shuffle=True), fitted(X, Y, shuffle=True))

    def test_what_has_only_an_array_form_is_that_array(self) -> None:
        class Tensor:
            def __init__(self, array: np.ndarray) -> None:
                self.array = array

            def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
                return self.array

        assert_same(fitted(Tensor(X), Tensor(Y), shuffle=True), fitted(X, Y, shuffle=True))

    def test_lists_of_numbers_are_arrays(self) -> None:
        assert_same(fitted(X.tolist(), Y.tolist()), fitted(X, Y))

    def test_a_variable_is_an_array(self) -> None:
        assert_same(fitted(keras.Variable(X), keras.Variable(Y)), fitted(X, Y))


class TestArrayLikes:
    @pytest.mark.parametrize("shuffle", [False, True, "batch"])
    @pytest.mark.parametrize("split", [0.0, 0.25])
    def test_they_train_as_arrays_do(self, small_chunks: None, shuffle: Any, split: float) -> None:
        arguments = {"shuffle": shuffle, "validation_split": split, "epochs": 3}
        ours = fitted(Sliced(X), Sliced(Y), sample_weight=Sliced(WEIGHTS), **arguments)
        assert_same(ours, fitted(X, Y, sample_weight=WEIGHTS, **arguments))

    @pytest.mark.parametrize("steps", [1, 4, 5, 20])
    @pytest.mark.filterwarnings("ignore:the data ran out")
    def test_epochs_of_some_steps_go_on_where_the_one_before_stopped(self, small_chunks: None, steps: int) -> None:
        arguments = {"shuffle": True, "steps_per_epoch": steps, "epochs": 7}
        assert_same(fitted(Sliced(X), Sliced(Y), **arguments), fitted(X, Y, **arguments))

    def test_no_more_is_read_at_a_time_than_a_few_batches(self, small_chunks: None) -> None:
        x = Sliced(X)
        model = fitted(x, Y, shuffle=True)
        model.evaluate(x, Y, batch_size=BATCH, verbose=0)
        model.predict(x, batch_size=BATCH, verbose=0)
        assert sum(x.read) == 4 * len(X)
        assert max(x.read) == 2 * BATCH

    def test_predictions_and_results_are_those_of_arrays(self, small_chunks: None) -> None:
        model = regression()
        for batch in (1, 3, BATCH, 200):
            ours, theirs = (model.predict(x, batch_size=batch, verbose=0) for x in (Sliced(X), X))
            np.testing.assert_array_equal(ours, theirs)
            mine, other = (model.evaluate(x, Y, batch_size=batch, verbose=0) for x in (Sliced(X), X))
            assert mine == pytest.approx(other, rel=1e-12)

    def test_numbers_of_other_dtypes_are_converted_as_they_are_read(self, small_chunks: None) -> None:
        pixels = np.random.default_rng(0).integers(0, 255, X.shape).astype("uint8")
        assert_same(fitted(Sliced(pixels), Y), fitted(pixels, Y))
        assert_same(fitted(Sliced(X), Sliced(LABELS), make=classifier), fitted(X, LABELS, make=classifier))

    def test_class_weights_are_found_as_the_targets_are_read(self, small_chunks: None) -> None:
        weights = {0: 1.0, 1: 5.0, 2: 0.2}
        ours = fitted(X, Sliced(LABELS), make=classifier, shuffle=True, class_weight=weights)
        assert_same(ours, fitted(X, LABELS, make=classifier, shuffle=True, class_weight=weights))

    @pytest.mark.parametrize("shuffle", [False, True])
    def test_a_value_that_does_not_fit_is_named_by_its_place_in_the_whole(
        self, small_chunks: None, shuffle: bool
    ) -> None:
        inputs = keras.Input((2,), dtype="int32", name="tokens")
        model = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(layers.Embedding(9, 2)(inputs))))
        model.compile("sgd", "mse")
        tokens = np.ones((len(Y), 2))
        tokens[53, 1] = np.nan
        with pytest.raises(ValueError, match="input 'tokens' is int32, but sample 53 holds nan"):
            model.fit(Sliced(tokens), Y, shuffle=shuffle, batch_size=BATCH, verbose=0)

    def test_an_array_like_that_gives_something_else_than_it_says_is_refused(self) -> None:
        class Liar(Sliced):
            def __getitem__(self, rows: Any) -> np.ndarray:
                return super().__getitem__(rows)[:, :3]

        with pytest.raises(ValueError, match=r"input 'features' gave an array of shape \(70, 3\) for 70 of"):
            regression().fit(Liar(X), Y, verbose=0)

    def test_words_are_refused_before_anything_is_read(self) -> None:
        words = Sliced(np.full((70, 5), "a"))
        with pytest.raises(TypeError, match="input 'features' must hold numbers or bools, but has dtype"):
            regression().fit(words, Y, verbose=0)
        assert words.read == []

    def test_a_model_without_an_input_reads_one_sample_to_learn_its_shape(self) -> None:
        x = Sliced(X)
        model = keras.Sequential([layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(x, Y, batch_size=len(X), verbose=0)
        assert x.read == [1, len(X)]
        assert model.input_shape == (None, FEATURES)

    def test_datasets_of_hdf5_files_are_array_likes_and_files_are_dicts_of_them(self, tmp_path: Path) -> None:
        h5py = pytest.importorskip("h5py")
        with h5py.File(tmp_path / "data.h5", "w") as file:
            file["features"], file["y"] = X, Y
            assert_same(fitted(file["features"], file["y"], shuffle=True), fitted(X, Y, shuffle=True))
            group = file.create_group("inputs")
            group["features"] = X
            assert_same(fitted(group, Y, shuffle=True), fitted(X, Y, shuffle=True))


class TestMemoryMaps:
    @pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
    @pytest.mark.parametrize("shuffle", [False, True])
    def test_they_train_as_arrays_do(self, tmp_path: Path, dtype: str, shuffle: bool) -> None:
        array = (X * 10).astype(dtype) if dtype != "uint8" else np.abs(X * 10).astype(dtype)
        assert_same(fitted(memory_map(tmp_path, array), Y, shuffle=shuffle), fitted(array, Y, shuffle=shuffle))

    @pytest.mark.parametrize("dtype", ["float32", "uint8"])
    def test_they_are_never_copied_whole(self, tmp_path: Path, dtype: str) -> None:
        rows = 40_000
        mapped = memory_map(tmp_path, np.zeros((rows, 500), dtype))
        model = keras.Sequential([keras.Input((500,)), layers.Dense(1)])
        model.compile("sgd", "mse")
        targets = np.zeros((rows, 1), "float32")
        model.fit(mapped[:64], targets[:64], verbose=0)
        use: tuple[Callable[[], Any], ...] = (
            lambda: model.fit(mapped, targets, verbose=0),
            lambda: model.evaluate(mapped, targets, verbose=0),
            lambda: model.predict(mapped, verbose=0),
        )
        for run in use:
            tracemalloc.start()
            run()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak < rows * 500 * 4 / 3


def test_an_array_like_stops_the_training_where_a_callback_says_so(small_chunks: None) -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.stop_training = batch == 2

    ours, theirs = (fitted(x, Y, callbacks=[Stop()]) for x in (Sliced(X), X))
    assert_same(ours, theirs)
    ours.fit(Sliced(X), Y, **PLAIN)
