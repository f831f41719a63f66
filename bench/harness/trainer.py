"""What a peer must be able to do in its worker."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from harness.workloads import Data, Workload


class NotApplicable(Exception):
    """A peer has no way to do a workload; the message says why."""


class Trainer(Protocol):
    """A model of one peer, compiled or built, with the initial weights of its workload."""

    def prepare(self, batch: Data) -> object:
        """A batch in the form that ``step`` likes best; its cost is not measured."""

    def step(self, batch: object) -> object:
        """One training step; returns when the new weights are there."""

    def loss(self, batch: object) -> float:
        """One training step, and the loss from before it."""

    def fit(self, data: Data, epochs: int) -> None:
        """Epochs over shuffled data in batches of the workload's size; returns when all is done."""

    def predict(self, x: np.ndarray) -> list[np.ndarray]:
        """The activated output of each head, as numpy arrays."""


class TrainerFactory(Protocol):
    """Every module of ``harness.peers`` has this function as ``make``; ``variant`` is that of the peer."""

    def __call__(self, workload: Workload, initial: list[np.ndarray], variant: str) -> Trainer: ...
