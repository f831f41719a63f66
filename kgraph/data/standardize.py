"""From what a caller passes to ``fit`` to samples that fit the placeholders.

Every function names the input, target or weights that it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgraph.broadcasting import shape_text
from kgraph.data.array_likes import as_samples, is_array_like, mapped_rows
from kgraph.data.rows import Rows, Samples, Window, sample_number
from kgraph.types import DTYPES, INTS, TensorType


def standardize(
    names: Sequence[str], types: Mapping[str, TensorType], data: Any, what: str = "input"
) -> dict[str, Samples]:
    """The samples for the placeholders ``names``, C-contiguous and of the placeholders' dtypes.

    Args:
        names: of the placeholders, in order.
        types: by name; a dimension that is a symbol takes any size.
        data: an array (see ``as_samples``) where there is one placeholder, a list of them in the order of ``names``, or
            a dict by name. Where a placeholder has rank 2, ``(n,)`` becomes ``(n, 1)``, and where it has rank 1,
            ``(n, 1)`` becomes ``(n,)``. Numbers that are read a few samples at a time are checked as they are read.
        what: the word for a placeholder in messages.

    Raises:
        ValueError: the number of arrays, a name, a rank or a known dimension differs, or a number does not fit an
            integer placeholder (NaN, 2.5).
        TypeError: an array does not hold numbers.
    """
    given = by_name(names, data, what)
    missing = [name for name in names if given.get(name) is None]
    if missing:
        raise ValueError(f"no data for {what} {missing[0]!r}; the model has {listing(names, what)}")
    return {name: _fitted(f"{what} {name!r}", types[name], given[name], adapt=True) for name in names}


def standardize_weights(
    names: Sequence[str], types: Mapping[str, TensorType], data: Any, what: str = "sample weight"
) -> dict[str, Samples]:
    """Like ``standardize``, for weights: those that are absent or ``None`` are left out, and ranks must be exact."""
    given = by_name(names, data, what)
    wanted = [name for name in names if given.get(name) is not None]
    return {name: _fitted(f"{what} {name!r}", types[name], given[name], adapt=False) for name in wanted}


def by_name(names: Sequence[str], data: Any, what: str) -> Mapping[str, Any]:
    """``data`` as a mapping from names to what was given for them; empty where it is ``None``.

    Raises:
        ValueError: a name is unknown, or the number of arrays differs.
    """
    if data is None:
        return {}
    if isinstance(data, Mapping):
        unknown = [name for name in data if name not in names]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no {what} of the model, which has {listing(names, what)}")
        return data
    if isinstance(data, (list, tuple)) and (len(names) != 1 or _lists_items(data)):
        if len(data) != len(names):
            raise ValueError(f"{counted(len(data), 'array')} given, but the model has {listing(names, what)}")
        return dict(zip(names, data, strict=True))
    if len(names) != 1:
        raise ValueError(f"one array given, but the model has {listing(names, what)}; pass a list or a dict")
    return {names[0]: data}


def _lists_items(data: Sequence[Any]) -> bool:
    """Whether a list has an item for each placeholder, rather than being one array written as a list."""
    return any(item is None or isinstance(item, Mapping) or _has_axes(item) for item in data)


def _has_axes(item: Any) -> bool:
    return is_array_like(item) and len(getattr(item, "shape", (1,))) > 0


def counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def listing(names: Sequence[str], what: str) -> str:
    return f"{counted(len(names), what)} ({', '.join(names)})" if names else f"no {what}s"


def _fitted(label: str, type: TensorType, value: Any, adapt: bool) -> Samples:
    """``value`` in the shape and dtype of ``type``."""
    samples = as_samples(label, value)
    shaped = _adapted(samples, type) if adapt else samples
    fits = shaped.ndim == type.rank and all(
        not isinstance(want, int) or want == have for want, have in zip(type.shape, shaped.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{label} expects shape {shape_text(type.shape)} but got {samples.shape}")
    if isinstance(shaped, np.memmap) and not _is_ready(shaped, type):
        shaped = mapped_rows(label, shaped)
    if isinstance(shaped, Rows):
        return shaped.mapped(
            shaped.shape[1:], type.numpy_dtype, lambda array, rows: _converted(label, array, type, rows)
        )
    return _converted(label, np.asarray(shaped), type)


def _is_ready(array: np.ndarray, type: TensorType) -> bool:
    """Whether kernels can read ``array`` as it is."""
    return array.dtype == type.numpy_dtype and array.flags.carray


def _adapted(samples: Samples, type: TensorType) -> Samples:
    """``samples`` with a last axis of 1 added or removed, between ranks 1 and 2."""
    if samples.ndim == 1 and type.rank == 2:
        return samples.reshape(len(samples), 1)
    if samples.ndim == 2 and type.rank == 1 and samples.shape[1] == 1:
        return samples.reshape(len(samples))
    return samples


def _converted(label: str, array: np.ndarray, type: TensorType, rows: Window | None = None) -> np.ndarray:
    """``array`` in the dtype of ``type``; numbers stay what they are where that is an integer dtype.

    ``rows`` are the numbers of its samples, where it is not all of them.
    """
    if array.dtype.kind == "f" and not type.is_float:
        _refuse(label, array, np.isnan(array), type, rows)
    if type.dtype in INTS and array.dtype != type.numpy_dtype:
        limits = np.iinfo(type.numpy_dtype)
        outside = (array < limits.min) | (array > limits.max)
        # 2**63 rounds to itself as a float, so that comparing with the limit as a float lets it through.
        fraction = (array != np.trunc(array)) | (array >= 2.0**63) if array.dtype.kind == "f" else False
        _refuse(label, array, outside | fraction, type, rows)
    with np.errstate(over="ignore"):
        return np.require(array, type.numpy_dtype, ["C", "A"])


def _refuse(label: str, array: np.ndarray, refused: np.ndarray, type: TensorType, rows: Window | None) -> None:
    if refused.any():
        position = np.argwhere(refused)[0]
        value = array[tuple(position)].item()
        number = sample_number(rows, int(position[0]))
        raise ValueError(f"{label} is {DTYPES[type.dtype]}, but sample {number} holds {value!r}")


def check_sample_counts(**groups: Mapping[str, Samples] | None) -> int:
    """The number of samples that all arrays of all groups have.

    Args:
        groups: ``input=``, ``target=``, ``sample_weight=``: arrays by name.

    Raises:
        ValueError: two arrays differ, or there is none.
    """
    counts = {
        f"{group.replace('_', ' ')} {name!r}": array.shape[0]
        for group, arrays in groups.items()
        for name, array in (arrays or {}).items()
    }
    if not counts:
        raise ValueError("no arrays were given, so there are no samples")
    first, samples = next(iter(counts.items()))
    for label, count in counts.items():
        if count != samples:
            raise ValueError(f"{first} has {counted(samples, 'sample')}, but {label} has {count}")
    return samples
