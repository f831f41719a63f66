"""The loop over batches: many steps per call into C, totals over an epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np

from kgraph.compile.outputs import Reported
from kgraph.data import Chunk
from kgraph.runtime.checked import feeds_at
from kgraph.runtime.errors import NodeError
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.runtime.function import Function

#: How long one call into C may take before Python looks at signals, callbacks and the progress bar, in seconds.
_CALL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Steps:
    """What one call into C did.

    Attributes:
        first: the index of the first step in the epoch.
        results: one row per step, one column per reported number.
        samples: how many samples each of the steps saw.
        chunk: where these come from.
        last_row: where, in the order of the chunk, the samples of the last step begin.
    """

    first: int
    results: np.ndarray
    samples: int
    chunk: Chunk
    last_row: int

    @property
    def end(self) -> int:
        return self.first + len(self.results)

    def last_feeds(self) -> dict[str, np.ndarray]:
        """What the last of the steps was fed."""
        return feeds_at(self.chunk.arrays, self.chunk.order, self.last_row, self.samples)


class Totals:
    """The reported values over an epoch: batch values averaged over samples, or the last value where state is kept.

    Args:
        reported: what the columns of the steps are: each value takes as many as it has numbers.
    """

    def __init__(self, reported: Sequence[Reported]) -> None:
        self.reported = reported
        self.names = [each.name for each in reported]
        sizes = [prod(each.shape) for each in reported]
        self.kept = np.repeat([each.is_kept for each in reported], sizes)
        self._begins = None if set(sizes) <= {1} else np.cumsum(sizes)[:-1]
        self.sums = np.zeros(len(self.kept))
        self.last = np.zeros(len(self.kept))
        self.samples = 0
        self.steps = 0

    def add(self, steps: Steps) -> None:
        self.sums += steps.results.sum(axis=0) * steps.samples
        self.samples += steps.samples * len(steps.results)
        self.steps += len(steps.results)
        self.last = steps.results[-1].copy()

    def logs(self) -> dict[str, Any]:
        """The values so far, by name: a float, or an array where a metric has several numbers.

        There are none before the first step.
        """
        if not self.steps:
            return {}
        numbers = np.where(self.kept, self.last, self.sums / max(self.samples, 1))
        if self._begins is None:
            return dict(zip(self.names, numbers.tolist(), strict=True))
        parts = zip(self.reported, np.split(numbers, self._begins), strict=True)
        return {each.name: part.item() if part.size == 1 else part.reshape(each.shape) for each, part in parts}


def run_epoch(
    function: Function, chunks: Iterable[Chunk], begin: Callable[[int], None] | None = None
) -> Iterator[Steps]:
    """Runs ``function`` over the batches of ``chunks``; yields after each call into C.

    Args:
        function: what it gives is reported.
        chunks: of one pass.
        begin: called with the number of each batch before it is run, for those who look at each: every step is then a
            call of its own.
    """
    done, most = 0, 1
    for chunk in chunks:
        next_row, end = chunk.first, chunk.first + chunk.rows
        while next_row < end:
            batch = min(chunk.batch, end - next_row)
            steps = min(most, (end - next_row) // batch)
            if begin is not None:
                begin(done)
            start = time.perf_counter()
            with counting_batches(done):
                results = function.run_steps(chunk.arrays, chunk.order, next_row, batch, steps)
            yield Steps(done, results, batch, chunk, next_row + (steps - 1) * batch)
            done += steps
            next_row += steps * batch
            per_step = max(time.perf_counter() - start, 1e-9) / steps
            most = 1 if begin is not None else max(1, min(4 * steps, int(_CALL_SECONDS / per_step)))


@contextmanager
def counting_batches(first: int, is_known: bool = True) -> Iterator[None]:
    """Tells the batch of a value that a step refuses, or that is not finite.

    Args:
        first: the batch of the first step inside.
        is_known: whether an error of the data is of that batch, or else of one that it tells, or of a later one.
    """
    try:
        yield
    except NonFiniteError as error:
        error.batch = first + error.step
        raise
    except ValueError as error:
        if is_known:
            batch = first
            if isinstance(error, NodeError):
                batch = error.step = first + error.step
            error.args = (f"{error}, in batch {batch} of the pass",)
        raise
