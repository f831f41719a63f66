"""A learning rate for every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph.callbacks.callback import Callback, Logs
from kgraph.callbacks.learning_rate import learning_rate_of, note_learning_rate


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch. The logs of the epoch tell it, as ``learning_rate``.

    Args:
        schedule: ``(epoch, learning_rate) -> learning_rate``: of the epoch, the first being 0, and the rate so far. A
            function of the epoch alone will do too.
        verbose: 1 says what is set.

    Raises:
        ValueError: what ``schedule`` gives is no float.
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        given = self._scheduled(epoch, learning_rate_of(self.model.optimizer))
        rate = np.asarray(given)
        if rate.dtype.kind != "f" or rate.size != 1:
            raise ValueError(f"LearningRateScheduler: the schedule must give a float, not {given!r} for epoch {epoch}")
        self.model.optimizer.learning_rate = rate.item()
        if self.verbose > 0:
            print(f"LearningRateScheduler: epoch {epoch + 1} has learning rate {rate.item()}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        note_learning_rate(self.model.optimizer, logs)

    def _scheduled(self, epoch: int, rate: float) -> Any:
        return self.schedule(epoch, rate) if _takes(self.schedule, epoch, rate) else self.schedule(epoch)


def _takes(function: Callable[..., Any], *arguments: Any) -> bool:
    """Whether ``function`` can be called with ``arguments``, as far as its signature tells."""
    from inspect import signature

    try:
        expected = signature(function)
    except (TypeError, ValueError):
        return True
    try:
        expected.bind(*arguments)
    except TypeError:
        return False
    return True
