"""The progress bar as a callback."""

from __future__ import annotations

from typing import Any

from kgraph.callbacks.callback import Callback, Logs
from kgraph.progress import EpochProgress


class ProgbarLogger(Callback):
    """Shows the progress of ``fit``, ``evaluate`` and ``predict``, as they do themselves where it is not there.

    What is shown follows the ``verbose`` that they are called with. Validation inside of ``fit`` is silent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self._in_fit = False
        self._progress = EpochProgress(0)

    def set_params(self, params: dict[str, Any]) -> None:
        super().set_params(params)
        self._progress = EpochProgress(params["verbose"])

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True
        self._progress = EpochProgress(self.params["verbose"], self.params["epochs"])

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begin(epoch)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._update(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._end(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._update(batch, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._end(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._update(batch, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._end(None)

    def _begin(self, epoch: int = 0) -> None:
        self.seen = 0
        self._progress.begin(self.params["steps"], epoch)

    def _update(self, batch: int, logs: Logs | None) -> None:
        self.seen = batch + 1
        self._progress.update(self.seen, logs or {})

    def _end(self, logs: Logs | None) -> None:
        self._progress.end(self.params["steps"] or self.seen, logs or {})
