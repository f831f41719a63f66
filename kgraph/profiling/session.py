"""The profile of a block of code: what is measured, and what may be asked of it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from kgraph import config
from kgraph.instructions import Measured
from kgraph.profiling.cost import Cost, measure_cost
from kgraph.profiling.records import Record, Taken, make_record
from kgraph.runtime import profiling
from kgraph.runtime.profiling import Measurable
from kgraph.tables import Table


def profile(events: int = 50_000) -> Profile:
    """Measures all that runs inside a block::

        with kgraph.profile() as p:
            model.fit(x, y)
        print(p.table(by="layer"))
        p.save("trace.json")

    Args:
        events: how many tasks of each program are kept one by one, for ``save``. Those after them are counted all the
            same.

    Raises:
        ValueError: ``events`` is negative.
    """
    return Profile(events)


class Profile:
    """What ran inside a ``with`` block: programs that were there and those that were made meanwhile, of all threads.

    Blocks may lie inside each other, each with a profile of its own; a profile that is used again starts over.

    Attributes:
        events: how many tasks of each program are kept one by one.
        taken: what the latest block did.

    Raises:
        ValueError: ``events`` is negative.
    """

    def __init__(self, events: int = 50_000) -> None:
        if events < 0:
            raise ValueError(f"events is {events}; it must be >= 0")
        self.events = events
        self.taken = Taken()
        self._parts: dict[Measurable, list[Measured]] | None = None
        self._cost: Cost | None = None

    def __enter__(self) -> Profile:
        if self._parts is not None:
            raise RuntimeError("this profile is being taken already; a block inside another needs a profile of its own")
        self._parts, self._cost = {}, None
        before = now_ns()
        profiling.begin(self._collect, self.events)
        began = now_ns()
        self.taken = Taken(began_ns=began, around_ns=began - before, threads=config.num_threads())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = now_ns()
        profiling.end(self._collect)
        around = self.taken.around_ns + now_ns() - ended
        records = [make_record(program, parts) for program, parts in (self._parts or {}).items()]
        wall = ended - self.taken.began_ns
        self.taken = self.taken._replace(records=records, wall_ns=wall, around_ns=around)
        self._parts = None

    def _collect(self, program: Measurable, measured: Measured) -> None:
        if self._parts is not None:
            self._parts.setdefault(program, []).append(measured)

    @property
    def records(self) -> Sequence[Record]:
        """What each program did that ran."""
        return self._closed().records

    @property
    def cost(self) -> Cost:
        """What measuring itself took."""
        taken = self._closed()
        if self._cost is None:
            self._cost = measure_cost(taken)
        return self._cost

    def table(self, by: str = "node", top: int | None = 40, peak: bool = True) -> Table:
        """Where the time of the block went, the longest first. The times of all rows are the time of the block.

        Args:
            by: ``"node"``, ``"op"`` or ``"layer"``.
            top: how many rows are shown one by one; the others are one row. ``None`` shows all.
            peak: whether rows tell their share of what the machine can do, which is measured once (half a second).

        Raises:
            ValueError: ``by`` is another word, or ``top`` is below 0.
            RuntimeError: the block has not ended.
        """
        from kgraph.profiling.report import make_table

        return make_table(self._closed(), self.cost, by, top, peak)

    def phases(self) -> Table:
        """The phases of each program, in the order of running: what ran at the same time, and what the threads did.

        Raises:
            RuntimeError: the block has not ended.
        """
        from kgraph.profiling.phases import make_phase_table

        return make_phase_table(self._closed())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the tasks in time, for chrome://tracing and ui.perfetto.dev: a row for each thread.

        Raises:
            RuntimeError: the block has not ended.
        """
        from kgraph.profiling.trace_events import write_trace

        write_trace(self._closed(), path)

    def to_pandas(self, by: str = "node") -> Any:
        """All rows of ``table`` as a ``DataFrame``.

        Raises:
            ImportError: pandas is not installed.
        """
        return self.table(by, top=None).to_pandas()

    def __repr__(self) -> str:
        if self._parts is not None:
            return "<Profile, being taken>"
        taken = self.taken
        return f"<Profile: {taken.wall_ns / 1e9:.3g} s, {taken.runs} runs of {len(taken.records)} programs>"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def _closed(self) -> Taken:
        if self._parts is not None:
            raise RuntimeError("the profile is still being taken: ask when its block has ended")
        return self.taken


def now_ns() -> int:
    """The clock that tasks are timed with."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
