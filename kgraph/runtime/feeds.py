"""Feeds against placeholders: do the arrays fit, and what do they say about the symbols?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from kgraph.dims import substitute, symbols
from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, Node
from kgraph.types import TensorType


def check_feeds(graph: Graph, feeds: Mapping[str, np.ndarray]) -> dict[str, int]:
    """The numbers that ``feeds`` give to the symbols of ``graph``. Sample weights may be left out.

    Raises:
        ValueError: a feed is unknown or missing, or its dtype, rank or a dimension does not fit; the message names it.
    """
    nodes = {node.name: node for node in graph.leaves(*PLACEHOLDERS)}
    for name in feeds:
        if name not in nodes:
            raise ValueError(f"{graph.name} takes no feed {name!r}; it takes {', '.join(nodes) or 'none'}")
    missing = [name for name, node in nodes.items() if name not in feeds and node.op != "sample_weight"]
    if missing:
        raise ValueError(f"{graph.name} needs a feed for {', '.join(missing)}")
    for name, array in feeds.items():
        check_array(nodes[name], array)
    return match_symbols((nodes[name] for name in feeds), {name: array.shape for name, array in feeds.items()})


def check_array(node: Node, array: np.ndarray) -> None:
    """Checks that ``array`` has the dtype, the rank and the known dimensions of ``node``.

    Raises:
        ValueError: it has not.
    """
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{node.name} must be a numpy array, not {type(array).__name__}")
    wanted = node.type
    if array.dtype != wanted.numpy_dtype:
        raise ValueError(f"{node.name} must be {wanted.numpy_dtype.name}, not {array.dtype}")
    if array.ndim != wanted.rank:
        given_rank = f"{array.ndim}: {array.shape}"
        raise ValueError(f"{node.name} must have {wanted.rank} dimensions {_shape(wanted)}, not {given_rank}")
    for axis, (dim, given) in enumerate(zip(wanted.shape, array.shape, strict=True)):
        if isinstance(dim, int) and dim != given:
            where = f"dimension {axis} of {node.name} {_shape(wanted)}"
            raise ValueError(f"{where} must be {dim}, not {given}: {array.shape}")


def match_symbols(nodes: Iterable[Node], shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """The numbers at which the types of ``nodes`` become ``shapes``.

    Raises:
        ValueError: two nodes give a symbol different numbers, or a dimension such as ``2*N`` comes out otherwise.
    """
    numbers: dict[str, tuple[int, str]] = {}
    composite: list[tuple[Node, str, int]] = []
    for node in nodes:
        for dim, given in zip(node.type.shape, shapes[node.name], strict=True):
            if isinstance(dim, int):
                continue
            if symbols(dim) != {dim}:
                composite.append((node, dim, given))
                continue
            number, by = numbers.setdefault(dim, (given, node.name))
            if number != given:
                raise ValueError(f"{dim} is {number} in {by} but {given} in {node.name}")
    bindings = {symbol: number for symbol, (number, _) in numbers.items()}
    for node, dim, given in composite:
        computed = substitute(dim, bindings)
        if computed != given:
            raise ValueError(f"{dim} is {computed} by the other feeds but {given} in {node.name}")
    return bindings


def _shape(type: TensorType) -> str:
    return f"[{','.join(map(str, type.shape))}]"
