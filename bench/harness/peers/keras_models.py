"""kgraph and Keras 3: the same lines for both."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from harness.workloads import Data, OptimizerSpec, Workload


class KerasModel:
    """A compiled functional model; ``keras`` is Keras or kgraph."""

    def __init__(self, keras: Any, workload: Workload, initial: list[np.ndarray]) -> None:
        self.batch = workload.batch
        inputs = keras.Input((workload.features,), name="features")
        hidden = inputs
        for units in workload.hidden:
            hidden = keras.layers.Dense(units, activation="relu")(hidden)
        heads = workload.heads
        outputs = [keras.layers.Dense(h.units, activation=h.activation, name=h.name)(hidden) for h in heads]
        self.model = keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0])
        self.model.compile(
            _optimizer(keras, workload.optimizer),
            loss=_alone_or_list([head.loss for head in heads]),
            loss_weights=[head.loss_weight for head in heads] if len(heads) > 1 else None,
            metrics=["accuracy"] if any(head.accuracy for head in heads) else None,
        )
        self.model.set_weights(initial)

    def prepare(self, batch: Data) -> tuple[Any, Any, Any]:
        return batch.x, _alone_or_list(batch.targets), _alone_or_list(batch.weights)

    def step(self, batch: tuple[Any, Any, Any]) -> Any:
        return self.model.train_on_batch(*batch)

    def loss(self, batch: tuple[Any, Any, Any]) -> float:
        self.model.reset_metrics()
        results = self.step(batch)
        return float(results[0] if isinstance(results, list) else results)

    def fit(self, data: Data, epochs: int) -> None:
        x, y, weights = self.prepare(data)
        self.model.fit(x, y, sample_weight=weights, batch_size=self.batch, epochs=epochs, verbose=0)

    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        outputs = self.model.predict_on_batch(x)
        return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _alone_or_list(values: Any) -> Any:
    """What Keras wants for one output, and for several; ``None`` for nothing."""
    return None if not values else values[0] if len(values) == 1 else list(values)


def _optimizer(keras: Any, spec: OptimizerSpec) -> Any:
    if spec.name == "adam":
        return keras.optimizers.Adam(learning_rate=spec.learning_rate)
    return keras.optimizers.SGD(learning_rate=spec.learning_rate, momentum=spec.momentum)


def make(workload: Workload, initial: list[np.ndarray], variant: str) -> KerasModel:
    return KerasModel(importlib.import_module(variant), workload, initial)
