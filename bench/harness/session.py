"""The other end of a worker."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.environment import ROOT, worker_environment

#: A worker that is silent for so long is taken for dead.
PATIENCE = 900.0
#: How much of what it printed is shown.
SHOWN_LINES = 12


class WorkerFailed(Exception):
    """A worker ended or went silent; the message holds the end of what it printed."""


class Unavailable(WorkerFailed):
    """A peer is not installed or has no way to do its workload; the message says why."""


class Session:
    """A fresh worker process.

    Attributes:
        hello: its first line.

    Raises:
        WorkerFailed: it did not come up.
    """

    def __init__(self, *arguments: str, extra: Mapping[str, str] | None = None, tree: Path = ROOT) -> None:
        self.name = " ".join(arguments)
        self._scratch = tempfile.TemporaryDirectory(prefix="kgraph-bench-")
        scratch = Path(self._scratch.name)
        self._log = open(scratch / "log", "w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=scratch,
            env=worker_environment(extra or {}, scratch, tree),
        )
        try:
            self.hello: dict[str, Any] = self._read()
            if "unavailable" in self.hello:
                raise Unavailable(self.hello["unavailable"])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, do: str, **options: float) -> Any:
        """The worker's answer to one question."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **options}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._failure(f"ended before it was asked for {do}") from None
        return self._read()

    def close(self) -> None:
        """Ends the worker: it stops by itself when its input ends, and is killed if it does not."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._scratch.cleanup()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            raise self._failure("ended without an answer" if ready else f"was silent for {PATIENCE:.0f} s")
        return json.loads(line)

    def _failure(self, what: str) -> WorkerFailed:
        self._log.seek(0)
        printed = "".join(self._log.readlines()[-SHOWN_LINES:])
        return WorkerFailed(f"worker {self.name!r} {what}:\n{printed}")
