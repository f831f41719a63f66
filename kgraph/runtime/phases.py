"""Which neighbouring instructions may run at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kgraph.runtime.plan import Place


@dataclass(frozen=True, slots=True)
class Extent:
    """The bytes ``[begin, end)`` of what is bound to a slot."""

    slot: int
    begin: int
    end: int

    @classmethod
    def of(cls, place: Place, size: int) -> Extent:
        """``size`` bytes from ``place`` on."""
        return cls(place.slot, place.offset, place.offset + size)

    def meets(self, other: Extent) -> bool:
        return self.slot == other.slot and self.begin < other.end and other.begin < self.end


@dataclass(frozen=True, slots=True)
class Access:
    """What an instruction reads and writes. One that may fault runs ``alone``, so that nothing else has run then."""

    reads: tuple[Extent, ...]
    write: Extent
    alone: bool


@dataclass(slots=True)
class _Phase:
    reads: list[Extent] = field(default_factory=list)
    writes: list[Extent] = field(default_factory=list)
    closed: bool = True

    def admits(self, access: Access) -> bool:
        if self.closed or access.alone:
            return False
        return not (
            _any_meets(self.writes, (*access.reads, access.write)) or _any_meets(self.reads, (access.write,))
        )

    def add(self, access: Access) -> None:
        self.reads += access.reads
        self.writes.append(access.write)
        self.closed = access.alone


def find_joins(accesses: Sequence[Access]) -> list[bool]:
    """For each instruction, whether it may run at the same time as the one before it and all that this one joins.

    It may unless it needs or overwrites what one of them writes, or overwrites what one of them reads.
    """
    joins = []
    phase = _Phase()
    for access in accesses:
        joins.append(phase.admits(access))
        if not joins[-1]:
            phase = _Phase()
        phase.add(access)
    return joins


def _any_meets(some: Iterable[Extent], others: Sequence[Extent]) -> bool:
    return any(one.meets(other) for one in some for other in others)
