"""Models and data that the tests of this directory share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import kgraph as keras
from kgraph import layers

SAMPLES, FEATURES, BATCH = 70, 5, 8

RNG = np.random.default_rng(5)
X = RNG.normal(size=(SAMPLES, FEATURES)).astype("float32")
Y = RNG.normal(size=(SAMPLES, 1)).astype("float32")
LABELS = np.arange(SAMPLES) % 3
WEIGHTS = RNG.uniform(0.5, 2.0, SAMPLES).astype("float32")

#: What `fit` is told where nothing else matters.
PLAIN: dict[str, Any] = {"batch_size": BATCH, "epochs": 2, "shuffle": False, "verbose": 0}


def regression(**compile_arguments: Any) -> keras.Model:
    """A model from ``X`` to ``Y``, each time with the same weights."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((FEATURES,), name="features")
    hidden = layers.Dense(6, activation="tanh", name="hidden")(inputs)
    model = keras.Model(inputs, layers.Dense(1, name="value")(hidden), name="regression")
    model.compile(**{"optimizer": "adam", "loss": "mse", **compile_arguments})
    return model


def classifier() -> keras.Model:
    """A model from ``X`` to ``LABELS``, each time with the same weights."""
    keras.utils.set_random_seed(2)
    inputs = keras.Input((FEATURES,), name="features")
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="classes")(inputs), name="classifier")
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def batches(*arrays: Any, size: int = BATCH) -> list[tuple[Any, ...]]:
    """The rows of ``arrays`` in batches, the last one short."""
    return [tuple(array[begin : begin + size] for array in arrays) for begin in range(0, len(arrays[0]), size)]


def endless(*arrays: Any) -> Iterator[tuple[Any, ...]]:
    while True:
        yield from batches(*arrays)


class Numbered(keras.utils.PyDataset):
    """The batches of ``X`` and ``Y`` by number."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        self.seen: list[int] = []

    def __len__(self) -> int:
        return len(batches(X))

    def __getitem__(self, index: int) -> Any:
        self.seen.append(index)
        return batches(X, Y)[index]


class Sliced:
    """An array that somebody else holds: it can be sliced, and notes what is taken out of it."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self.shape = array.shape
        self.dtype = array.dtype
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, rows: Any) -> np.ndarray:
        if not isinstance(rows, slice):
            assert (np.diff(rows) > 0).all(), "rows are taken in ascending order"
        part = self._array[rows]
        self.read.append(len(part))
        return part


def fitted(data: Any, *more: Any, make: Callable[[], keras.Model] = regression, **arguments: Any) -> keras.Model:
    """A new model after ``fit``."""
    model = make()
    keras.utils.set_random_seed(9)
    model.fit(data, *more, **{**PLAIN, **arguments})
    return model


def assert_same(ours: keras.Model, theirs: keras.Model) -> None:
    """Weights and history are the same, to the last bit."""
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert ours.history is not None and theirs.history is not None
    assert ours.history.history.keys() == theirs.history.history.keys()
    for name, values in ours.history.history.items():
        np.testing.assert_allclose(values, theirs.history.history[name], rtol=1e-12)


def assert_no_threads_left() -> None:
    """All threads that read for a model have ended, or do so now."""
    for _ in range(200):
        left = [thread.name for thread in threading.enumerate() if thread.name.startswith("kgraph-")]
        if not left:
            return
        time.sleep(0.01)
    raise AssertionError(left)
