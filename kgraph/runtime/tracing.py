"""``Function.trace``: one run that keeps every value and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, Node
from kgraph.runtime.evaluation import Values, evaluate
from kgraph.runtime.feeds import check_feeds
from kgraph.runtime.function import Function
from kgraph.runtime.specialise import at_shapes

#: What stands behind the name of an output in the names of its placeholders.
_SUFFIXES: Final = {"input": "", "target": "_target", "sample_weight": "_sample_weights"}


def trace(function: Function, x: Any = None, y: Any = None, sample_weight: Any = None) -> Values:
    """The value of every node of ``function`` for one batch; see ``Function.trace``, which this is behind."""
    graph = function.graph
    names = {node.name for node in graph.leaves(*PLACEHOLDERS)}
    if y is None and sample_weight is None and isinstance(x, Mapping) and set(x) <= names:
        feeds = {name: _as_fed(graph[name], value) for name, value in x.items()}
    else:
        given = {"input": x, "target": y, "sample_weight": sample_weight}
        feeds = {name: array for op, value in given.items() for name, array in _feeds(graph, op, value).items()}
    check_feeds(graph, feeds)
    return evaluate(at_shapes(graph, {name: array.shape for name, array in feeds.items()}), feeds, function.variables)


def _feeds(graph: Graph, op: str, given: Any) -> dict[str, np.ndarray]:
    """Arrays for the placeholders that ``op`` makes: one, a list in their order, or a dict by output or placeholder."""
    nodes = graph.leaves(op)
    if given is None:
        return {}
    if isinstance(given, Mapping):
        named = {f"{name}{_SUFFIXES[op]}" if name not in graph else name: value for name, value in given.items()}
    else:
        several = isinstance(given, Sequence) and len(nodes) != 1
        values = list(given) if several else [given]
        if len(values) != len(nodes):
            names = ", ".join(node.name for node in nodes) or "none"
            raise ValueError(f"{graph.name} has {len(nodes)} of {op} ({names}), but {len(values)} were given")
        named = {node.name: value for node, value in zip(nodes, values, strict=True)}
    wanted = {node.name: node for node in nodes}
    unknown = [name for name in named if name not in wanted]
    if unknown:
        raise ValueError(f"{graph.name} has no {op} {unknown[0]!r}; it has {', '.join(wanted) or 'none'}")
    return {name: _as_fed(wanted[name], value) for name, value in named.items()}


def _as_fed(node: Node, value: Any) -> np.ndarray:
    """``value`` as an array of the dtype of ``node``, with a last axis of 1 where that is all it lacks."""
    array = np.asarray(value, node.type.numpy_dtype)
    lacks_axis = array.ndim + 1 == node.type.rank and node.type.shape[-1] == 1
    return array[..., None] if lacks_axis else array
