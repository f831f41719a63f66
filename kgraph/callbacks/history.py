"""What ``fit`` returns."""

from __future__ import annotations

from typing import Any

from kgraph.callbacks.callback import Callback, Logs


class History(Callback):
    """Keeps the logs of every epoch.

    Attributes:
        epoch: the epochs that were run.
        history: for every name in the logs its values, one an epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []
        self.history = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
