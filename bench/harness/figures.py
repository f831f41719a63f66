"""The figures that are measured, and how samples become a number with its spread."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: What a worker is asked for each figure that is measured in rounds. Answers are in µs.
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "step_us": {"do": "step"},
    "fit_us": {"do": "fit"},
    "predict_1_us": {"do": "predict", "rows": 1},
    "predict_256_us": {"do": "predict", "rows": 256},
}


@dataclass(frozen=True)
class Spread:
    """The median, and the quartiles around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{number(self.median)} <sub>{number(self.low)}–{number(self.high)}</sub>"


def spread(samples: Sequence[float]) -> Spread:
    """Median and quartiles; of a single sample, that one."""
    if len(samples) == 1:
        return Spread(samples[0], samples[0], samples[0])
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Spread(middle, low, high)


def number(value: float) -> str:
    """Three digits, or all before the point, in groups: 0.123, 12.3, 1,234."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"
