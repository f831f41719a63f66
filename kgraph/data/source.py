"""Where a pass gets its batches from.

A ``Source`` gives an epoch as chunks: samples in memory, with the order in which to take them, that make one or many
batches. Arrays are one chunk an epoch, rows of a file one every few megabytes, a stream one a batch.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from typing import NamedTuple

import numpy as np


class Chunk(NamedTuple):
    """Batches that lie in memory; the last may be short.

    Attributes:
        arrays: for each placeholder all samples.
        order: the order in which samples are taken; as they stand where ``None``.
        first: where in the order the first batch begins.
        rows: how many samples are taken.
        batch: samples in a batch.
    """

    arrays: Mapping[str, np.ndarray]
    order: np.ndarray | None
    first: int
    rows: int
    batch: int


class Source(ABC):
    """Batches for as many passes as are asked for.

    Attributes:
        steps: how many batches a pass has; ``None`` while that is not known.
        is_over: whether there is nothing left for another pass.
    """

    steps: int | None = None
    is_over: bool = False

    @abstractmethod
    def epoch(self) -> Generator[Chunk, None, None]:
        """The batches of the next pass."""

    @abstractmethod
    def rewind(self) -> None:
        """Lets the next pass begin at the first batch, as far as that can be had again."""

    @abstractmethod
    def close(self) -> None:
        """Ends what the source has running."""


def warn_of_short_pass(batches: int, wanted: int) -> None:
    """Says that a pass has ended before its time."""
    warnings.warn(
        f"the data ran out before batch {batches}: a pass of {wanted} batches ends after {batches}. What gives batches "
        "must give steps times epochs of them, or be something that can be gone through again, no generator",
        stacklevel=3,
    )
