"""Arrays, and rows of what is no array, as a source."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import Final

import numpy as np

from kgraph.data.order import epoch_order
from kgraph.data.prefetch import Reader
from kgraph.data.rows import Samples, take
from kgraph.data.source import Chunk, Source, warn_of_short_pass

#: How much is read at a time of what is no array, in bytes; at least one batch.
CHUNK_BYTES: Final = 4 << 20


class ArraySource(Source):
    """Batches out of samples whose number is known.

    A pass takes all samples once. With ``steps`` it takes that many batches, and the next pass goes on where it
    stopped; a pass that meets the end of the samples ends there, with a warning if batches are missing.
    """

    def __init__(
        self,
        samples: Mapping[str, Samples],
        count: int,
        batch: int,
        shuffle: bool | str = False,
        steps: int | None = None,
    ) -> None:
        """
        Args:
            samples: by placeholder.
            count: how many there are of each.
            batch: samples in a batch; the last one may be short.
            shuffle: see ``epoch_order``.
            steps: batches in a pass.
        """
        self.samples = samples
        self.count = count
        self.batch = batch
        self.steps = -(-count // batch) if steps is None else steps
        self._shuffle = shuffle
        self._order: np.ndarray | None = None
        self._next = 0
        self._reader = Reader(1)

    def epoch(self) -> Generator[Chunk, None, None]:
        assert self.steps is not None
        if self._next == 0:
            self._order = epoch_order(self.count, self._shuffle, self.batch)
        first = self._next
        rows = min(self.steps * self.batch, self.count - first)
        self._next = (first + rows) % max(self.count, 1)
        yield from self._chunks(first, rows)
        if rows <= (self.steps - 1) * self.batch:
            warn_of_short_pass(-(-rows // self.batch), self.steps)

    def rewind(self) -> None:
        self._next = 0

    def close(self) -> None:
        self._reader.close()

    def _chunks(self, first: int, rows: int) -> Iterator[Chunk]:
        in_place = {name: samples for name, samples in self.samples.items() if isinstance(samples, np.ndarray)}
        if len(in_place) == len(self.samples):
            yield Chunk(in_place, self._order, first, rows, self.batch)
        else:
            yield from self._reader.read(self._read_chunks(first, rows))

    def _read_chunks(self, first: int, rows: int) -> Iterator[Chunk]:
        """Some batches at a time, in memory and in order."""
        size = self.batch * max(1, CHUNK_BYTES // max(self._batch_bytes(), 1))
        for begin in range(first, first + max(rows, 1), size):
            window = slice(begin, min(begin + size, first + rows))
            taken = window if self._order is None else self._order[window]
            arrays = {name: take(samples, taken) for name, samples in self.samples.items()}
            yield Chunk(arrays, None, 0, window.stop - begin, self.batch)

    def _batch_bytes(self) -> int:
        """The bytes of a batch once it is read."""
        tails = ((samples.shape[1:], samples.dtype.itemsize) for samples in self.samples.values())
        return self.batch * sum(int(np.prod(tail)) * size for tail, size in tails)
