"""How many threads to run on where nobody has said."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Final

#: Names the number of threads.
VARIABLE: Final = "KGRAPH_NUM_THREADS"
#: More than these are used only if they are asked for.
MOST_BY_DEFAULT: Final = 64

_CPUS: Final = "/sys/devices/system/cpu"
_CGROUPS: Final = "/sys/fs/cgroup"


def default_num_threads() -> int:
    """``KGRAPH_NUM_THREADS``, else the number of cores that this process may use.

    That is the least of the cores of the processors it may run on, counting a core with two threads of its own once,
    and of the cpu time that its cgroup is granted.

    Raises:
        ValueError: ``KGRAPH_NUM_THREADS`` is not a whole number of at least 1.
    """
    wanted = os.environ.get(VARIABLE, "")
    if wanted:
        if not wanted.isdecimal() or int(wanted) < 1:
            raise ValueError(f"{VARIABLE} must be a whole number of at least 1, not {wanted!r}")
        return int(wanted)
    cpus = usable_cpus()
    return max(1, min(count_cores(cpus), count_granted(), MOST_BY_DEFAULT))


def usable_cpus() -> Collection[int]:
    """The processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return range(os.cpu_count() or 1)


def count_cores(cpus: Collection[int], root: str = _CPUS) -> int:
    """The cores among ``cpus``, whose topology is told below ``root``; where it is not, each is taken for a core."""
    siblings = {_read(f"{root}/cpu{cpu}/topology/thread_siblings_list") or str(cpu) for cpu in cpus}
    return len(siblings)


def count_granted(root: str = _CGROUPS, membership: str = "/proc/self/cgroup") -> int:
    """The processors' worth of time granted to this process's cgroup or one above it, rounded.

    Reads version 2 (``cpu.max``) and version 1 (``cpu.cfs_quota_us``); ``MOST_BY_DEFAULT`` where there is no limit.
    """
    limits = [float(MOST_BY_DEFAULT)]
    for line in (_read(membership) or "0::/").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            limits += [_limit(_read(f"{folder}/cpu.max")) for folder in _upwards(root, path)]
        elif "cpu" in controllers.split(","):
            limits += [_limit_v1(folder) for folder in _upwards(f"{root}/{controllers}", path)]
    return max(1, round(min(limits)))


def _upwards(root: str, path: str) -> list[str]:
    """``root/path`` and every folder above it, down to ``root``."""
    parts = [part for part in path.split("/") if part and part != ".."]
    return ["/".join([root, *parts[:depth]]) for depth in range(len(parts), -1, -1)]


def _limit(text: str) -> float:
    """Processors in ``"<microseconds> <period>"``; ``max`` or nothing is no limit."""
    quota, _, period = text.partition(" ")
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else float(MOST_BY_DEFAULT)


def _limit_v1(folder: str) -> float:
    return _limit(f"{_read(f'{folder}/cpu.cfs_quota_us')} {_read(f'{folder}/cpu.cfs_period_us')}")


def _read(path: str) -> str:
    """The text of a small file without the white space around it; empty where it cannot be read."""
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""
