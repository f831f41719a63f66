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
        bad: the names of the facts that say that values are not finite.
    """

    facts: tuple[tuple[str, str], ...]
    counts: tuple[int, ...]
    low: str
    high: str
    bad: tuple[str, ...]


def statistics_of(name: str, values: object) -> Statistics:
    """The statistics of the array of numbers that the node ``name`` has.

    Raises:
        TypeError: it is no such array.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"the values of {name} must be an array of numbers, not of {array.dtype}")
    numbers = array.astype(np.float64).ravel()
    finite = numbers[np.isfinite(numbers)]
    nans = int(np.isnan(numbers).sum())
    infinities = numbers.size - finite.size - nans
    facts = [("shape", str(list(array.shape))), ("dtype", array.dtype.name)]
    if finite.size:
        mean, spread = _moments(finite)
        named = (("min", finite.min()), ("max", finite.max()), ("mean", mean), ("std", spread))
        facts += [(fact, _number(value)) for fact, value in named]
    unwanted = {"NaN": nans, "infinite": infinities}
    facts += [(fact, f"{count:,} of {numbers.size:,}") for fact, count in unwanted.items()]
    counts, low, high = _histogram(finite)
    return Statistics(tuple(facts), counts, low, high, tuple(fact for fact, count in unwanted.items() if count))


def _moments(finite: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation, computed on the scale of the values: their squares may be no floats."""
    scale = float(np.abs(finite).max()) or 1.0
    scaled = finite / scale
    return float(scaled.mean() * scale), float(scaled.std() * scale)


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
