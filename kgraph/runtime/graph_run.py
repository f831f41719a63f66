"""``Graph.run``: one run of a graph on arrays, variables included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, VARIABLES, Node
from kgraph.passes import resolve_phase
from kgraph.runtime.feeds import check_array
from kgraph.runtime.function import Function
from kgraph.runtime.storage import Storage


def run_graph(graph: Graph, feeds: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Runs ``graph`` once, in its test phase; see ``Graph.run``, which this is behind."""
    leaves = {node.name: node for node in graph.leaves(*PLACEHOLDERS, *VARIABLES)}
    for name in feeds:
        if name not in leaves:
            known = ", ".join(leaves) or "none"
            raise ValueError(f"{graph.name} has no placeholder or variable {name!r}; it has {known}")
    resolved = resolve_phase(graph, training=False)
    arrays = {name: as_array(leaves[name], value) for name, value in feeds.items()}
    needed = [node.name for node in resolved.leaves(*VARIABLES)]
    missing = [name for name in needed if name not in arrays]
    if missing:
        raise ValueError(f"{graph.name} needs a value for the variables {', '.join(missing)}")
    storages = {name: Storage(arrays[name]) for name in needed}
    taken = {node.name: arrays[node.name] for node in resolved.leaves(*PLACEHOLDERS) if node.name in arrays}
    results = Function(resolved, storages)(taken)
    return results | {name: storages[name].array.copy() for name in resolved.updates}


def as_array(node: Node, value: Any) -> np.ndarray:
    """``value`` as an array that fits ``node``; numbers and lists take its dtype, and so do ints that it can hold.

    Raises:
        ValueError: it does not fit.
    """
    if not isinstance(value, np.ndarray):
        given = np.asarray(value)
        wanted = node.type.numpy_dtype
        if not np.can_cast(given.dtype, wanted, "same_kind"):
            raise ValueError(f"{node.name} must be {wanted.name}, which {given.dtype} cannot become")
        value = given.astype(wanted)
    elif _are_indices(node, value):
        value = value.astype(node.type.numpy_dtype)
    check_array(node, value)
    return value


def _are_indices(node: Node, value: np.ndarray) -> bool:
    """Whether ``value`` holds ints of another width, all of which the node's dtype has too."""
    wanted = node.type.numpy_dtype
    if value.dtype == wanted or value.dtype.kind not in "iu" or wanted.kind != "i":
        return False
    limits = np.iinfo(wanted)
    return not value.size or (limits.min <= int(value.min()) and int(value.max()) <= limits.max)
