"""Calls of layers on arrays: a graph that is run once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph import tree
from kgraph.builder import Builder
from kgraph.runtime.function import Function
from kgraph.tensor import Tensor, as_array, lower, wrap
from kgraph.trace import Trace
from kgraph.types import type_of
from kgraph.variable import Variable


def run_on_arrays(
    call: Callable[..., Any], name: str, args: Any, kwargs: dict[str, Any], training: bool
) -> tuple[Any, list[np.ndarray]]:
    """Traces ``call`` for arrays of these types, runs the graph once, and keeps its updates of variables.

    Returns:
        Arrays in the structure of what ``call`` gave, and the losses that it added.
    """
    trace = Trace(Builder(name), training=training)
    feeds: dict[str, np.ndarray] = {}

    def feed(leaf: Any) -> Any:
        if not isinstance(leaf, (np.ndarray, np.generic, Variable)):
            return leaf
        array = as_array(leaf)
        value = trace.builder.leaf("input", f"input_{len(feeds)}", type_of(array))
        feeds[value.name] = array
        return wrap(value)

    with trace.active():
        args, kwargs = tree.map_structure(feed, [list(args), kwargs])
        outputs = call(*args, **kwargs)
        for index, output in enumerate(tree.flatten(outputs)):
            if isinstance(output, Tensor):
                trace.builder.output(f"output_{index}", lower(trace, output))
        for index, (_, loss) in enumerate(trace.losses):
            trace.builder.output(f"loss_{index}", loss)
    trace.apply_updates()
    storages = {v.name: owner.storage for owner, v in trace.leaves.items() if isinstance(owner, Variable)}
    results = Function(trace.builder.finish(), storages)(feeds)
    leaves = [results.get(f"output_{index}") for index in range(len(tree.flatten(outputs)))]
    return tree.pack_like(outputs, leaves), [results[f"loss_{index}"] for index in range(len(trace.losses))]
