"""Tasks in time, in the trace-event format that the viewers of Chrome and Perfetto read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kgraph.files import replacing
from kgraph.profiling.records import Record, Taken

Event = Mapping[str, Any]
_PROCESS = 1


def write_trace(taken: Taken, path: str | os.PathLike[str]) -> None:
    """Writes the trace of ``taken``: beside ``path`` first, then renamed into place."""
    with replacing(path) as temporary:
        Path(temporary).write_text(json.dumps(make_trace(taken)), encoding="utf-8")


def make_trace(taken: Taken) -> dict[str, Any]:
    """The trace: an event for each task that was kept, times in microseconds from where the block began."""
    tasks = [event for record in taken.records for event in _tasks(record, taken.began_ns)]
    tasks.sort(key=lambda event: event["ts"])
    threads = sorted({event["tid"] for event in tasks})
    return {
        "traceEvents": [*_names(threads), *tasks],
        "displayTimeUnit": "ms",
        "otherData": {
            "wall_ms": taken.wall_ns / 1e6,
            "lost_tasks": sum(record.measured.lost for record in taken.records),
        },
    }


def _names(threads: list[int]) -> Iterator[Event]:
    yield {"ph": "M", "name": "process_name", "pid": _PROCESS, "tid": 0, "args": {"name": "kgraph"}}
    for thread in threads:
        name = f"worker {thread}" if thread else "calling thread"
        yield {"ph": "M", "name": "thread_name", "pid": _PROCESS, "tid": thread, "args": {"name": name}}


def _tasks(record: Record, began_ns: int) -> Iterator[Event]:
    arguments = [_arguments(record, index) for index in range(len(record.works))]
    for index, thread, begin, end in record.measured.events.tolist():
        work = record.works[index]
        yield {
            "ph": "X",
            "name": work.node.name,
            "cat": work.layer,
            "ts": (begin - began_ns) / 1e3,
            "dur": (end - begin) / 1e3,
            "pid": _PROCESS,
            "tid": thread,
            "args": arguments[index],
        }


def _arguments(record: Record, index: int) -> Event:
    """What a click on a task of this kernel call shows; of a chain, all that is in it."""
    work = record.works[index]
    chain = record.works[index + 1 : index + record.chains[index]]
    then = {"then": [other.node.name for other in chain]} if chain else {}
    return {
        "op": work.node.op,
        "kernel": work.kernel,
        "shape": str(work.node.type),
        "program": record.title,
        **then,
        **({"source": work.node.source} if work.node.source else {}),
    }
