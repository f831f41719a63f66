"""Which samples come when: in the order of an epoch, and in a validation."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from kgraph.data.standardize import counted
from kgraph.tree import flatten, map_structure

Structure = TypeVar("Structure")


def split_validation(arrays: Structure, fraction: float) -> tuple[Structure, Structure]:
    """``arrays`` without their last samples, and those last samples: ``fraction`` of all, in the order given.

    Args:
        arrays: any nesting of lists and dicts, with arrays of equal lengths (or ``None``, which stays) as leaves.

    Raises:
        ValueError: ``fraction`` is not between 0 and 1, or one of the two parts would have no samples.
    """
    if not isinstance(fraction, (int, float)) or not 0 < fraction < 1:
        raise ValueError(f"validation_split must lie between 0 and 1, but is {fraction!r}")
    samples = next(len(array) for array in flatten(arrays) if array is not None)
    kept = int(samples * (1 - fraction))
    if not 0 < kept < samples:
        part = "training" if kept == 0 else "validation"
        raise ValueError(f"validation_split={fraction} of {counted(samples, 'sample')} leaves none for {part}")

    def part_of(window: slice) -> Structure:
        return map_structure(lambda array: None if array is None else array[window], arrays)

    return part_of(slice(kept)), part_of(slice(kept, None))


def epoch_order(samples: int, shuffle: bool | str, batch: int = 1) -> np.ndarray | None:
    """The order of the samples in an epoch, int64 ``(samples,)``, or ``None`` for the order given.

    Drawn from numpy's global generator, which ``set_random_seed`` seeds.

    Args:
        samples: how many there are.
        shuffle: whether to draw an order; ``"batch"`` for one within each batch of neighbours.
        batch: samples in a batch.

    Raises:
        ValueError: ``shuffle`` is another word.
    """
    if isinstance(shuffle, str):
        if shuffle != "batch":
            raise ValueError(f"shuffle must be True, False or 'batch', not {shuffle!r}")
        windows = ((first, min(first + batch, samples)) for first in range(0, samples, batch))
        parts = [np.random.permutation(end - first) + first for first, end in windows]
        return np.concatenate([np.empty(0, np.int64), *parts])
    return np.random.permutation(samples).astype(np.int64, copy=False) if shuffle else None
