"""What measuring itself costs."""

from __future__ import annotations

import time
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from kgraph._ops import Executable
from kgraph.instructions import Instruction
from kgraph.profiling.records import Taken
from kgraph.runtime.phases import Link

_CALLS: Final = 256
_RUNS: Final = 50
_REPEATS: Final = 7


class Cost(NamedTuple):
    """The time that measuring added, over all threads.

    Attributes:
        tasks: how many tasks were timed.
        links: how many pieces of chains were timed beside them.
        ns_a_task, ns_a_link: what one adds, measured on programs of tiny kernel calls, with and without.
        around_ns: what it took to begin and to end, which is no part of the time of the profile.
    """

    tasks: int
    links: int
    ns_a_task: float
    ns_a_link: float
    around_ns: int

    @property
    def total_ns(self) -> float:
        """What is part of the times of the profile."""
        return self.tasks * self.ns_a_task + self.links * self.ns_a_link


def measure_cost(taken: Taken) -> Cost:
    """The cost of the measurements behind ``taken``."""
    measured = [record.measured for record in taken.records]
    tasks = sum(len(each.events) + each.lost for each in measured)
    pieces = sum(int(each.tasks.sum()) for each in measured)
    return Cost(tasks, max(0, pieces - tasks), _added_ns(Link.BEGINS), _added_ns(Link.FOLLOWS), taken.around_ns)


@cache
def _added_ns(link: Link) -> float:
    """What measuring adds to each of many tiny kernel calls that are linked so, in nanoseconds; at least 0."""
    place = (0, 0)
    call = Instruction("neg_f32", [place, place], (), (), 1, 1)
    executable = Executable(1, [call] * _CALLS, [Link.BEGINS, *[link] * (_CALLS - 1)])
    executable.bind(0, np.ones(1, np.float32))
    plain, measured = [], []
    for _ in range(_REPEATS):
        plain.append(_run_ns(executable))
        executable.start_profile(_CALLS * _RUNS)
        measured.append(_run_ns(executable))
        executable.stop_profile()
    return max(0.0, (min(measured) - min(plain)) / (_CALLS * _RUNS))


def _run_ns(executable: Executable) -> int:
    begin = time.perf_counter_ns()
    for _ in range(_RUNS):
        executable.run()
    return time.perf_counter_ns() - begin
