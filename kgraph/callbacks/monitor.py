"""Comparing the values of one log entry over the epochs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from kgraph.arguments import number, one_of
from kgraph.names import snake_case

#: Parts of the names of metrics, by what is better of them, for metrics that do not say so themselves.
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "min": (
        *("loss", "error", "crossentropy", "divergence", "hinge", "poisson", "logcosh", "log_cosh", "false_"),
        *("mse", "mae", "mape", "msle"),
    ),
    "max": (
        *("acc", "auc", "precision", "recall", "sensitivity", "specificity", "true_", "iou", "io_u"),
        *("f1", "fbeta", "f_beta", "r2", "correlation", "cosine_similarity"),
    ),
}
_MODE_BY_DIRECTION: Final[Mapping[str, str]] = {"up": "max", "down": "min"}

#: For each mode, whether ``value`` is better than ``best`` by more than ``least``.
_BETTER: Final[Mapping[str, Callable[[float, float, float], bool]]] = {
    "min": lambda value, best, least: value < best - least,
    "max": lambda value, best, least: value > best + least,
}
MODES: Final = ("auto", *_BETTER)


class Monitor:
    """Finds a value in the logs and says whether it is better than another.

    Args:
        name: of the entry, e.g. ``"val_loss"``.
        mode: ``"min"``, ``"max"``, or ``"auto"``: what the metric of that name says, else by words in the name.
        min_delta: how much a value has to be better at least.
        owner: the callback's name, for messages.

    Raises:
        ValueError: another mode.
    """

    def __init__(self, name: str, mode: str, min_delta: float, owner: str) -> None:
        self.name = name
        self.mode = one_of(f"{owner}: mode", mode, MODES)
        self.min_delta = abs(number(f"{owner}: min_delta", min_delta))
        self.owner = owner

    def settle_mode(self, model: Any) -> None:
        """Decides what ``"auto"`` means for ``model``.

        Raises:
            ValueError: neither a metric of the model nor the name tells which values are better.
        """
        if self.mode != "auto":
            return
        mode = self._mode_by_metric(model) or _mode_by_words(self.name.removeprefix("val_"))
        if mode is None:
            raise ValueError(
                f"{self.owner}: nothing tells whether {self.name!r} is better when it is larger; "
                'pass mode="max" if it is, else mode="min"'
            )
        self.mode = mode

    def value(self, logs: Mapping[str, Any] | None) -> float | None:
        """The value in ``logs``; warns and gives ``None`` where it is not there.

        Raises:
            ValueError: it is several numbers, of which none says alone whether it is better.
        """
        logs = logs or {}
        if self.name in logs:
            value = np.asarray(logs[self.name])
            if value.size != 1:
                raise ValueError(f"{self.owner}: {self.name!r} is {value.size} numbers; watch a metric that is one")
            return float(value.item())
        there = ", ".join(logs) or "nothing"
        warnings.warn(f"{self.owner} looks for {self.name!r}, but the logs hold {there}", stacklevel=4)
        return None

    def is_better(self, value: float, than: float | None) -> bool:
        """Whether ``value`` is better than ``than``. Every number is better than ``None``, and NaN than nothing."""
        if than is None:
            return value == value
        self.settle_mode(None)
        return _BETTER[self.mode](value, than, self.min_delta)

    def _mode_by_metric(self, model: Any) -> str | None:
        """What a metric of the model says by its ``_direction``, else by what it is."""
        reported = self.name.removeprefix("val_")
        for metric in getattr(model, "metrics", None) or ():
            name = getattr(metric, "name", None)
            if name is not None and (reported == name or reported.endswith(f"_{name}")):
                direction = getattr(metric, "_direction", None) or "unknown"
                return _MODE_BY_DIRECTION.get(direction) or _mode_by_words(snake_case(type(metric).__name__))
        return None


def _mode_by_words(name: str) -> str | None:
    return next((mode for mode, words in _WORDS.items() if any(word in name for word in words)), None)
