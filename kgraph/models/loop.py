"""The loop over batches: many steps per call into C, totals over an epoch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

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

    def add(self, steps: Steps) -> None:
        self.sums += steps.results.sum(axis=0) * steps.samples
        self.samples += steps.samples * len(steps.results)
        self.last = steps.results[-1].copy()

    def logs(self) -> dict[str, float]:
        """The values so far, by name."""
        means = self.sums / max(self.samples, 1)
        return dict(zip(self.names, np.where(self.stateful, self.last, means).tolist(), strict=True))


def run_epoch(
    function: Function,
    sources: Mapping[str, np.ndarray],
    order: np.ndarray | None,
    samples: int,
    batch_size: int,
    one_by_one: bool,
) -> Iterator[Steps]:
    """Runs ``function`` over all ``samples`` in batches, the last one short; yields after each call into C.

    Args:
        function: all its outputs are scalars.
        sources: an array per placeholder, samples first.
        order: the order in which samples are taken; as they stand where ``None``.
        samples: how many there are.
        batch_size: samples per step.
        one_by_one: whether every step is a call of its own, for those who look at each batch.
    """
    full, rest = divmod(samples, batch_size)
    done, steps = 0, 1
    while done < full:
        steps = min(steps, full - done)
        start = time.perf_counter()
        with _counting_batches(done):
            results = function.run_steps(sources, order, done * batch_size, batch_size, steps)
        yield Steps(done, results, batch_size)
        done += steps
        per_step = max(time.perf_counter() - start, 1e-9) / steps
        steps = 1 if one_by_one else max(1, min(4 * steps, int(_CALL_SECONDS / per_step)))
    if rest:
        with _counting_batches(full):
            results = function.run_steps(sources, order, full * batch_size, rest, 1)
        yield Steps(full, results, rest)


@contextmanager
def _counting_batches(first: int) -> Iterator[None]:
    """Tells the batch of a value that a step refuses, where the steps inside begin with batch ``first``."""
    try:
        yield
    except NodeError as error:
        error.step += first
        error.args = (f"{error}, in batch {error.step} of the pass",)
        raise
