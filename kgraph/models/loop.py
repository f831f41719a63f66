"""The loop over batches: many steps per call into C, totals over an epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from kgraph.data import Chunk
from kgraph.runtime.errors import NodeError
from kgraph.runtime.function import Function

#: How long one call into C may take before Python looks at signals, callbacks and the progress bar, in seconds.
_CALL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Steps:
    """What one call into C did.

    Attributes:
        first: the index of the first step in the epoch.
        results: one row per step, one column per reported value.
        samples: how many samples each of the steps saw.
    """

    first: int
    results: np.ndarray
    samples: int

    @property
    def end(self) -> int:
        return self.first + len(self.results)


class Totals:
    """The reported values over an epoch: batch values averaged over samples, or the last value where state is kept."""

    def __init__(self, names: Sequence[str], stateful: np.ndarray) -> None:
        self.names = list(names)
        self.stateful = stateful
        self.sums = np.zeros(len(self.names))
        self.last = np.zeros(len(self.names))
        self.samples = 0
        self.steps = 0

    def add(self, steps: Steps) -> None:
        self.sums += steps.results.sum(axis=0) * steps.samples
        self.samples += steps.samples * len(steps.results)
        self.steps += len(steps.results)
        self.last = steps.results[-1].copy()

    def logs(self) -> dict[str, float]:
        """The values so far, by name; none before the first step."""
        if not self.steps:
            return {}
        means = self.sums / max(self.samples, 1)
        return dict(zip(self.names, np.where(self.stateful, self.last, means).tolist(), strict=True))


def run_epoch(
    function: Function, chunks: Iterable[Chunk], begin: Callable[[int], None] | None = None
) -> Iterator[Steps]:
    """Runs ``function`` over the batches of ``chunks``; yields after each call into C.

    Args:
        function: all its outputs are scalars.
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
            yield Steps(done, results, batch)
            done += steps
            next_row += steps * batch
            per_step = max(time.perf_counter() - start, 1e-9) / steps
            most = 1 if begin is not None else max(1, min(4 * steps, int(_CALL_SECONDS / per_step)))


@contextmanager
def counting_batches(first: int) -> Iterator[None]:
    """Tells the batch of a value that a step refuses, where the steps inside begin with batch ``first``."""
    try:
        yield
    except NodeError as error:
        error.step += first
        error.args = (f"{error}, in batch {error.step} of the pass",)
        raise
    except ValueError as error:
        error.args = (f"{error}, in batch {first} of the pass",)
        raise
