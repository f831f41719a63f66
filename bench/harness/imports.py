"""What an import costs over numpy's own, in fresh interpreters that have all bytecode at hand."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from harness.environment import worker_environment
from harness.peers import Peer

PROGRAM = """
import time
import numpy
start = time.perf_counter()
import {modules}
print(1e3 * (time.perf_counter() - start))
"""


def import_ms(libraries: Mapping[str, Peer], times: int) -> dict[str, list[float]]:
    """Milliseconds by library, ``times`` of them, taking turns; those that cannot be imported are left out.

    One more import before these writes bytecode and brings the files into memory.
    """
    samples: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="kgraph-bench-") as scratch:
        here = {name: peer for name, peer in libraries.items() if _import(peer, Path(scratch)) is not None}
        for _ in range(times):
            for name, peer in here.items():
                took = _import(peer, Path(scratch))
                if took is not None:
                    samples.setdefault(name, []).append(took)
    return samples


def _import(peer: Peer, scratch: Path) -> float | None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(modules=", ".join(peer.imports))],
        env=worker_environment(peer.environment, scratch),
        cwd=scratch,
        capture_output=True,
        text=True,
    )
    return float(run.stdout.split()[-1]) if run.returncode == 0 else None
