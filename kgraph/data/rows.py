"""Samples that stay where they are until a batch needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

#: The numbers of the samples that are wanted: a window, or int64 in any order without repetition.
Window = slice | np.ndarray


class Rows:
    """An array whose samples are read a few at a time: of a file, a sparse matrix, anything that can be sliced.

    Attributes:
        shape, dtype: of the whole.
    """

    def __init__(self, read: Callable[[Window], np.ndarray], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        """
        Args:
            read: gives the samples of a window, or those of ascending numbers.
            shape: the number of samples first.
            dtype: of what ``read`` gives.
        """
        self._read = read
        self.shape = shape
        self.dtype = dtype

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def take(self, rows: Window) -> np.ndarray:
        """The samples ``rows``, in that order. They are read in ascending order, and next to each other as a window."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(len(self))
            return self._read(slice(start, stop))
        if not len(rows):
            return self._read(slice(0, 0))
        first, last = int(rows.min()), int(rows.max())
        if last - first + 1 == len(rows):
            return self._read(slice(first, last + 1))[rows - first]
        places = np.argsort(rows)
        ascending = self._read(rows[places])
        given = np.empty_like(ascending)
        given[places] = ascending
        return given

    def __getitem__(self, window: slice) -> Rows:
        """The samples of ``window``, not read yet."""
        start, stop, _ = window.indices(len(self))

        def read(rows: Window) -> np.ndarray:
            moved = slice(rows.start + start, rows.stop + start) if isinstance(rows, slice) else rows + start
            return self._read(moved)

        return Rows(read, (stop - start, *self.shape[1:]), self.dtype)

    def mapped(
        self, tail: tuple[int, ...], dtype: np.dtype[Any], change: Callable[[np.ndarray, Window], np.ndarray]
    ) -> Rows:
        """What ``change`` makes of the samples read and their numbers: of shape ``(samples, *tail)`` and ``dtype``."""
        return Rows(lambda rows: change(self._read(rows), rows), (len(self), *tail), dtype)

    def reshape(self, *shape: int) -> Rows:
        """The same numbers in another shape, the axis of samples as it is."""
        tail = shape[1:]
        return self.mapped(tail, self.dtype, lambda array, rows: array.reshape(len(array), *tail))


#: All samples of an input, a target or weights.
Samples = np.ndarray | Rows


def take(samples: Samples, rows: Window) -> np.ndarray:
    """Some of the samples, in the order of ``rows``."""
    return samples.take(rows) if isinstance(samples, Rows) else samples[rows]


def in_memory(samples: Samples) -> np.ndarray:
    """All of the samples."""
    return take(samples, slice(None)) if isinstance(samples, Rows) else samples


def sample_number(rows: Window | None, place: int) -> int:
    """The number of the sample that stands at ``place`` of what was read for ``rows``."""
    if rows is None:
        return place
    return rows.start + place if isinstance(rows, slice) else int(rows[place])
