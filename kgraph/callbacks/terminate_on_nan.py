"""Stopping when the loss is no number any more."""

from __future__ import annotations

import math

from kgraph.callbacks.callback import Callback, Logs


class TerminateOnNaN(Callback):
    """Stops the training after a step whose loss is NaN or infinite."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(loss):
            print(f"TerminateOnNaN: the loss of batch {batch} is {loss}; training stops")
            self.model.stop_training = True
