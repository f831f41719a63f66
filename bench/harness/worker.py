"""A process that measures one peer on one workload, or one library's sgemm. It is asked in JSON, a line a question.

    python -m harness.worker train <peer> <workload>
    python -m harness.worker sgemm <library>

The first line it prints is ``{"first_step_ms": ...}`` or ``{}``; or ``{"unavailable": why}``, and then it ends. A
question is ``{"do": name, ...}`` with a name of the command table; the answer is one JSON value.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any, TextIO

import numpy as np

from harness.memory import peak_mb
from harness.peers import PEERS
from harness.sgemm import PRODUCTS, gflops
from harness.timing import median_seconds
from harness.trainer import NotApplicable, Trainer, TrainerFactory
from harness.workloads import WORKLOADS

Commands = dict[str, Callable[..., Any]]

#: Batches that are prepared for the loop of steps: enough that the data is not always the same, few enough for memory.
PREPARED = 8
#: Batches that take turns while losses are compared.
CHECKED = 2


class Training:
    """A peer at its workload. Times are in µs."""

    def __init__(self, peer: str, workload: str) -> None:
        self.workload = WORKLOADS[workload]
        self.data = self.workload.data()
        batches = self.data.batches(self.workload.batch)[:PREPARED]
        initial = self.workload.initial_weights()
        spec = PEERS[peer]
        for name in spec.imports:
            importlib.import_module(name)
        make: TrainerFactory = importlib.import_module(f"harness.peers.{spec.module}").make
        start = time.perf_counter()
        self.trainer: Trainer = make(self.workload, initial, spec.variant)
        self.batches = [self.trainer.prepare(batch) for batch in batches]
        self.first_loss = self.trainer.loss(self.batches[0])
        self.first_step_ms = 1e3 * (time.perf_counter() - start)
        self.epoch_seconds: float | None = None

    def losses(self) -> list[float]:
        """Those of the first ``check_steps`` steps, the very first included."""
        count = self.workload.check_steps
        return [self.first_loss, *(self.trainer.loss(self.batches[step % CHECKED]) for step in range(1, count))]

    def step(self, seconds: float) -> float:
        step, batches = self.trainer.step, cycle(self.batches)
        return 1e6 * median_seconds(lambda: step(next(batches)), seconds)

    def fit(self, seconds: float) -> float:
        """Per step, in one call of as many epochs as fit into ``seconds``."""
        if self.epoch_seconds is None:
            self.epoch_seconds = self._fit_seconds(1)
        epochs = max(1, int(seconds / self.epoch_seconds))
        self.epoch_seconds = self._fit_seconds(epochs) / epochs
        return 1e6 * self.epoch_seconds / self.workload.epoch_steps

    def _fit_seconds(self, epochs: int) -> float:
        start = time.perf_counter()
        self.trainer.fit(self.data, epochs)
        return time.perf_counter() - start

    def predict(self, rows: int, seconds: float) -> float:
        x = self.data.x[:rows]
        shapes = [np.shape(output) for output in self.trainer.predict(x)]
        if any(shape[0] != rows for shape in shapes):
            raise AssertionError(f"a prediction for {rows} rows has the shapes {shapes}")
        return 1e6 * median_seconds(lambda: self.trainer.predict(x), seconds)

    def commands(self) -> Commands:
        return {
            "losses": self.losses,
            "step": self.step,
            "fit": self.fit,
            "predict": self.predict,
            "memory": peak_mb,
        }


def train(peer: str, workload: str) -> tuple[dict[str, float], Commands]:
    training = Training(peer, workload)
    return {"first_step_ms": training.first_step_ms}, training.commands()


def sgemm(library: str) -> tuple[dict[str, float], Commands]:
    product = PRODUCTS[library]()
    product()
    return {}, {"sgemm": lambda seconds: gflops(product, seconds)}


SERVICES = {"train": train, "sgemm": sgemm}


def serve(service: str, *arguments: str) -> None:
    """Says hello, then answers until there are no more questions."""
    answers = _private_stdout()
    try:
        hello, commands = SERVICES[service](*arguments)
    except (ImportError, NotApplicable) as reason:
        _answer(answers, {"unavailable": str(reason)})
        return
    _answer(answers, hello)
    for line in sys.stdin:
        question = json.loads(line)
        _answer(answers, commands[question.pop("do")](**question))


def _private_stdout() -> TextIO:
    """What was stdout; from now on all that libraries print goes to stderr."""
    private = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return private


def _answer(answers: TextIO, value: Any) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()


if __name__ == "__main__":
    serve(*sys.argv[1:])
