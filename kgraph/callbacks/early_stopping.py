"""Stopping when the model no longer gets better."""

from __future__ import annotations

from typing import Any

from kgraph.callbacks.callback import Callback, Logs
from kgraph.callbacks.monitor import Monitor


class EarlyStopping(Callback):
    """Stops the training when a value has not improved for some epochs.

    Args:
        monitor: the entry of the logs to watch.
        min_delta: a change of less than this is no improvement.
        patience: the number of epochs without improvement after which training stops.
        verbose: 1 says what is done.
        mode: ``"min"`` or ``"max"`` is better, or ``"auto"``.
        baseline: while the value is not better than this, epochs count as without improvement; but training stops
            only after one that was worse than the best.
        restore_best_weights: whether the model ends with the weights of its best epoch.
        start_from_epoch: epochs before this one are not looked at.

    Raises:
        ValueError: another mode, or ``"auto"`` where nothing tells which values of ``monitor`` are better.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__()
        self._monitor = Monitor(monitor, mode, min_delta, "EarlyStopping")
        self.monitor = monitor
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._start_over()

    def _start_over(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start_over()
        self._monitor.settle_mode(self.model)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._monitor.is_better(value, self.best):
            self._keep(epoch, value)
            if self.baseline is None or self._monitor.is_better(value, self.baseline):
                self.wait = 0
            return
        if self.restore_best_weights and self.best_weights is None:
            # No number so far: should it stay so, the first epoch looked at is as good as any.
            self._keep(epoch, None)
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def get_monitor_value(self, logs: Logs | None) -> float | None:
        """The value to watch; warns and gives ``None`` where the logs do not have it."""
        return self._monitor.value(logs)

    def _keep(self, epoch: int, value: float | None) -> None:
        self.best, self.best_epoch = value, epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose:
            last = f"epoch {self.stopped_epoch + 1} was the last"
            print(f"EarlyStopping: {self.monitor} has not improved for {self.wait} epochs; {last}")
        if self.best_weights is not None:
            if self.verbose:
                print(f"EarlyStopping: weights are those of epoch {self.best_epoch + 1}, the best")
            self.model.set_weights(self.best_weights)
