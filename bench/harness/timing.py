"""Timing a call that is repeated."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

#: Calls in a row that are timed as one, so that reading the clock costs less than a hundredth.
LEAST_SECONDS = 5e-6
LEAST_SAMPLES = 3


def median_seconds(call: Callable[[], object], seconds: float) -> float:
    """The median time of ``call``, repeated for about ``seconds``, at least ``LEAST_SAMPLES`` times."""
    clock = time.perf_counter
    start = clock()
    call()
    in_a_row = max(1, int(LEAST_SECONDS / max(clock() - start, 1e-9)))
    samples = []
    end = clock() + seconds
    while clock() < end or len(samples) < LEAST_SAMPLES:
        start = clock()
        for _ in range(in_a_row):
            call()
        samples.append((clock() - start) / in_a_row)
    return statistics.median(samples)
