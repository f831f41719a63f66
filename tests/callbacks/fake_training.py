"""A model that is nothing but its weights, and a training that is nothing but its logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from kgraph.callbacks import Callback, CallbackList


class FakeModel:
    """Its one weight is the number of the epoch; saving notes where to."""

    def __init__(self, metrics: Sequence[Any] = ()) -> None:
        self.stop_training = False
        self.weights = [np.array(-1)]
        self.saved: list[tuple[str, str]] = []
        self.metrics = list(metrics)
        self.optimizer = SimpleNamespace(learning_rate=0.5)

    def get_weights(self) -> list[np.ndarray]:
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = [weight.copy() for weight in weights]

    def save_weights(self, path: str) -> None:
        self.saved.append(("weights", path))

    def save(self, path: str) -> None:
        self.saved.append(("model", path))


def train(callback: Callback, logs: Sequence[Mapping[str, Any]], steps: int = 0, model: Any = None) -> FakeModel:
    """Runs ``callback`` over epochs of the given logs."""
    model = model or FakeModel()
    callbacks = CallbackList([callback], model=model, epochs=len(logs), steps=steps, verbose=0)
    callbacks.on_train_begin()
    for epoch, values in enumerate(logs):
        callbacks.on_epoch_begin(epoch)
        for step in range(steps):
            callbacks.on_train_batch_begin(step)
            callbacks.on_train_batch_end(step, values)
        model.weights = [np.array(epoch)]
        callbacks.on_epoch_end(epoch, values)
        if model.stop_training:
            break
    callbacks.on_train_end()
    return model


def epochs(name: str, *values: float) -> list[dict[str, float]]:
    return [{name: value} for value in values]
