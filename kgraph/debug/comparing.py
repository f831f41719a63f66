"""Two graphs run side by side, up to where their values part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from kgraph.debug.matching import match
from kgraph.debug.statistics import Statistics
from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, VARIABLES
from kgraph.passes import resolve_phase
from kgraph.runtime.evaluation import Values, evaluate
from kgraph.runtime.feeds import check_feeds
from kgraph.runtime.graph_run import as_array
from kgraph.runtime.specialise import at_shapes
from kgraph.runtime.storage import Storage

#: Differences that rounding may make: relative to the larger value, and below which any two are alike.
RELATIVE: Final = 1e-5
ABSOLUTE: Final = 1e-6


class Parting(NamedTuple):
    """The first node whose values differ.

    Attributes:
        node, other: its name in the one graph and in the other.
        reason: in which way they differ.
        max_difference: between two of the values; ``None`` where they have different shapes or dtypes.
        position: of these two; ``None`` likewise.
        a, b: the values.
    """

    node: str
    other: str
    reason: str
    max_difference: float | None
    position: tuple[int, ...] | None
    a: np.ndarray
    b: np.ndarray


class Comparison(NamedTuple):
    """What came of running two graphs on the same feeds.

    Attributes:
        names: of the graphs.
        compared: how many nodes both have, up to and with the one where they part.
        parting: that one; ``None`` where all values are alike.
        only_a, only_b: the nodes that only one of them has.
    """

    names: tuple[str, str]
    compared: int
    parting: Parting | None
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether some values differ."""
        return self.parting is not None

    def __str__(self) -> str:
        lines = [f"{self.names[0]} and {self.names[1]}: {self.compared} nodes compared"]
        for name, only in zip(self.names, (self.only_a, self.only_b), strict=True):
            lines += [f"  only in {name}: {', '.join(f'%{each}' for each in only[:8])}"] if only else []
        parting = self.parting
        if parting is None:
            return "\n".join([*lines, "their values are alike"])
        called = "" if parting.other == parting.node else f" (%{parting.other} in the second)"
        lines.append(f"they part at %{parting.node}{called}: {parting.reason}")
        lines += [f"  {which}: {Statistics.of(values)}" for which, values in (("a", parting.a), ("b", parting.b))]
        return "\n".join(lines)


def compare(
    graph_a: Graph, graph_b: Graph, feeds: Mapping[str, Any], rtol: float = RELATIVE, atol: float = ABSOLUTE
) -> Comparison:
    """Runs two graphs on the same feeds, node by node, and finds the first node whose values part.

    Nodes are compared in the order of ``graph_a``, each with the node of its name in ``graph_b``, or with the one that
    ``kgraph.debug.diff`` takes for it. Phases that are left are those of testing.

    Args:
        graph_a, graph_b: the graphs.
        feeds: an array for every placeholder and variable, by the names of the nodes in either graph. Sample weights
            that are not given are ones.
        rtol: how much values may differ, relative to the larger one.
        atol: how much they may differ beside that.

    Raises:
        ValueError: a feed is missing, is in neither graph, or does not fit; or a tolerance is negative.
    """
    if not (rtol >= 0 and atol >= 0):
        raise ValueError(f"rtol {rtol} and atol {atol} must be at least 0")
    a, b = (resolve_phase(graph, training=False) for graph in (graph_a, graph_b))
    matching = match(a, b)
    unknown = [name for name in feeds if name not in a and name not in b]
    if unknown:
        raise ValueError(f"neither graph has a placeholder or variable {unknown[0]!r}")
    back = {other: name for name, other in matching.items()}
    renamed = {name: feeds[own] for name, own in back.items() if own in feeds}
    values_a, values_b = _values(a, feeds), _values(b, {**renamed, **feeds})
    parting, compared = None, 0
    for node in a.nodes:
        other = matching.get(node.name)
        if other is not None and parting is None:
            compared += 1
            parting = _parting(node.name, other, values_a[node.name], values_b[other], rtol, atol)
    only_a = tuple(node.name for node in a.nodes if node.name not in matching)
    only_b = tuple(node.name for node in b.nodes if node.name not in back)
    return Comparison((graph_a.name, graph_b.name), compared, parting, only_a, only_b)


def _values(graph: Graph, feeds: Mapping[str, Any]) -> Values:
    leaves = graph.leaves(*PLACEHOLDERS, *VARIABLES)
    given = {node.name: as_array(node, feeds[node.name]) for node in leaves if node.name in feeds}
    missing = [node.name for node in graph.leaves(*VARIABLES) if node.name not in given]
    if missing:
        raise ValueError(f"{graph.name} needs a value for the variables {', '.join(missing)}")
    fed = {node.name: given[node.name] for node in graph.leaves(*PLACEHOLDERS) if node.name in given}
    check_feeds(graph, fed)
    variables = {node.name: Storage(given[node.name]) for node in graph.leaves(*VARIABLES)}
    return evaluate(at_shapes(graph, {name: array.shape for name, array in fed.items()}), fed, variables)


def _parting(node: str, other: str, a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> Parting | None:
    if a.shape != b.shape or a.dtype != b.dtype:
        reason = f"{a.dtype}{list(a.shape)} in the first, {b.dtype}{list(b.shape)} in the second"
        return Parting(node, other, reason, None, None, a, b)
    left, right = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(invalid="ignore"):
        difference = np.abs(left - right)
        allowed = atol + rtol * np.maximum(np.abs(left), np.abs(right))
        alike = (left == right) | (np.isnan(left) & np.isnan(right))
        alike |= np.isfinite(difference) & (difference <= allowed)
    if alike.all():
        return None
    # A NaN on one side alone is further away than any number.
    distance = np.where(alike, -1.0, np.where(np.isnan(difference), np.inf, difference))
    position = tuple(int(i) for i in np.unravel_index(int(distance.argmax()), distance.shape))
    reason = (
        f"{int((~alike).sum()):,} of {alike.size:,} values differ, by {float(distance.max()):.6g} at most: "
        f"{a[position]} and {b[position]} at {list(position)}"
    )
    return Parting(node, other, reason, float(distance.max()), position, a, b)
