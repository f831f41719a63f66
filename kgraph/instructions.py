"""What the executable takes and gives: instructions, and what was measured of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

#: A slot, and a byte offset in the array bound to it.
Operand = tuple[int, int]


class Tiling(NamedTuple):
    """Tiles of ``rows`` by ``columns`` of an ``m`` by ``n`` matrix, counted down its columns of tiles, then across."""

    m: int
    n: int
    rows: int
    columns: int

    @property
    def tiles(self) -> int:
        return -(-self.m // self.rows) * -(-self.n // self.columns)


class Instruction(NamedTuple):
    """A kernel call.

    Attributes:
        kernel: a name.
        operands: the inputs, then the output.
        ints, floats: the numbers that the kernel reads.
        work: its units.
        grain: those of a task, at least 1.
        weight: how much longer a task takes than one of a cheap kernel.
        tiling: what a unit is, if it is a tile of the output.
        following: what those that follow it read, of the output's type, at the place of its output.
    """

    kernel: str
    operands: Sequence[Operand]
    ints: Sequence[int]
    floats: Sequence[float]
    work: int
    grain: int
    weight: float = 1.0
    tiling: Tiling | None = None
    following: Sequence[Operand] = ()

    @property
    def elements(self) -> int:
        """How many elements those that follow it go through."""
        return self.tiling.m * self.tiling.n if self.tiling else self.work

    def check(self, kernels: Collection[str], slots: int) -> None:
        """Whether it can be part of an executable of so many slots.

        Raises:
            ValueError: the kernel is unknown, a slot out of range, an offset or the work negative, the grain below 1,
                or the work another than the tiles.
        """
        if self.kernel not in kernels:
            raise ValueError(f"no kernel is named {self.kernel!r}")
        if not self.operands:
            raise ValueError(f"{self.kernel} has no output")
        for slot, offset in (*self.operands, *self.following):
            if not 0 <= slot < slots:
                raise ValueError(f"{self.kernel}: slot {slot} is not one of the {slots} slots")
            if offset < 0:
                raise ValueError(f"{self.kernel}: offset {offset} is negative")
        if self.work < 0 or self.grain < 1:
            raise ValueError(f"{self.kernel}: work is {self.work} and grain {self.grain}; they must be >= 0 and >= 1")
        if self.tiling and (min(self.tiling.rows, self.tiling.columns) < 1 or self.tiling.tiles != self.work):
            raise ValueError(f"{self.kernel}: {self.work} units are not the tiles of {self.tiling}")


class Measured(NamedTuple):
    """What a profile of an executable found.

    Attributes:
        runs: how many.
        wall_ns: from the beginning of each run to its end, added up; the rows of its batch are gathered first.
        busy_ns: of each instruction, the time of all threads added up.
        tasks: of each instruction, how many ranges it was run on.
        phases: the instructions of each phase, which run at the same time.
        phase_ns: of each phase, from its beginning to its end.
        events: int64 ``(tasks, 4)``: instruction (of a chain, its first), thread, begin and end in nanoseconds of the
            monotonic clock; of the first tasks.
        lost: how many later tasks are not among ``events``.
    """

    runs: int
    wall_ns: int
    busy_ns: np.ndarray
    tasks: np.ndarray
    phases: list[range]
    phase_ns: np.ndarray
    events: np.ndarray
    lost: int
