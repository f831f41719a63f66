"""The learning rate of an optimizer as callbacks read it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import numpy as np

from kgraph.callbacks.callback import Logs


def learning_rate_of(optimizer: Any) -> float:
    """The learning rate of the step to come, also where a schedule gives it."""
    return float(np.asarray(optimizer.learning_rate))


def note_learning_rate(optimizer: Any, logs: Logs | None) -> None:
    """Adds ``learning_rate`` to ``logs``, for the callbacks that come later."""
    if isinstance(logs, MutableMapping):
        logs["learning_rate"] = learning_rate_of(optimizer)
