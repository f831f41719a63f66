"""Where the values of variables live."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import ClassVar

import numpy as np

from kgraph.runtime.memory import align, aligned_buffer, aligned_size, view_at


class Storage:
    """The memory of one variable: an array of fixed shape and dtype, which ``pack`` may move elsewhere.

    Attributes:
        moves: how often any storage has moved. While it stays the same, so does every ``array``.
    """

    moves: ClassVar[int] = 0

    __slots__ = ("_array", "_buffer")

    def __init__(self, value: np.ndarray) -> None:
        """A storage that holds a copy of ``value``."""
        value = np.asarray(value)
        self._buffer = aligned_buffer(value.nbytes)
        self._array = view_at(self._buffer, 0, value.shape, value.dtype)
        self._array[...] = value

    @property
    def array(self) -> np.ndarray:
        """The value: C-contiguous, writable, and the same object until the storage moves."""
        return self._array

    def set(self, value: np.ndarray) -> None:
        """Copies ``value`` in.

        Raises:
            ValueError: its shape or dtype is another than the storage's.
        """
        value = np.asarray(value)
        if value.shape != self._array.shape:
            raise ValueError(f"the variable has shape {self._array.shape}, but the value has {value.shape}")
        if value.dtype != self._array.dtype:
            raise ValueError(f"the variable is {self._array.dtype.name}, but the value is {value.dtype.name}")
        self._array[...] = value

    def __reduce__(self) -> tuple[type[Storage], tuple[np.ndarray]]:
        return Storage, (self._array,)

    def _move(self, buffer: np.ndarray, offset: int) -> None:
        moved = view_at(buffer, offset, self._array.shape, self._array.dtype)
        moved[...] = self._array
        self._array, self._buffer = moved, buffer
        Storage.moves += 1


def pack(storages: Sequence[Storage]) -> np.ndarray:
    """Moves ``storages`` into one buffer, in order, each at a multiple of 64 bytes; values stay.

    Storages that already share a buffer of their own in that order stay where they are.

    Returns:
        The buffer, as bytes.

    Raises:
        ValueError: a storage stands twice.
    """
    if len(set(storages)) != len(storages):
        raise ValueError("a storage can have only one place in a buffer, but one is given twice")
    ends = list(accumulate((align(storage.array.nbytes) for storage in storages), initial=0))
    if storages and _is_packed(storages, ends):
        return storages[0]._buffer
    buffer = aligned_buffer(ends[-1])
    # The bytes between the storages are swept over by whoever takes the buffer as one array.
    buffer[:] = 0
    for storage, offset in zip(storages, ends[:-1], strict=True):
        storage._move(buffer, offset)
    return buffer


def _is_packed(storages: Sequence[Storage], ends: Sequence[int]) -> bool:
    buffer = storages[0]._buffer
    if buffer.nbytes != aligned_size(ends[-1]) or any(storage._buffer is not buffer for storage in storages):
        return False
    start = buffer.ctypes.data
    return all(
        storage.array.size == 0 or storage.array.ctypes.data == start + offset
        for storage, offset in zip(storages, ends[:-1], strict=True)
    )
