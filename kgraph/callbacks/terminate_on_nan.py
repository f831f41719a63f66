"""Stopping when the loss is no number any more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kgraph.callbacks.callback import Callback, Logs

if TYPE_CHECKING:
    from kgraph.debug.recording import Recorder


class TerminateOnNaN(Callback):
    """Stops the training after a step whose loss is NaN or infinite, and says which node made it.

    For that, the last few steps are run again, on copies of the weights as they were before. Weights stay as the
    training left them; ``KGRAPH_CHECK=values`` stops before they change, and saves the step.

    Args:
        raise_error: whether to raise at once, so that no callback's ``on_train_end`` runs.

    Raises:
        RuntimeError: there is such a loss, and ``raise_error`` holds.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error
        self._recorder: Recorder | None = None
        self._epoch = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        from kgraph.debug.recording import Recorder

        function: Any = getattr(self.model, "train_function", None)
        self._recorder = None if function is None else Recorder(function)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        if self._recorder is not None:
            self._recorder.begin(batch)

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._recorder is not None:
            self._recorder.end(self.model._latest_steps.last_feeds)
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        said = f"TerminateOnNaN: the loss of batch {batch} is {loss}"
        if self.raise_error:
            raise RuntimeError(f"{said}\n{self._cause()}")
        print(f"{said}; training stops\n{self._cause()}")
        self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        self._recorder = None

    def _cause(self) -> str:
        """Where it came from, as far as the last steps tell."""
        from kgraph.debug.reports import report

        error = None if self._recorder is None else self._recorder.cause()
        if error is None:
            return "Train with KGRAPH_CHECK=values in the environment to see which node makes it."
        error.epoch = self._epoch
        return report(error)
