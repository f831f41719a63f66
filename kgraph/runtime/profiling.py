"""Measuring all programs at once: those that are there, and those that are made meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Final, NamedTuple, Protocol
from weakref import WeakSet

from kgraph.instructions import Measured
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import Call


class Step(Protocol):
    """One kernel call of a program."""

    @property
    def node(self) -> Node: ...
    @property
    def call(self) -> Call: ...


class Measurable(Protocol):
    """What is asked of a program; see ``runtime.program.Program``."""

    @property
    def graph(self) -> Graph: ...
    @property
    def links(self) -> Sequence[int]: ...
    @property
    def instructions(self) -> Sequence[Step]: ...
    def start_profile(self, events: int) -> None: ...
    def stop_profile(self) -> Measured | None: ...


#: Takes what a program did while it was measured.
Collect = Callable[[Measurable, Measured], None]


class _Collector(NamedTuple):
    collect: Collect
    events: int


_programs: Final[WeakSet[Measurable]] = WeakSet()
_collectors: Final[list[_Collector]] = []
#: The programs under measurement. They are kept until they have told what they did.
_measured: Final[list[Measurable]] = []
_lock: Final = Lock()


def register(program: Measurable) -> None:
    """Makes ``program`` one of those that are measured, now and later."""
    with _lock:
        _programs.add(program)
        if _collectors:
            _start(program)


def begin(collect: Collect, events: int) -> None:
    """Measures every program from now on, beside those who measure already.

    Args:
        collect: is told of each program that has run, at the latest when it ends; perhaps several times.
        events: how many tasks of a program are kept one by one.
    """
    with _lock:
        _hand_over()
        _collectors.append(_Collector(collect, events))
        _start_all()


def end(collect: Collect) -> None:
    """Ends what ``begin`` began."""
    with _lock:
        _hand_over()
        _collectors[:] = [collector for collector in _collectors if collector.collect != collect]
        _start_all()


def _hand_over() -> None:
    while _measured:
        program = _measured.pop()
        measured = program.stop_profile()
        if measured is not None and measured.runs:
            for collector in _collectors:
                collector.collect(program, measured)


def _start_all() -> None:
    for program in list(_programs) if _collectors else ():
        _start(program)


def _start(program: Measurable) -> None:
    program.start_profile(max(collector.events for collector in _collectors))
    _measured.append(program)
