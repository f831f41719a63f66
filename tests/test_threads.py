"""Several Python threads at once. `make test-sanitize` runs these under ThreadSanitizer too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from kgraph._ops import Executable

pytestmark = pytest.mark.threads

SIZE = 10_000
RUNS = 50


def accumulate(ones: np.ndarray, total: np.ndarray) -> Executable:
    """Each run adds ``ones`` to ``total`` in place."""
    executable = Executable(2, [("add_f32", [(0, 0), (1, 0), (1, 0)], (), (), SIZE, 1_000)])
    executable.bind(0, ones)
    executable.bind(1, total)
    return executable


def repeat(run: Callable[[], None]) -> None:
    for _ in range(RUNS):
        run()


def run_together(runs: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=repeat, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_runs_of_one_executable_follow_one_another() -> None:
    total = np.zeros(SIZE, np.float32)
    executable = accumulate(np.ones(SIZE, np.float32), total)
    run_together([executable.run] * 4)
    np.testing.assert_array_equal(total, 4 * RUNS)


def test_two_executables_run_side_by_side_on_what_they_share_for_reading() -> None:
    ones = np.ones(SIZE, np.float32)
    totals = [np.zeros(SIZE, np.float32) for _ in range(4)]
    run_together([accumulate(ones, total).run for total in totals])
    for total in totals:
        np.testing.assert_array_equal(total, RUNS)


def test_binding_waits_for_the_run_that_is_under_way() -> None:
    first, second = np.zeros(SIZE, np.float32), np.zeros(SIZE, np.float32)
    executable = accumulate(np.ones(SIZE, np.float32), first)

    def rebind() -> None:
        executable.bind(1, second)
        executable.bind(1, first)

    run_together([executable.run, rebind])
    for total in (first, second):
        assert (total == total[0]).all(), "a run wrote to two arrays"
    assert first[0] + second[0] == RUNS
