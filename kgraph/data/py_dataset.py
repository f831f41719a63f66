"""Datasets that give a batch by its number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any


class PyDataset:
    """A dataset that gives whole batches by number. Subclasses define ``__getitem__`` and ``__len__``.

    ``fit`` goes through it once an epoch, in a new order of batches where it shuffles.

    Args:
        workers: how many threads (or processes) make batches; with 0 they are made where they are used.
        use_multiprocessing: whether the workers are processes, for work that holds Python's lock. The dataset must then
            be one that can be sent to them.
        max_queue_size: how many batches may be made ahead.
    """

    #: Also for a subclass that does not call ``super().__init__()``.
    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Batch ``index``: ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``, or a dict of inputs by name."""
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__, which gives a batch by its number")

    def __iter__(self) -> Iterator[Any]:
        numbers = count() if self.num_batches is None else range(self.num_batches)
        return (self[number] for number in numbers)

    @property
    def num_batches(self) -> int | None:
        """The number of batches: ``len(self)``. ``None`` where there is no end of them."""
        length = getattr(self, "__len__", None)
        if length is None:
            raise NotImplementedError(f"{type(self).__name__} has no __len__, which gives the number of batches")
        return int(length())

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


#: The older name.
Sequence = PyDataset
