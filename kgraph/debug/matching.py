"""Which node of one graph is which node of another: by name, then by the names of layers, then by meaning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from kgraph.ir import Graph
from kgraph.node import Node

#: What says, in the configuration of a layer, what kind of layer it is.
_KIND: Final = "class_name"

#: Names of nodes of the one graph to names of nodes of the other.
Matching = Mapping[str, str]


def match(a: Graph, b: Graph) -> Matching:
    """The nodes of ``a`` that are in ``b``, each with its name there.

    Nodes of one name are one node. Of the others, nodes of layers that have another name but stand for each other (of
    one class, in order) are matched where their names differ by that alone; and nodes of equal op, type and attributes
    whose operands are matched. Leaves that are alike in that way are one only where a matched node reads both.
    """
    matching = {node.name: node.name for node in a.nodes if node.name in b}
    _match_renamed(a, b, matching, layer_names(a, b))
    return matching


def _match_renamed(a: Graph, b: Graph, matching: dict[str, str], layers: Mapping[str, str]) -> None:
    free = {node.name for node in b.nodes if node.name not in a}
    alike = _by_meaning(node for node in b.nodes if node.name in free)
    guesses = []
    for node in a.nodes:
        if node.name in matching:
            continue
        name = renamed(node.name, layers)
        if name not in free:
            meaning = _meaning(node, [matching.get(operand, "") for operand in node.inputs])
            name = _nearest(node.name, [other for other in alike.get(meaning, ()) if other in free])
            guesses += [node.name] if name and not node.inputs else []
        if name:
            matching[node.name] = name
            free.remove(name)
    for name in guesses:
        if not _is_read_alike(a, b, name, matching):
            del matching[name]


def _by_meaning(nodes: Iterable[Node]) -> dict[tuple[object, ...], list[str]]:
    found: dict[tuple[object, ...], list[str]] = {}
    for node in nodes:
        found.setdefault(_meaning(node, node.inputs), []).append(node.name)
    return found


def _meaning(node: Node, inputs: Sequence[str]) -> tuple[object, ...]:
    return node.op, tuple(inputs), node.type, json.dumps(dict(node.attrs))


def _nearest(name: str, others: Sequence[str]) -> str:
    """The first of ``others`` with the same last part, else the first; empty where there is none."""
    stem = name.rpartition("/")[2]
    return next((other for other in others if other.rpartition("/")[2] == stem), others[0] if others else "")


def _is_read_alike(a: Graph, b: Graph, name: str, matching: Matching) -> bool:
    """Whether a reader of the leaf ``name`` in ``a`` is one of the leaf that it is matched with in ``b``."""
    readers = {node.name for node in b.consumers[matching[name]]}
    return any(matching.get(node.name) in readers for node in a.consumers[name])


def layer_names(a: Graph, b: Graph) -> dict[str, str]:
    """The layers of ``a`` that ``b`` lacks, each with the layer that stands in its place there."""
    from difflib import SequenceMatcher

    left, right = _new_layers(a, b), _new_layers(b, a)
    found: dict[str, str] = {}
    blocks = SequenceMatcher(None, list(left.values()), list(right.values()), autojunk=False).get_matching_blocks()
    for i, j, size in blocks:
        found |= dict(zip(list(left)[i : i + size], list(right)[j : j + size], strict=True))
    return found


def _new_layers(graph: Graph, other: Graph) -> dict[str, str]:
    """The layers of ``graph`` that ``other`` lacks, with their classes."""
    return {
        name: str(config[_KIND])
        for name, config in graph.layers.items()
        if name not in other.layers and isinstance(config, Mapping) and _KIND in config
    }


def renamed(name: str, layers: Mapping[str, str]) -> str:
    """``name`` with the layers in it under their other names: ``grad/a/kernel``, ``adam/a_kernel_momentum``."""
    parts = name.split("/")
    result: list[str] = []
    while parts:
        taken, part = next(_replaced(parts, layers), (1, parts[0]))
        result.append(part)
        parts = parts[taken:]
    return "/".join(result)


def _replaced(parts: list[str], layers: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """How many of the first parts are a layer, longest first, or that the first begins with one; what is there then."""
    for length in range(len(parts), 0, -1):
        layer = "/".join(parts[:length])
        if layer in layers:
            yield length, layers[layer]
    head = parts[0]
    ends = [place for place in range(len(head) - 1, 0, -1) if head[place] in "_."]
    flat = {layer.replace("/", "_"): name.replace("/", "_") for layer, name in layers.items()}
    for end in ends:
        if head[:end] in flat:
            yield 1, flat[head[:end]] + head[end:]
