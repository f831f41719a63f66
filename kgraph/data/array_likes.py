"""Whatever holds numbers, as an array or as rows that are read when they are needed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from kgraph.data.frames import frame_array, is_frame
from kgraph.data.rows import Rows, Samples, Window

#: The kinds of numpy dtypes that are numbers or bools.
NUMBERS: Final = "buif"

#: What an array has that somebody else holds.
_OF_ARRAY_LIKES: Final = ("shape", "dtype", "__getitem__", "__len__")


def as_samples(label: str, value: Any) -> Samples:
    """``value`` as an array; as ``Rows`` where that would copy what is large: files, sparse matrices, array-likes.

    Args:
        label: whose it is, for messages.
        value: an array, nested lists of numbers, a frame or series, a sparse matrix, a tensor with ``__array__``, or
            anything with ``shape``, ``dtype``, ``__len__`` and ``__getitem__`` that takes slices and ascending indices.

    Raises:
        ValueError: lists in it differ in length.
        TypeError: it does not hold numbers or bools.
    """
    if isinstance(value, (np.ndarray, Rows)):
        return _checked(label, value)
    if is_frame(value):
        return frame_array(label, value)
    if _is_sparse(value):
        return _sparse_rows(label, value)
    if _is_sliced(value):
        return _sliced_rows(label, value)
    return numeric_array(label, value)


def numeric_array(label: str, value: Any) -> np.ndarray:
    """``value`` as an array, read whole; ``label`` says whose it is.

    Raises:
        ValueError: lists in it differ in length.
        TypeError: it does not hold numbers or bools.
    """
    try:
        array = np.asarray(_on_the_host(value))
    except ValueError:
        raise ValueError(f"{label} is no array: its lists differ in length") from None
    return _checked(label, array)


def mapped_rows(label: str, array: np.memmap) -> Rows:
    """The rows of a memory map."""
    return _sliced_rows(label, array)


def is_array_like(value: Any) -> bool:
    """Whether ``value`` is one array by itself, of whatever kind, rather than a list, a dict or a stream of them."""
    has_shape = hasattr(value, "shape") and hasattr(value, "dtype")
    return has_shape or hasattr(value, "__array__") or is_frame(value) or _is_sparse(value)


def first_samples(value: Any) -> Any:
    """``value`` with one sample of every array that is not numpy's own: enough to tell shapes and dtypes."""
    if isinstance(value, Mapping):
        return {name: first_samples(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [first_samples(part) for part in value] if any(map(is_array_like, value)) else value
    if isinstance(value, np.ndarray) or not is_array_like(value):
        return value
    samples = as_samples("x", value)
    return samples.take(slice(0, 1)) if isinstance(samples, Rows) else samples[:1]


def _checked(label: str, samples: Any) -> Any:
    if samples.dtype.kind not in NUMBERS:
        raise TypeError(f"{label} must hold numbers or bools, but has dtype {samples.dtype}")
    return samples


def _on_the_host(value: Any) -> Any:
    """A torch tensor without its gradient and in memory that numpy reads; anything else as it is."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return value
    value = value.detach().cpu()
    return value.float() if value.dtype == torch.bfloat16 else value


def _is_sparse(value: Any) -> bool:
    """Whether ``value`` is one of scipy's sparse matrices or arrays. Scipy is not imported to find out."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and bool(sparse.issparse(value))


def _sparse_rows(label: str, value: Any) -> Samples:
    """Rows that are made dense as they are read. Of one axis, where there are no rows, the whole."""
    if value.ndim == 1:
        return numeric_array(label, value.toarray())
    by_row = value.tocsr()

    def read(rows: Window) -> np.ndarray:
        dense: np.ndarray = by_row[rows].toarray()
        return dense

    rows: Samples = _checked(label, Rows(read, tuple(by_row.shape), by_row.dtype))
    return rows


def _is_sliced(value: Any) -> bool:
    """Whether ``value`` is an array that somebody else holds. Tensors, which are in memory, can say so by DLPack."""
    if hasattr(value, "__dlpack__") or not all(hasattr(value, name) for name in _OF_ARRAY_LIKES):
        return False
    try:
        np.dtype(value.dtype)
        return len(value.shape) > 0 and None not in value.shape
    except TypeError:
        return False


def _sliced_rows(label: str, value: Any) -> Rows:
    shape = tuple(int(dim) for dim in value.shape)

    def read(rows: Window) -> np.ndarray:
        array = np.asarray(value[rows])
        wanted = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
        if array.shape != (wanted, *shape[1:]):
            raise ValueError(f"{label} gave an array of shape {array.shape} for {wanted} of its samples {shape}")
        return array

    rows: Rows = _checked(label, Rows(read, shape, np.dtype(value.dtype)))
    return rows
