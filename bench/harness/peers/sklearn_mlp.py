"""scikit-learn's MLPClassifier and MLPRegressor: ``partial_fit`` on a batch is a step, on all data an epoch.

They begin with weights of their own (Glorot's uniform) and have no accuracy while training.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from harness.trainer import NotApplicable
from harness.workloads import Data, Workload


class Mlp:
    """An estimator with the workload's sizes and optimizer."""

    def __init__(self, workload: Workload) -> None:
        if len(workload.heads) > 1:
            raise NotApplicable("MLPClassifier and MLPRegressor have one output and one loss")
        head, spec = workload.heads[0], workload.optimizer
        kind = MLPRegressor if head.loss == "mse" else MLPClassifier
        self.classes = {} if head.loss == "mse" else {"classes": np.arange(max(2, head.units))}
        self.estimator = kind(
            hidden_layer_sizes=workload.hidden,
            solver=spec.name,
            alpha=0.0,
            batch_size=workload.batch,
            learning_rate_init=spec.learning_rate,
            momentum=spec.momentum,
            nesterovs_momentum=False,
            epsilon=1e-7,
            random_state=1,
        )

    def prepare(self, batch: Data) -> tuple[np.ndarray, np.ndarray]:
        return batch.x, batch.targets[0].ravel()

    def step(self, batch: tuple[np.ndarray, np.ndarray]) -> float:
        self.estimator.partial_fit(*batch, **self.classes)
        return self.estimator.loss_

    def loss(self, batch: Any) -> float:
        return float(self.step(batch))

    def fit(self, data: Data, epochs: int) -> None:
        for _ in range(epochs):
            self.step(self.prepare(data))

    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        predict = getattr(self.estimator, "predict_proba", self.estimator.predict)
        return [predict(x)]


def make(workload: Workload, initial: list[np.ndarray], variant: str) -> Mlp:
    return Mlp(workload)
