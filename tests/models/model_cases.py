"""Models and data that the tests of this directory share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import kgraph as keras
from kgraph import layers

SAMPLES = 10
FEATURES = 4
CLASSES = 3


def features(samples: int = SAMPLES, seed: int = 0) -> np.ndarray:
    """float32 ``(samples, FEATURES)``."""
    return np.random.default_rng(seed).normal(size=(samples, FEATURES)).astype("float32")


def values(samples: int = SAMPLES, seed: int = 1) -> np.ndarray:
    """float32 ``(samples, 1)``."""
    return np.random.default_rng(seed).normal(size=(samples, 1)).astype("float32")


def labels(samples: int = SAMPLES) -> np.ndarray:
    """int64 ``(samples,)``, classes in turn."""
    return np.arange(samples) % CLASSES


def regression(metrics: Sequence[Any] | None = None, dropout: float = 0.0, **compile_arguments: Any) -> keras.Model:
    """A compiled model from ``features`` to ``values``."""
    inputs = keras.Input((FEATURES,), name="features")
    x = layers.Dense(8, activation="relu", name="hidden")(inputs)
    x = layers.Dropout(dropout, name="drop")(x)
    model = keras.Model(inputs, layers.Dense(1, name="value")(x), name="regression")
    model.compile(**{"optimizer": "adam", "loss": "mse", "metrics": metrics, **compile_arguments})
    return model


def classifier() -> keras.Model:
    """A compiled model from ``features`` to ``labels``, with statistics, seeds, slots and metrics of both kinds."""
    model = keras.Sequential(
        [
            keras.Input((FEATURES,), name="features"),
            layers.BatchNormalization(name="norm"),
            layers.Dense(8, activation="relu", name="hidden"),
            layers.Dropout(0.3, name="drop"),
            layers.Dense(CLASSES, activation="softmax", name="classes"),
        ],
        name="classifier",
    )
    exact = keras.metrics.SparseCategoricalAccuracy(name="exact")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", exact], weighted_metrics=["accuracy"])
    return model


def twins(count: int = 2) -> list[keras.Model]:
    """Classifiers that are equal in weights and seeds."""
    models = []
    for _ in range(count):
        keras.utils.set_random_seed(11)
        models.append(classifier())
    return models


def trained_bytes(model: Any) -> dict[str, bytes]:
    """What training changes: weights, statistics, seeds, optimizer slots."""
    return _bytes([*model.variables, *model.optimizer.variables])


def bytes_of(model: Any) -> dict[str, bytes]:
    """All that a model holds: what training changes, and the state of metrics."""
    return trained_bytes(model) | _bytes([variable for metric in model.metrics for variable in metric.variables])


def _bytes(variables: Sequence[Any]) -> dict[str, bytes]:
    return {f"{variable.path} {index}": variable.numpy().tobytes() for index, variable in enumerate(variables)}


def assert_same_weights(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> None:
    assert len(ours) == len(theirs)
    for our, their in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(our, their)
