"""Which neighbouring instructions may run at the same time, and which one after the other, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from kgraph.runtime.plan import Place


class Link(IntEnum):
    """What an instruction is to the one before it; the numbers are those of ``kg_link`` in ``csrc/executor.h``."""

    BEGINS = 0
    JOINS = 1
    FOLLOWS = 2


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
    """What an instruction reads and writes.

    Attributes:
        reads, write: the bytes.
        alone: whether it may fault; then nothing runs at the same time, so that nothing else has run.
        elements: how many it goes through one by one, ``None`` where an element of its result is not made of those at
            its own place.
    """

    reads: tuple[Extent, ...]
    write: Extent
    alone: bool
    elements: int | None = None


@dataclass(slots=True)
class _Chain:
    """Instructions that follow each other element by element; mostly a single one."""

    members: list[Access]

    def is_apart_from(self, access: Access) -> bool:
        """Whether neither needs or overwrites what the other writes."""
        return not any(_conflicts(member, access, alike=False) for member in self.members)

    def admits(self, access: Access) -> bool:
        """Whether what they share is the same elements in the same places."""
        span = self.members[-1].elements
        if span is None or span != access.elements or access.alone:
            return False
        return not any(_conflicts(member, access, alike=True) for member in self.members)


@dataclass(slots=True)
class _Phase:
    chains: list[_Chain] = field(default_factory=list)
    closed: bool = True

    def link(self, access: Access) -> Link:
        """How ``access`` fits in."""
        if self.closed or access.alone or not all(chain.is_apart_from(access) for chain in self.chains[:-1]):
            return Link.BEGINS
        latest = self.chains[-1]
        if latest.admits(access):
            return Link.FOLLOWS
        return Link.JOINS if latest.is_apart_from(access) else Link.BEGINS

    def add(self, access: Access, link: Link) -> None:
        if link is Link.FOLLOWS:
            self.chains[-1].members.append(access)
        else:
            self.chains.append(_Chain([access]))
        self.closed = access.alone


def find_links(accesses: Sequence[Access]) -> list[Link]:
    """What each instruction is to the one before it.

    It follows it where both go through as many elements, and share memory at most element by element. Otherwise it
    joins it, and all that this one joins, unless it needs or overwrites what one of them writes, or overwrites what
    one of them reads.
    """
    links = []
    phase = _Phase()
    for access in accesses:
        links.append(phase.link(access))
        if links[-1] is Link.BEGINS:
            phase = _Phase()
        phase.add(access, links[-1])
    return links


def _conflicts(first: Access, second: Access, alike: bool) -> bool:
    """Whether one writes what the other touches; where ``alike``, the very same bytes are no conflict."""
    pairs = [(first.write, extent) for extent in (*second.reads, second.write)]
    pairs += [(second.write, extent) for extent in first.reads]
    return any(a.meets(b) and not (alike and a == b) for a, b in pairs)
