"""Memory whose start suits every vector instruction."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

import numpy as np

#: Values start at multiples of this many bytes: a cache line, and the widest vector register.
ALIGNMENT: Final = 64


def align(size: int) -> int:
    """``size`` rounded up to a multiple of ``ALIGNMENT``."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def aligned_size(size: int) -> int:
    """The bytes of ``aligned_buffer(size)``."""
    return max(align(size), ALIGNMENT)


def aligned_buffer(size: int) -> np.ndarray:
    """At least one and at least ``size`` writable bytes, the first at a multiple of ``ALIGNMENT``."""
    size = aligned_size(size)
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]


def view_at(buffer: np.ndarray, offset: int, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    """The array of ``shape`` and ``dtype`` that starts ``offset`` bytes into ``buffer``."""
    size = prod(shape) * dtype.itemsize
    if not size:
        return np.empty(shape, dtype)
    return buffer[offset : offset + size].view(dtype).reshape(shape)
