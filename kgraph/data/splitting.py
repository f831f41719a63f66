"""A dataset cut in two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from kgraph import tree
from kgraph.data.array_likes import as_samples, is_array_like
from kgraph.data.rows import Samples, take
from kgraph.data.standardize import counted
from kgraph.data.streams import is_stream


class SampleDataset:
    """Samples out of arrays, one by one, or in batches after ``batch``. It can be iterated again and again."""

    def __init__(self, arrays: Any, rows: np.ndarray, batch_size: int | None = None) -> None:
        """
        Args:
            arrays: any nesting of tuples and dicts, samples first.
            rows: the numbers of the samples, in their order here.
            batch_size: samples in a batch; ``None`` gives them one by one.
        """
        self.arrays = arrays
        self.rows = rows
        self.batch_size = batch_size

    def batch(self, batch_size: int) -> SampleDataset:
        """The same samples in batches, of which the last may be short."""
        return SampleDataset(self.arrays, self.rows, batch_size)

    def __len__(self) -> int:
        return len(self.rows) if self.batch_size is None else -(-len(self.rows) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        for first in range(0, len(self.rows), self.batch_size or 1):
            rows = self.rows[first : first + (self.batch_size or 1)]
            batch = tree.map_structure(lambda array, rows=rows: take(array, rows), self.arrays)
            yield tree.map_structure(lambda array: array[0], batch) if self.batch_size is None else batch


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[SampleDataset, SampleDataset]:
    """Cuts a dataset into its first and its last samples.

    Args:
        dataset: an array, a list or tuple of arrays of one length, or what gives batches (its samples are read into
            memory, and the two parts have batches of the size of its first).
        left_size, right_size: a fraction of the samples or their number; what the other leaves where not given.
        shuffle: whether to draw the samples of the two parts.
        seed: of the drawing; Python's own ``random`` goes on where not given.
        preferred_backend: accepted; there is one kind of dataset.

    Returns:
        Two datasets of samples, or of batches.

    Raises:
        ValueError: a size makes no sense, there are no samples, or the arrays differ in length.
        TypeError: a size is no number, or ``dataset`` is no such thing.
    """
    arrays, batch_size = _arrays_of(dataset)
    count = _same_length(tree.flatten(arrays))
    left, right = _sizes(left_size, right_size, count)
    rows = _order(count, shuffle, seed)
    return SampleDataset(arrays, rows[:left], batch_size), SampleDataset(arrays, rows[count - right :], batch_size)


def _arrays_of(dataset: Any) -> tuple[Any, int | None]:
    """All samples as arrays, and the size of the batches they came in."""
    if is_array_like(dataset):
        return as_samples("dataset", dataset), None
    if isinstance(dataset, (list, tuple)):
        return tuple(as_samples(f"array {place} of the dataset", array) for place, array in enumerate(dataset)), None
    if not is_stream(dataset):
        raise TypeError(f"a dataset is an array, a list of arrays, or gives batches, not a {type(dataset).__name__}")
    batches = [tree.map_structure(np.asarray, _as_tuple(batch)) for batch in dataset]
    if not batches:
        raise ValueError("the dataset has no batches")
    arrays = tree.map_structure(lambda *parts: np.concatenate(parts), *batches)
    return arrays, len(tree.flatten(batches[0])[0])


def _as_tuple(batch: Any) -> Any:
    return tuple(batch) if isinstance(batch, list) else batch


def _same_length(arrays: Sequence[Samples]) -> int:
    lengths = [len(array) for array in arrays]
    if not lengths or not lengths[0]:
        raise ValueError("the dataset has no samples")
    for place, length in enumerate(lengths):
        if length != lengths[0]:
            raise ValueError(
                f"array 0 of the dataset has {counted(lengths[0], 'sample')}, but array {place} has {length}"
            )
    return lengths[0]


def _order(count: int, shuffle: bool, seed: int | None) -> np.ndarray:
    numbers = list(range(count))
    if shuffle:
        import random

        (random if seed is None else random.Random(seed)).shuffle(numbers)
    return np.asarray(numbers)


def _sizes(left: float | None, right: float | None, count: int) -> tuple[int, int]:
    """The numbers of samples on the left and on the right."""
    if left is None and right is None:
        raise ValueError("left_size or right_size must be given")
    known_left, known_right = _size("left_size", left, count), _size("right_size", right, count)
    left_count = count - (known_right or 0) if known_left is None else known_left
    right_count = count - left_count if known_right is None else known_right
    if left_count + right_count > count:
        raise ValueError(
            f"left_size {left} and right_size {right} are more than the {counted(count, 'sample')} there are"
        )
    for side, size in (("left", left_count), ("right", right_count)):
        if size == 0:
            raise ValueError(
                f"{counted(count, 'sample')} with left_size {left} and right_size {right} leave none {side}"
            )
    return left_count, right_count


def _size(what: str, given: float | None, count: int) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"{what} must be an int, a float or None, not {given!r}")
    if not 0 < given < (count if isinstance(given, int) else 1):
        raise ValueError(f"{what} must be a fraction between 0 and 1, or a number below {count}, not {given}")
    return given if isinstance(given, int) else round(given * count)
