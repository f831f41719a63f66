"""What a page says of the values of a node."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

_BINS: Final = 32


class Statistics(NamedTuple):
    """Of one array.

    Attributes:
        facts: pairs of a name and what is said: shape, dtype, minimum, maximum, mean,
            standard deviation, number of NaNs and of infinities.
        counts: of the finite values, in bins of equal width from ``low`` to ``high``; empty where there are none.
        bad: whether a NaN or infinity is among the values.
    """

    facts: tuple[tuple[str, str], ...]
    counts: tuple[int, ...]
    low: str
    high: str
    bad: bool


def statistics_of(values: object) -> Statistics:
    """The statistics of an array of numbers.

    Raises:
        TypeError: it is none.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"values are arrays of numbers, not of {array.dtype}")
    numbers = array.astype(np.float64).ravel()
    finite = numbers[np.isfinite(numbers)]
    nans = int(np.isnan(numbers).sum())
    infinities = numbers.size - finite.size - nans
    facts = [("shape", str(list(array.shape))), ("dtype", array.dtype.name)]
    if finite.size:
        shares = finite / finite.size
        spread = np.sqrt(np.square((finite - shares.sum()) / np.sqrt(finite.size)).sum())
        named = (("min", finite.min()), ("max", finite.max()), ("mean", shares.sum()), ("std", spread))
        facts += [(name, _number(value)) for name, value in named]
    facts += [("NaN", f"{nans:,} of {numbers.size:,}"), ("infinite", f"{infinities:,} of {numbers.size:,}")]
    counts, low, high = _histogram(finite)
    return Statistics(tuple(facts), counts, low, high, nans + infinities > 0)


def _histogram(finite: np.ndarray) -> tuple[tuple[int, ...], str, str]:
    if not finite.size:
        return (), "", ""
    low, high = float(finite.min()), float(finite.max())
    # Halves, because the distance of the largest floats from each other is no float.
    width = high / 2 - low / 2
    places = np.zeros(finite.size) if width <= 0 else (finite / 2 - low / 2) / width * _BINS
    counts = np.bincount(np.minimum(places.astype(np.int64), _BINS - 1), minlength=_BINS)
    return tuple(counts.tolist()), _number(low), _number(high)


def _number(value: float) -> str:
    return f"{value:.6g}"
