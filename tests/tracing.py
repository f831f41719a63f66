"""Code over ``kgraph.ops``, described as a graph and run once: the counterpart of calling it on arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.tensor import Tensor, wrap
from kgraph.trace import Trace
from kgraph.types import TensorType, short_dtype
from kgraph.variable import Variable


def run_traced(
    describe: Callable[..., Any], *arrays: Any, mask: Any = None
) -> tuple[np.ndarray, dict[Variable, np.ndarray], Graph]:
    """``describe`` of a tensor for each array, the first dimension of all unknown, and that graph run on the arrays.

    Args:
        describe: gives one tensor.
        mask: where given, the last tensor carries it as its mask.

    Returns:
        The result, the new values of the variables that were assigned, and the graph.
    """
    trace = Trace(Builder("traced"))
    given = [np.asarray(array) for array in arrays]
    feeds: dict[str, np.ndarray] = {}

    def leaf(array: np.ndarray) -> Tensor:
        name = f"x{len(feeds)}"
        feeds[name] = array
        shape = ("N", *array.shape[1:]) if array.ndim else ()
        return wrap(trace.builder.leaf("input", name, TensorType(short_dtype(array.dtype), shape)))

    with trace.active():
        tensors = [leaf(array) for array in given]
        if mask is not None:
            tensors[-1]._keras_mask = leaf(np.asarray(mask))
        trace.builder.output("result", describe(*tensors).value)
    trace.apply_updates()
    graph = trace.builder.finish().verify()
    state = {trace.leaves[variable].name: variable for variable in trace.leaves}
    results = graph.run({**feeds, **{name: variable.numpy() for name, variable in state.items()}})
    updates = {variable: results[name] for name, variable in state.items() if name in results}
    return results["result"], updates, graph
