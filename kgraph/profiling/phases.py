"""The table of phases: what runs at the same time, and how busy the threads are."""

from __future__ import annotations

from collections.abc import Iterator

from kgraph.profiling.records import Record, Taken
from kgraph.tables import Column, Row, Table, decimals, percent

_COLUMNS = (
    Column("program", "program", left=True),
    Column("phase", "phase"),
    Column("first_node", "first node", left=True),
    Column("kernels", "kernels"),
    Column("runs", "runs", decimals(0)),
    Column("wall_ms", "wall, ms", decimals(3)),
    Column("busy_ms", "busy, ms", decimals(3)),
    Column("idle", "idle", percent),
)


def make_phase_table(taken: Taken) -> Table:
    """See ``Profile.phases``."""
    rows = [row for record in taken.records for row in _rows(record, taken.threads)]
    wall, busy = (sum(float(row[place] or 0) for row in rows) for place in (5, 6))
    idle = percent(_idle(wall, busy, taken.threads))
    title = f"{len(rows)} phases on {taken.threads} threads: {wall:,.1f} ms, and {idle} of the threads' time idle"
    return Table(title, _COLUMNS, rows)


def _rows(record: Record, threads: int) -> Iterator[Row]:
    measured = record.measured
    for index, (phase, wall_ns) in enumerate(zip(measured.phases, measured.phase_ns.tolist(), strict=True)):
        busy_ns = float(measured.busy_ns[phase.start : phase.stop].sum())
        first = record.works[phase.start].node.name
        times = wall_ns / 1e6, busy_ns / 1e6, _idle(wall_ns, busy_ns, threads)
        yield (record.title, index, first, len(phase), measured.runs, *times)


def _idle(wall: float, busy: float, threads: int) -> float:
    """The share of the time of all threads in which they did nothing."""
    return max(0.0, 1 - busy / (wall * threads)) if wall else 0.0
