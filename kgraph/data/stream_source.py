"""A stream as a source."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from kgraph.data.source import Chunk, Source, warn_of_short_pass
from kgraph.data.streams import OneShotStream, Stream, unpack_x_y_sample_weight

#: ``(x, y, sample_weight) -> arrays by placeholder``.
Prepare = Callable[[Any, Any, Any], Mapping[str, np.ndarray]]


class StreamSource(Source):
    """The batches of a stream.

    A pass goes once through the stream. With ``steps`` it takes that many batches, and the next pass goes on where it
    stopped. A pass that meets the end before its time warns, and the next one begins anew, unless the stream can be had
    only once: then the source is over.
    """

    def __init__(self, stream: Stream, prepare: Prepare, steps: int | None = None) -> None:
        """
        Args:
            stream: gives the batches.
            prepare: what makes arrays for the placeholders of a batch.
            steps: batches in a pass.
        """
        self._stream = stream
        self._prepare = prepare
        self._wanted = steps
        self._learned: int | None = None
        self._round: Iterator[Any] | None = None
        self._seen = 0

    @property
    def steps(self) -> int | None:  # type: ignore[override]
        """As asked for, as the stream knows, or as many as the latest whole pass had."""
        return self._wanted or self._stream.length or self._learned

    def epoch(self) -> Generator[Chunk, None, None]:
        self._stream.on_epoch_begin()
        wanted, length = self._wanted or self._stream.length, self._stream.length
        if self._round is None:
            self._round, self._seen = self._stream.batches(), 0
        most = wanted if wanted is None or length is None else min(wanted, length - self._seen)
        number = 0
        for number, batch in enumerate(self._read(most), 1):
            yield self._chunk(batch, number - 1)
        self._seen += number
        if most is None or number < most or self._seen == length:
            self._round = None
            self.is_over = isinstance(self._stream, OneShotStream)
        expected = wanted or (self._learned if number == 0 else None)
        if expected is not None and number < expected:
            warn_of_short_pass(number, expected)
        elif wanted is None:
            self._learned = number
        self._stream.on_epoch_end()

    def rewind(self) -> None:
        if self._round is not None and not self.is_over:
            self._stream.drop(self._round)
            self._round = None

    def close(self) -> None:
        self._stream.close()
        self.rewind()

    def _read(self, most: int | None) -> Iterator[Any]:
        """The batches of a pass; an error in making one gets its number."""
        assert self._round is not None
        batches = self._stream.reader.read(self._round, most)
        number = 0
        while True:
            try:
                batch = next(batches)
            except StopIteration:
                if number or not self._seen or isinstance(self._stream, OneShotStream):
                    return
                # The pass before ended just where the stream did.
                self._round, self._seen = self._stream.batches(), 0
                batches = self._stream.reader.read(self._round, most)
                continue
            except Exception as error:
                _raise_with_number(error, number)
            yield batch
            number += 1

    def _chunk(self, batch: Any, number: int) -> Chunk:
        with _naming_batch(number):
            arrays = self._prepare(*unpack_x_y_sample_weight(batch))
        rows = len(next(iter(arrays.values()), ()))
        return Chunk(arrays, None, 0, rows, max(rows, 1))


def _raise_with_number(error: Exception, number: int) -> None:
    """Raises what the data raised for a batch, with its number: a note, or in Python 3.10 an error around it."""
    message = f"raised by the data for batch {number} of the pass"
    if sys.version_info >= (3, 11):
        error.add_note(message)
        raise error
    raise RuntimeError(f"{type(error).__name__} {message}: {error}") from error


@contextmanager
def _naming_batch(number: int) -> Iterator[None]:
    """Tells the batch of data that do not fit."""
    try:
        yield
    except (ValueError, TypeError) as error:
        error.args = (f"{error}, in batch {number} of the pass",)
        raise
