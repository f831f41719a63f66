"""What gives batches one after the other: generators, datasets, loaders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, count
from typing import Any, Final, NamedTuple

from kgraph.data.array_likes import is_array_like
from kgraph.data.prefetch import Reader
from kgraph.data.workers import made_by_workers

#: How many batches of a stream are read ahead.
_AHEAD: Final = 4


class Queued(NamedTuple):
    """A stream, and how it is to be read where its own settings do not count."""

    data: Any
    workers: int
    use_multiprocessing: bool
    max_queue_size: int


def is_stream(data: Any) -> bool:
    """Whether ``data`` gives batches, rather than being arrays, lists of them or a dict."""
    if isinstance(data, Queued) or _gives_batches_by_number(data):
        return True
    return isinstance(data, Iterable) and not isinstance(data, (Sequence, Mapping)) and not is_array_like(data)


def open_stream(data: Any, shuffle: bool = False) -> Stream:
    """The stream that ``data`` is.

    Args:
        data: see ``is_stream``.
        shuffle: whether batches that are had by number come in a new order each time.
    """
    how = data if isinstance(data, Queued) else _queued(data)
    if _gives_batches_by_number(how.data):
        return NumberedStream(how, shuffle)
    ahead = how.max_queue_size if how.workers else 0
    return OneShotStream(how.data, ahead) if isinstance(how.data, Iterator) else IterableStream(how.data, ahead)


def _queued(data: Any) -> Queued:
    """``data`` as it says itself, if it does."""
    if not _gives_batches_by_number(data):
        return Queued(data, 1, False, _AHEAD)
    wanted = getattr(data, "workers", 1), getattr(data, "use_multiprocessing", False)
    return Queued(data, *wanted, getattr(data, "max_queue_size", _AHEAD))


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Inputs, targets and weights of a batch ``x``, ``(x,)``, ``(x, y)`` or ``(x, y, sample_weight)``.

    Raises:
        ValueError: it is a tuple or list of another length.
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"a batch must be x, (x,), (x, y) or (x, y, sample_weight), not a {_kind(data)}")
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """A batch of inputs, targets and weights, as short as it can be told."""
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def _kind(data: Any) -> str:
    return f"{type(data).__name__} of {len(data)}"


def _gives_batches_by_number(data: Any) -> bool:
    """Whether ``data`` is a ``PyDataset``, of this package or of another."""
    return hasattr(data, "__getitem__") and hasattr(data, "on_epoch_end")


class Stream:
    """Batches, gone through once or again and again.

    Attributes:
        length: the number of batches; ``None`` where it is not known.
        reader: what reads them.
    """

    def __init__(self, length: int | None, ahead: int) -> None:
        self.length = length
        self.reader = Reader(ahead)

    def batches(self) -> Iterator[Any]:
        """All batches, from the first on; from where they stopped, where they can be had only once."""
        raise NotImplementedError

    def peek(self) -> Any:
        """The first batch, which still comes first afterwards.

        Raises:
            ValueError: there is none.
        """
        batches = self.batches()
        for first in self.reader.read(batches, 1):
            self._put_back(first, batches)
            return first
        raise ValueError("the data has no batches")

    def _put_back(self, first: Any, batches: Iterator[Any]) -> None:
        """Undoes the taking of ``first``."""
        self.drop(batches)

    def drop(self, batches: Iterator[Any]) -> None:
        """Ends ``batches``, of which no more is wanted."""
        # One that its reader hangs in cannot be closed, and ends with its reader.
        with suppress(ValueError):
            getattr(batches, "close", _nothing)()

    def on_epoch_begin(self) -> None:
        """Before a pass."""

    def on_epoch_end(self) -> None:
        """After a pass."""

    def close(self) -> None:
        """Ends what reads."""
        self.reader.close()


class OneShotStream(Stream):
    """A generator or another iterator, which goes on where it stopped."""

    def __init__(self, iterator: Iterator[Any], ahead: int) -> None:
        super().__init__(None, ahead)
        self._iterator = iterator

    def batches(self) -> Iterator[Any]:
        return self._iterator

    def _put_back(self, first: Any, batches: Iterator[Any]) -> None:
        self._iterator = chain([first], batches)

    def drop(self, batches: Iterator[Any]) -> None:
        """It is the caller's, and may be wanted again."""


class IterableStream(Stream):
    """What can be gone through again: a loader, a dataset."""

    def __init__(self, data: Iterable[Any], ahead: int) -> None:
        super().__init__(_length(data), ahead)
        self._data = data

    def batches(self) -> Iterator[Any]:
        # A generator, so that all of it runs where it is read.
        yield from self._data


class NumberedStream(Stream):
    """A ``PyDataset``."""

    def __init__(self, how: Queued, shuffle: bool) -> None:
        self._dataset = how.data
        self._how = how
        self._shuffle = shuffle
        self._has_pool = how.workers > 1 or (how.workers > 0 and how.use_multiprocessing)
        # A pool makes batches ahead by itself.
        super().__init__(self._count(), 0 if self._has_pool or not how.workers else how.max_queue_size)

    def _count(self) -> int | None:
        if not hasattr(self._dataset, "num_batches"):
            return _length(self._dataset)
        number = self._dataset.num_batches
        return None if number is None else int(number)

    def batches(self) -> Iterator[Any]:
        numbers: Iterable[int] = count() if self.length is None else self._numbers(self.length)
        if self._has_pool:
            how = self._how
            return made_by_workers(self._dataset, numbers, how.workers, how.use_multiprocessing, how.max_queue_size)
        return (self._dataset[number] for number in numbers)

    def _numbers(self, length: int) -> list[int]:
        """The numbers of all batches, drawn by Python's ``random`` where they are shuffled."""
        from random import shuffle

        numbers = list(range(length))
        if self._shuffle:
            shuffle(numbers)
        return numbers

    def peek(self) -> Any:
        if self.length == 0:
            raise ValueError("the data has no batches")
        return self._dataset[0]

    def on_epoch_begin(self) -> None:
        getattr(self._dataset, "on_epoch_begin", _nothing)()
        self.length = self._count()

    def on_epoch_end(self) -> None:
        self._dataset.on_epoch_end()


def _nothing() -> None:
    """The hook of a dataset that has none."""


def _length(data: Any) -> int | None:
    """The number of batches, where ``data`` knows."""
    try:
        return len(data)
    except (TypeError, NotImplementedError):
        return None
