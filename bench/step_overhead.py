"""What a training step costs outside of native code: 20-64-64-1, batch 32, Adam, accuracy.

Prints, for `train_on_batch` and for `fit`, the calls into native code per step, the time inside them and the time
outside.

    python bench/step_overhead.py [--seconds 3]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import kgraph as keras
from kgraph import layers
from kgraph.runtime.program import Program

SAMPLES = 32 * 512
BATCH = 32


@dataclass
class Native:
    """Calls into native code, and the time spent in them."""

    calls: int = 0
    seconds: float = 0.0

    def watch(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """``method``, counted and timed."""

        def timed(*args: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*args)
            finally:
                self.seconds += time.perf_counter() - start
                self.calls += 1

        return timed


class WatchedExecutable:
    """An executable whose runs are counted and timed."""

    def __init__(self, executable: Any, native: Native) -> None:
        self.bind = executable.bind
        self.run = native.watch(executable.run)
        self.run_steps = native.watch(executable.run_steps)


def make_model() -> keras.Model:
    inputs = keras.Input((20,))
    hidden = layers.Dense(64, activation="relu")(inputs)
    hidden = layers.Dense(64, activation="relu")(hidden)
    model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def watch_programs(native: Native) -> None:
    """Makes every program made from now on count and time its runs."""
    original = Program.__init__

    def init(self: Program, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self._executable = WatchedExecutable(self._executable, native)  # type: ignore[assignment]

    Program.__init__ = init  # type: ignore[method-assign]


def measure(run: Callable[[], int], native: Native, seconds: float) -> tuple[float, float, float]:
    """Medians over repeated runs: calls per step, and microseconds per step inside and outside of native code.

    ``run`` makes some steps and gives their number.
    """
    run()
    rows = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(rows) < 3:
        native.calls, native.seconds = 0, 0.0
        start = time.perf_counter()
        steps = run()
        total = time.perf_counter() - start
        rows.append((native.calls / steps, 1e6 * native.seconds / steps, 1e6 * (total - native.seconds) / steps))
    calls, inside, outside = zip(*rows, strict=True)
    return statistics.median(calls), statistics.median(inside), statistics.median(outside)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="to spend on each row")
    seconds = parser.parse_args().seconds
    native = Native()
    watch_programs(native)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(SAMPLES, 20)).astype(np.float32)
    y = (x.sum(axis=1, keepdims=True) > 0).astype(np.float32)
    model = make_model()

    def one_batch() -> int:
        for begin in range(0, 200 * BATCH, BATCH):
            model.train_on_batch(x[begin : begin + BATCH], y[begin : begin + BATCH])
        return 200

    def one_fit() -> int:
        model.fit(x, y, batch_size=BATCH, epochs=1, verbose=0)
        return SAMPLES // BATCH

    print(f"{'':16}{'calls/step':>12}{'inside, µs':>12}{'outside, µs':>12}")
    for name, run in (("train_on_batch", one_batch), ("fit", one_fit)):
        calls, inside, outside = measure(run, native, seconds)
        print(f"{name:16}{calls:12.3f}{inside:12.2f}{outside:12.2f}")


if __name__ == "__main__":
    main()
