"""Comparing the values of one log entry over the epochs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Final

#: Words in the name of a metric that is better when it is larger, for metrics that do not say so themselves.
_LARGER_IS_BETTER: Final = ("acc", "auc", "precision", "recall", "iou", "f1", "fbeta", "r2", "cosine_similarity")

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
        mode: ``"min"``, ``"max"``, or ``"auto"``: what the metric of that name says, else by the name.
        min_delta: how much a value has to be better at least.
        owner: the callback's name, for messages.

    Raises:
        ValueError: another mode.
    """

    def __init__(self, name: str, mode: str, min_delta: float, owner: str) -> None:
        if mode not in MODES:
            raise ValueError(f"{owner}: mode must be one of {', '.join(MODES)}, not {mode!r}")
        self.name = name
        self.mode = mode
        self.min_delta = abs(min_delta)
        self.owner = owner

    def settle_mode(self, model: Any) -> None:
        """Decides what ``"auto"`` means for ``model``."""
        if self.mode == "auto":
            self.mode = self._mode_by_metric(model) or self._mode_by_name()

    def value(self, logs: Mapping[str, Any] | None) -> float | None:
        """The value in ``logs``; warns and gives ``None`` where it is not there."""
        logs = logs or {}
        if self.name in logs:
            return float(logs[self.name])
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
        metrics = getattr(model, "metrics", None) or ()
        metric = next((m for m in metrics if getattr(m, "name", None) == self.name.removeprefix("val_")), None)
        direction = getattr(metric, "_direction", None)
        return {"up": "max", "down": "min"}.get(direction) if direction else None

    def _mode_by_name(self) -> str:
        name = self.name.removeprefix("val_")
        is_loss = name.endswith("loss")
        return "max" if not is_loss and any(word in name for word in _LARGER_IS_BETTER) else "min"
