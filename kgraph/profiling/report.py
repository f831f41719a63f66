"""The table of a profile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from kgraph.profiling import machine
from kgraph.profiling.cost import Cost
from kgraph.profiling.records import Record, Taken, Work
from kgraph.tables import Column, Row, Table, decimals, percent

#: What a row stands for: a function and a work to its key.
_KEYS: Final[Mapping[str, Callable[[str, Work], str]]] = {
    "node": lambda function, work: f"{function}: {work.node.name}",
    "op": lambda function, work: work.node.op,
    "layer": lambda function, work: work.layer,
}

GATHERING: Final = "gathering batches"
OUTSIDE: Final = "outside of native code"


class Spent(NamedTuple):
    """What a row adds up.

    Attributes:
        wall_ns: time that passed: of phases that several share, their part.
        busy_ns: time of all threads.
        calls: kernel calls.
        flops, bytes: of all calls.
        least_ns: the time that they would take at the peak of the machine; 0 where it was not measured.
    """

    wall_ns: float = 0.0
    busy_ns: float = 0.0
    calls: int = 0
    flops: int = 0
    bytes: int = 0
    least_ns: float = 0.0

    def plus(self, other: Spent) -> Spent:
        return Spent(
            self.wall_ns + other.wall_ns,
            self.busy_ns + other.busy_ns,
            self.calls + other.calls,
            self.flops + other.flops,
            self.bytes + other.bytes,
            self.least_ns + other.least_ns,
        )


def make_table(taken: Taken, cost: Cost, by: str, top: int | None, peak: bool) -> Table:
    """See ``Profile.table``."""
    if by not in _KEYS:
        raise ValueError(f"by must be one of {', '.join(_KEYS)}, not {by!r}")
    if top is not None and top < 0:
        raise ValueError(f"top must be a number of rows or None, not {top}")
    spent = _by_key(taken.records, _KEYS[by], peak)
    ranked = sorted(spent.items(), key=lambda entry: -entry[1].wall_ns)
    shown, others = (ranked, []) if top is None else (ranked[:top], ranked[top:])
    native_ns = taken.native_ns
    in_phases = sum(entry.wall_ns for entry in spent.values())
    total = max(taken.wall_ns, native_ns, 1)
    rows = [_row(name, entry, total, peak) for name, entry in shown]
    if others:
        rows.append(_row(f"{len(others)} others", _sum(entry for _, entry in others), total, peak))
    rows.append(_row(GATHERING, Spent(native_ns - in_phases), total, peak))
    rows.append(_row(OUTSIDE, Spent(total - native_ns), total, peak))
    return Table(_title(taken), _columns(by, peak), rows, _notes(taken, cost, peak))


def _by_key(records: Iterable[Record], key: Callable[[str, Work], str], peak: bool) -> dict[str, Spent]:
    several = len({record.function for record in records}) > 1
    found: dict[str, Spent] = {}
    for record in records:
        runs = record.measured.runs
        walls = record.wall_ns().tolist()
        for work, wall, busy in zip(record.works, walls, record.measured.busy_ns.tolist(), strict=True):
            name = key(record.function, work) if several else key("", work).removeprefix(": ")
            least = _least_ns(work) if peak else 0.0
            once = Spent(wall, busy, runs, runs * work.flops, runs * work.bytes, runs * least)
            found[name] = found.get(name, Spent()).plus(once)
    return found


def _least_ns(work: Work) -> float:
    """How long one call takes at the peak: of arithmetic or of memory, whichever takes longer."""
    dtype = "f64" if work.node.type.dtype == "f64" else "f32"
    return 1e9 * max(work.flops / machine.peak_flops(dtype), work.bytes / machine.peak_bandwidth())


def _sum(entries: Iterable[Spent]) -> Spent:
    total = Spent()
    for entry in entries:
        total = total.plus(entry)
    return total


def _row(name: str, spent: Spent, total: float, peak: bool) -> Row:
    wall = spent.wall_ns
    measured: Row = (None,) * 5
    if spent.calls:
        rates = (spent.flops / wall, spent.bytes / wall, spent.busy_ns / wall) if wall else (0.0, 0.0, 0.0)
        measured = (spent.calls, wall / 1e3 / spent.calls, *rates)
    share_of_peak: Row = (spent.least_ns / wall if spent.calls and wall else None,) if peak else ()
    return (name, wall / 1e6, wall / total, *measured, *share_of_peak)


def _columns(by: str, peak: bool) -> list[Column]:
    columns = [
        Column(by, by, left=True),
        Column("time_ms", "time, ms", decimals(3)),
        Column("share", "share", percent),
        Column("calls", "calls", decimals(0)),
        Column("us_a_call", "us a call", decimals(2)),
        Column("gflops", "GFLOP/s", decimals(2)),
        Column("gbytes", "GB/s", decimals(2)),
        Column("threads", "threads", decimals(2)),
    ]
    return [*columns, Column("of_peak", "of peak", percent)] if peak else columns


def _title(taken: Taken) -> str:
    whole, native = taken.wall_ns / 1e6, taken.native_ns / 1e6
    programs = f"{taken.runs:,} runs of {len(taken.records)} programs on {taken.threads} threads"
    return f"{whole:,.1f} ms, of them {native:,.1f} ms in native code: {programs}"


def _notes(taken: Taken, cost: Cost, peak: bool) -> list[str]:
    busy = taken.busy_ns
    share = f" ({percent(cost.total_ns / busy)} of the threads' time)" if busy else ""
    notes = [
        f"measuring took {cost.total_ns / 1e6:.2f} ms{share}: {cost.tasks:,} tasks, {cost.ns_a_task:.0f} ns each, and "
        f"{cost.links:,} links, {cost.ns_a_link:.0f} ns each;",
        f"  beginning and ending took {cost.around_ns / 1e6:.2f} ms more, which is not counted above",
    ]
    if peak:
        one, all_threads = (rate("f32") / 1e9 for rate in (machine.peak_flops_of_one_thread, machine.peak_flops))
        notes += [
            f"peak: {all_threads:.0f} GFLOP/s of f32 products ({one:.0f} on one thread), and "
            f"{machine.peak_bandwidth() / 1e9:.1f} GB/s to and from memory,",
            "  whichever takes longer; what lies in cache can be faster than that",
        ]
    return notes
