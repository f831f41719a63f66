"""How much memory this process holds."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def resident_mb() -> float:
    """Resident memory now, in MB; the highest so far where the system does not tell."""
    return _from_status("VmRSS")


def peak_mb() -> float:
    """The most resident memory so far, in MB."""
    return _from_status("VmHWM")


def _from_status(field: str) -> float:
    # getrusage would do, but on Linux a process inherits the peak of the one that started it.
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
