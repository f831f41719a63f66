"""Stopping when the loss is no number any more."""

from __future__ import annotations

import math

from kgraph.callbacks.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Stops the training after a step whose loss is NaN or infinite.

    Args:
        raise_error: whether to raise at once, so that no callback's ``on_train_end`` runs.

    Raises:
        RuntimeError: there is such a loss, and ``raise_error`` holds.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: the loss of batch {batch} is {loss}")
        print(f"TerminateOnNaN: the loss of batch {batch} is {loss}; training stops")
        self.model.stop_training = True
