"""Smaller steps when the model no longer gets better."""

from __future__ import annotations

import numpy as np

from kgraph import config
from kgraph.arguments import number
from kgraph.callbacks.callback import Callback, Logs
from kgraph.callbacks.learning_rate import learning_rate_of, note_learning_rate
from kgraph.callbacks.monitor import Monitor


class ReduceLROnPlateau(Callback):
    """Multiplies the learning rate by ``factor`` when a value has not improved for ``patience`` epochs.

    The logs of each epoch tell the rate that it had, as ``learning_rate``.

    Args:
        monitor: the entry of the logs to watch.
        factor: below 1.
        patience: the number of epochs without improvement after which the rate is reduced.
        verbose: 1 says what is done.
        mode: ``"min"`` or ``"max"`` is better, or ``"auto"``.
        min_delta: a change of less than this is no improvement.
        cooldown: how many epochs after a reduction are not counted.
        min_lr: the rate never falls below this.

    Raises:
        ValueError: ``factor`` is 1 or more, or another mode.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__()
        self._monitor = Monitor(monitor, mode, min_delta, "ReduceLROnPlateau")
        if not number("ReduceLROnPlateau: factor", factor) < 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, not {factor}")
        self.monitor = monitor
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._start_over()

    def _start_over(self) -> None:
        self.best: float | None = None
        self.cooldown_counter = 0
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start_over()
        self._monitor.settle_mode(self.model)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        note_learning_rate(self.model.optimizer, logs)
        value = self._monitor.value(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._monitor.is_better(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def in_cooldown(self) -> bool:
        """Whether epochs are not counted now, since the rate has just been reduced."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> None:
        rate = learning_rate_of(self.model.optimizer)
        # As the optimizer holds it: 0.001 is more as a float32.
        if rate <= np.dtype(config.floatx()).type(self.min_lr):
            return
        reduced = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = reduced
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose > 0:
            print(f"ReduceLROnPlateau: after epoch {epoch + 1} the learning rate is {reduced}")
