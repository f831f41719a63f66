"""Weights, gradients, and ways to run an optimizer: at once on arrays, and as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from kgraph import config
from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.optimizers import Optimizer
from kgraph.tensor import wrap
from kgraph.trace import Trace
from kgraph.variable import Variable, variable_scope

Arrays = dict[str, np.ndarray]

RNG = np.random.default_rng(3)
START = RNG.normal(size=(4, 3))
GRADIENTS = RNG.normal(size=(6, 4, 3))


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    before = config.floatx()
    config.set_floatx(dtype)
    try:
        yield
    finally:
        config.set_floatx(before)


def weight(value: Any, name: str = "kernel", **options: Any) -> Variable:
    with variable_scope("dense"):
        return Variable(np.asarray(value, config.floatx()), name=name, **options)


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape, config.floatx())


def run_eagerly(optimizer: Optimizer, variable: Variable, grads: Any = GRADIENTS) -> np.ndarray:
    for g in grads:
        optimizer.apply([np.asarray(g, variable.dtype)], [variable])
    return variable.numpy()


def as_graph(optimizer: Optimizer, variables: list[Variable]) -> Graph:
    """One step of ``optimizer``, with the gradients fed as ``<variable>/gradient``."""
    return _traced(optimizer, variables).builder.finish().verify()


def _traced(optimizer: Optimizer, variables: list[Variable]) -> Trace:
    builder = Builder("step")
    trace = Trace(builder, training=True)
    grads = [wrap(builder.leaf("input", f"{v.path}/gradient", v.type)) for v in variables]
    with trace.active():
        optimizer.apply(grads, variables)
    trace.apply_updates()
    return trace


class Stepper:
    """Runs the graph of one step over and over, with the values of the variables carried along."""

    def __init__(self, optimizer: Optimizer, variables: list[Variable]) -> None:
        trace = _traced(optimizer, variables)
        self.graph = trace.builder.finish().verify()
        self.paths = [variable.path for variable in variables]
        self.values: Arrays = {value.name: variable.numpy() for variable, value in trace.leaves.items()}

    def step(self, *grads: Any) -> list[np.ndarray]:
        feeds = {
            f"{path}/gradient": np.asarray(g, self.values[path].dtype)
            for path, g in zip(self.paths, grads, strict=True)
        }
        self.values |= self.graph.run({**feeds, **self.values})
        return [self.values[path] for path in self.paths]


def run_both(make: Any, starts: Sequence[Any], steps: Sequence[Sequence[Any]], **options: Any) -> list[np.ndarray]:
    """The weights after ``steps`` by ``make()``, on arrays and as a graph, which must agree."""
    eager = [weight(start, f"w{place}", **options) for place, start in enumerate(starts)]
    optimizer = make()
    for grads in steps:
        optimizer.apply([np.asarray(g, v.dtype) for g, v in zip(grads, eager, strict=True)], eager)
    stepper = Stepper(make(), [weight(start, f"w{place}", **options) for place, start in enumerate(starts)])
    for grads in steps:
        traced = stepper.step(*grads)
    results = [variable.numpy() for variable in eager]
    for one, other in zip(results, traced, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    return results
