"""Events as TensorBoard reads them: scalars, histograms, texts and images, each a tensor for one of its plugins.

Numbers of fields are those of ``event.proto``, ``summary.proto`` and ``tensor.proto``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kgraph.callbacks.tensorboard.wire import chunk, double, integer

#: How a plugin's data are stored: ``DataClass``.
_SCALAR: Final = 1
_TENSOR: Final = 2
_BLOBS: Final = 3

#: ``DataType``.
_FLOAT: Final = 1
_DOUBLE: Final = 2
_STRING: Final = 7

_BUCKETS: Final = 30


def first_event(wall_time: float) -> bytes:
    """What a file begins with: the version of its format."""
    return double(1, wall_time) + chunk(3, "brain.Event:2")


def event(wall_time: float, step: int, value: bytes) -> bytes:
    """A ``value`` of a step."""
    return double(1, wall_time) + integer(2, step) + chunk(5, chunk(1, value))


def scalar(tag: str, value: float) -> bytes:
    """One number, as float32."""
    return _value(tag, "scalars", _SCALAR, _array(np.asarray(value, "<f4"), _FLOAT))


def histogram(tag: str, values: np.ndarray) -> bytes:
    """How many of ``values`` lie in each of 30 ranges of one width; those that are no numbers count nowhere."""
    return _value(tag, "histograms", _TENSOR, _array(buckets(values), _DOUBLE))


def text(tag: str, markdown: str) -> bytes:
    """A text."""
    return _value(tag, "text", _TENSOR, _strings([markdown.encode()], ()))


def images(tag: str, width: int, height: int, encoded: Sequence[bytes]) -> bytes:
    """Images of one size, as the bytes of PNG files."""
    strings = [str(width).encode(), str(height).encode(), *encoded]
    return _value(tag, "images", _BLOBS, _strings(strings, (len(strings),)))


def buckets(values: np.ndarray) -> np.ndarray:
    """float64 ``(30, 3)``: left edge, right edge and count of each range.

    Where all values are one number, every range is that number, and the last one has them all.
    """
    finite = np.asarray(values, np.float64).ravel()
    finite = finite[np.isfinite(finite)]
    table = np.zeros((_BUCKETS, 3), "<f8")
    if not finite.size:
        return table
    low, high = finite.min(), finite.max()
    if low == high:
        table[:, :2] = low
        table[-1, 2] = finite.size
    else:
        counts, edges = np.histogram(finite, _BUCKETS, (low, high))
        table[:] = np.stack([edges[:-1], edges[1:], counts], axis=1)
    return table


def _value(tag: str, plugin: str, data_class: int, tensor: bytes) -> bytes:
    metadata = chunk(1, chunk(1, plugin)) + integer(4, data_class)
    return chunk(1, tag) + chunk(9, metadata) + chunk(8, tensor)


def _array(array: np.ndarray, data_type: int) -> bytes:
    return _tensor(data_type, array.shape) + chunk(4, array.tobytes())


def _strings(strings: Sequence[bytes], shape: tuple[int, ...]) -> bytes:
    return _tensor(_STRING, shape) + b"".join(chunk(8, string) for string in strings)


def _tensor(data_type: int, shape: tuple[int, ...]) -> bytes:
    return integer(1, data_type) + chunk(2, *(chunk(2, integer(1, size)) for size in shape))
