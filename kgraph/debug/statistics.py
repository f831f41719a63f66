"""What there is to say of an array in a few numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Statistics(NamedTuple):
    """The extremes and the mean of the finite values of an array, and how many of its values are special.

    Attributes:
        size: how many values there are.
        min, max, mean: of those that are finite; ``None`` where there are none.
        nan, infinite, zeros: how many of them there are.
    """

    size: int
    min: float | None
    max: float | None
    mean: float | None
    nan: int
    infinite: int
    zeros: int

    @classmethod
    def of(cls, array: np.ndarray) -> Statistics:
        """Those of ``array``; a bool counts as 0 or 1."""
        values = np.asarray(array)
        finite = values[np.isfinite(values)]
        nan = int(np.isnan(values).sum())
        numbers: tuple[float, ...] = ()
        if finite.size:
            # A zero has no sign here.
            numbers = (finite.min() + 0.0, finite.max() + 0.0, finite.mean(dtype=np.float64) + 0.0)
        low, high, mean = map(float, numbers) if numbers else (None, None, None)
        return cls(values.size, low, high, mean, nan, values.size - finite.size - nan, int((values == 0).sum()))

    def __str__(self) -> str:
        if not self.size:
            return "empty"
        numbers = [f"{name} {getattr(self, name):.6g}" for name in ("min", "max", "mean") if self.min is not None]
        special = {"NaN": self.nan, "infinite": self.infinite, "zeros": self.zeros}
        counted = [f"{count:,} {name}" for name, count in special.items() if count]
        return f"{', '.join(numbers + counted)} of {self.size:,}" if counted else ", ".join(numbers)
