"""Which neighbouring instructions may run at the same time, and which one after the other, element by element."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from kgraph.runtime.plan import Place


class Link(IntEnum):
    """What an instruction is to the one before it; the numbers are those of ``kg_link`` in ``csrc/executor.h``."""

    BEGINS = 0
    JOINS = 1
    FOLLOWS = 2


class Extent(NamedTuple):
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


class Access(NamedTuple):
    """What an instruction reads and writes.

    Attributes:
        reads, write: the bytes.
        alone: whether it may fault; then nothing runs at the same time, so that nothing else has run.
        elements: how many it makes in ranges or tiles that may be gone on with at once; ``None`` where it does not.
        follows: whether it makes each of them of those at its own place.
    """

    reads: tuple[Extent, ...]
    write: Extent
    alone: bool
    elements: int | None = None
    follows: bool = True


class _Chain:
    """Instructions that follow each other element by element; mostly a single one."""

    def __init__(self, first: Access) -> None:
        self.members = [first]

    @property
    def alone(self) -> bool:
        return self.members[0].alone

    def is_apart_from(self, other: _Chain) -> bool:
        """Whether neither needs or overwrites what the other writes."""
        return not any(_conflicts(a, b, alike=False) for a in self.members for b in other.members)

    def admits(self, access: Access) -> bool:
        """Whether what they share is the same elements in the same places."""
        span = self.members[-1].elements
        if span is None or span != access.elements or access.alone or not access.follows:
            return False
        return not any(_conflicts(member, access, alike=True) for member in self.members)


def find_links(accesses: Sequence[Access], chain: bool = True) -> list[Link]:
    """What each instruction is to the one before it.

    It follows it where it goes through as many elements as that one makes, and they share memory at most element by
    element. What follows each other so, a chain, joins the chains before it, back to where a phase begins, unless it
    needs or overwrites what one of them writes, or overwrites what one of them reads.

    Args:
        accesses: of the instructions, in order.
        chain: whether any may follow another.
    """
    links: list[Link] = []
    phase: list[_Chain] = []
    for each in _chains(accesses) if chain else map(_Chain, accesses):
        apart = not each.alone and all(not other.alone and other.is_apart_from(each) for other in phase)
        joins = bool(phase) and apart
        phase = [*phase, each] if joins else [each]
        links.append(Link.JOINS if joins else Link.BEGINS)
        links += [Link.FOLLOWS] * (len(each.members) - 1)
    return links


def _chains(accesses: Sequence[Access]) -> list[_Chain]:
    chains: list[_Chain] = []
    for access in accesses:
        if chains and chains[-1].admits(access):
            chains[-1].members.append(access)
        else:
            chains.append(_Chain(access))
    return chains


def _conflicts(first: Access, second: Access, alike: bool) -> bool:
    """Whether one writes what the other touches; where ``alike``, the very same bytes are no conflict."""
    pairs = [(first.write, extent) for extent in (*second.reads, second.write)]
    pairs += [(second.write, extent) for extent in first.reads]
    return any(a.meets(b) and not (alike and a == b) for a, b in pairs)
