"""A training that may be killed: ``python interrupted_training.py RESULT BACKUP SAVE_FREQ SEED [EPOCH BATCH]``.

It has all that draws random numbers: shuffled samples, dropout with a seed and without, noise from numpy in a callback.
At the end the weights and the optimizer's variables are written to RESULT. BACKUP may be ``-`` for none. With EPOCH and
BATCH the process kills itself there.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from typing import Any

import numpy as np

from kgraph import Input, Sequential, layers, optimizers, utils
from kgraph.callbacks import BackupAndRestore, Callback


class Disturbing(Callback):
    """Changes weights by numbers of numpy's and Python's generators."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        weights = self.model.get_weights()
        weights[0] += np.float32(1e-3) * np.random.normal(size=weights[0].shape).astype("float32")
        weights[-1] += np.float32(1e-3 * random.random())
        self.model.set_weights(weights)


class KilledAt(Callback):
    """SIGKILL, which nothing can catch, after a batch."""

    def __init__(self, epoch: int, batch: int) -> None:
        super().__init__()
        self.place = (epoch, batch)
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if (self.epoch, batch) == self.place:
            os.kill(os.getpid(), signal.SIGKILL)


def main(result: str, backup: str, save_freq: str, seed: str, *place: str) -> None:
    utils.set_random_seed(int(seed))
    data = np.random.default_rng(3)
    x = data.normal(size=(70, 5)).astype("float32")
    y = np.tanh(x[:, :2])
    model = Sequential(
        [
            Input((5,)),
            layers.Dense(8, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dropout(0.2, seed=7),
            layers.Dense(2),
        ]
    )
    model.compile(optimizers.Adam(0.02), "mse", metrics=["mae"])
    callbacks: list[Callback] = [Disturbing()]
    if backup != "-":
        callbacks.append(BackupAndRestore(backup, save_freq if save_freq == "epoch" else int(save_freq)))
    if place:
        callbacks.append(KilledAt(int(place[0]), int(place[1])))
    model.fit(x, y, batch_size=8, epochs=5, verbose=0, validation_split=0.2, callbacks=callbacks)
    np.savez(result, *model.get_weights(), *model.optimizer.get_weights())


if __name__ == "__main__":
    main(*sys.argv[1:])
