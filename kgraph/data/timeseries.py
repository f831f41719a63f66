"""Windows over a series, as batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kgraph.arguments import one_of
from kgraph.data.array_likes import as_samples
from kgraph.data.rows import Samples, take


class TimeseriesDataset:
    """Batches of windows over a series: what ``timeseries_dataset_from_array`` gives. It can be iterated again.

    Attributes:
        starts: the first step of each window, in order of time.
    """

    def __init__(
        self, data: Samples, targets: Samples | None, starts: np.ndarray, offsets: np.ndarray, batch_size: int | None
    ) -> None:
        """
        Args:
            data: the series, steps first.
            targets: for each step the target of the window that starts there.
            starts: of the windows.
            offsets: from a window's start to its steps.
            batch_size: windows in a batch; ``None`` gives them one by one, without an axis for them.
        """
        self.starts = starts
        self.batch_size = batch_size
        self._data = data
        self._targets = targets
        self._offsets = offsets
        self._generator: np.random.RandomState | None = None

    def shuffled(self, seed: int | None) -> TimeseriesDataset:
        """This dataset, once it takes the windows in another order at each iteration."""
        self._generator = np.random.RandomState(np.random.randint(1_000_000) if seed is None else seed)
        return self

    def __len__(self) -> int:
        return len(self.starts) if self.batch_size is None else -(-len(self.starts) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        starts = self.starts if self._generator is None else self._generator.permutation(self.starts)
        for first in range(0, len(starts), self.batch_size or 1):
            inputs, targets = self._windows(starts[first : first + (self.batch_size or 1)])
            if self.batch_size is None:
                inputs, targets = inputs[0], None if targets is None else targets[0]
            yield inputs if targets is None else (inputs, targets)

    def _windows(self, starts: np.ndarray) -> tuple[np.ndarray, Any]:
        targets = None if self._targets is None else _gathered(self._targets, starts)
        return _gathered(self._data, starts[:, np.newaxis] + self._offsets), targets


def _gathered(samples: Samples, steps: np.ndarray) -> np.ndarray:
    """The samples ``steps``, of any shape, each read once."""
    if isinstance(samples, np.ndarray):
        return samples[steps]
    needed, places = np.unique(steps, return_inverse=True)
    return take(samples, needed)[places.reshape(steps.shape)]


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> TimeseriesDataset:
    """Windows over a series: window ``i`` has the steps ``i*sequence_stride + k*sampling_rate`` for all ``k`` below
    ``sequence_length``.

    Args:
        data: the series, steps first: an array of any kind.
        targets: ``targets[i]`` belongs to the window that starts at step ``i``; ``None`` for windows alone.
        sequence_length: steps in a window.
        sequence_stride: steps from the start of a window to that of the next.
        sampling_rate: steps from one step in a window to the next.
        batch_size: windows in a batch, the last of which may be short; ``None`` gives them one by one.
        shuffle: whether each iteration takes the windows in a new order.
        seed: of the shuffling; drawn from numpy's global generator where not given.
        start_index, end_index: the part of the series to take; the first step, and the one after the last.
        format: ``"tf"`` or ``"grain"``, as Keras has it; the dataset is the same.

    Returns:
        A dataset whose batches are ``(windows, targets)``, or windows alone, where a window is
        ``(sequence_length, ...)``.

    Raises:
        ValueError: an argument makes no sense for a series of this length.
    """
    series = as_samples("data", data)
    _check_part(len(series), start_index, end_index)
    for what, steps in (("sampling_rate", sampling_rate), ("sequence_stride", sequence_stride)):
        if not 0 < steps < len(series):
            raise ValueError(f"{what} must be above 0 and below the {len(series)} steps of the data, not {steps}")
    one_of("format", format, ("tf", "grain"))
    part = slice(start_index or 0, len(series) if end_index is None else end_index)
    wanted = None if targets is None else as_samples("targets", targets)[part]
    offsets = np.arange(sequence_length) * sampling_rate
    windows = part.stop - part.start - (sequence_length - 1) * sampling_rate
    last = windows if wanted is None else min(windows, len(wanted))
    dataset = TimeseriesDataset(series[part], wanted, np.arange(0, last, sequence_stride), offsets, batch_size)
    return dataset.shuffled(seed) if shuffle else dataset


def _check_part(steps: int, start: int | None, end: int | None) -> None:
    if start is not None and not 0 <= start < steps:
        raise ValueError(f"start_index must be at least 0 and below the {steps} steps of the data, not {start}")
    if end is not None and not (start or 0) < end <= steps:
        raise ValueError(f"end_index must be above {start or 0} and at most the {steps} steps of the data, not {end}")
