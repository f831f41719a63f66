"""Offsets in one arena for values that live for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kgraph.runtime.memory import align


@dataclass(slots=True)
class Block:
    """``size`` bytes that are in use from instruction ``first`` to instruction ``last``, both included."""

    size: int
    first: int
    last: int


def assign(blocks: Sequence[Block]) -> tuple[list[int], int]:
    """An offset for each block, and the bytes that they take together.

    Blocks in use at the same time never overlap. The largest are placed first, each into the smallest gap that holds
    it among the blocks already placed that live when it does.
    """
    order = sorted(range(len(blocks)), key=lambda i: (-blocks[i].size, blocks[i].first))
    placed = _Placed(len(blocks))
    offsets = [0] * len(blocks)
    for i in order:
        offsets[i] = placed.add(blocks[i])
    return offsets, placed.total


class _Placed:
    """The blocks that have an offset, as columns: which of them live at some time is then one vector comparison."""

    def __init__(self, capacity: int) -> None:
        self.count = 0
        self.total = 0
        self.columns = np.zeros((4, capacity), np.int64)

    def add(self, block: Block) -> int:
        size = align(block.size)
        offset = self._gap(size, block.first, block.last)
        self.columns[:, self.count] = (block.first, block.last, offset, offset + size)
        self.count += 1
        self.total = max(self.total, offset + size)
        return offset

    def _gap(self, size: int, first: int, last: int) -> int:
        firsts, lasts, begins, ends = self.columns[:, : self.count]
        alive = np.flatnonzero((firsts <= last) & (lasts >= first))
        if not alive.size:
            return 0
        alive = alive[np.argsort(begins[alive], kind="stable")]
        taken_until = np.maximum.accumulate(np.concatenate(([0], ends[alive])))
        gaps = begins[alive] - taken_until[:-1]
        fitting = np.flatnonzero(gaps >= size)
        if not fitting.size:
            return int(taken_until[-1])
        return int(taken_until[fitting[np.argmin(gaps[fitting])]])
