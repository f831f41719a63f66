"""The progress bar, with Keras's arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kgraph import progress


class Progbar(progress.Progbar):
    """Shows how far a loop is, how long a step takes, and the metrics so far, on ``sys.stdout``.

    Args:
        target: the number of steps, ``None`` where it is not known.
        width: of the bar, in characters.
        verbose: 0 shows nothing, 1 a bar, 2 one line at the end.
        interval: the least number of seconds between two drawings.
        stateful_metrics: names of values that are shown as given; all others are averaged over the steps.
        stateless_metrics: names of values that are averaged over the steps; all others are shown as given.
        unit_name: what a step is called.

    Raises:
        ValueError: both ``stateful_metrics`` and ``stateless_metrics`` are given.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int | str = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar: give stateful_metrics or stateless_metrics, not both")
        super().__init__(target, width, verbose, interval, stateful_metrics, unit_name)
        self.stateless_metrics = None if stateless_metrics is None else frozenset(stateless_metrics)

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Says that ``current`` steps are done; see ``kgraph.progress.Progbar``. Of an array the mean is shown."""
        pairs = [(name, float(np.mean(value))) for name, value in values or ()]
        if self.stateless_metrics is not None:
            self.stateful_metrics |= {name for name, _ in pairs} - self.stateless_metrics
        if finalize is None and self.target is not None:
            finalize = current >= self.target
        super().update(current, pairs, finalize)
