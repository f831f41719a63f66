"""Axes by name: ``rearrange(x, "b (h w) c -> b h w c", h=4)``."""

from __future__ import annotations

import re

from kgraph import dims
from kgraph.dimension import Dimension, as_dim
from kgraph.dims import Dim
from kgraph.ops.operands import TensorLike, rank_of, shape_of, to_shape
from kgraph.ops.shaping import quotient, transpose

#: The axes of one side, each a list of the names that it is made of.
Groups = list[list[str]]

_AXIS = re.compile(r"\(([^()]*)\)|([^\s()]+)")


def rearrange(tensor: TensorLike, pattern: str, **axes_lengths: int | Dimension) -> TensorLike:
    """``tensor`` with its axes in another order, some of them joined or parted.

    Args:
        tensor: the tensor.
        pattern: names of its axes, ``->``, and names of the result's. Names in brackets are one axis together, the last
            one the fastest; ``1`` is an axis of 1, ``...`` any axes between those named.
        axes_lengths: lengths of axes in brackets; one of each may be left out.

    Raises:
        ValueError: the pattern does not fit the tensor, or its sides differ in their names.
    """
    left, arrow, right = pattern.partition("->")
    if not arrow:
        raise ValueError(f"ops.rearrange: {pattern!r} has no '->'")
    covered = rank_of(tensor) - sum(group != ["..."] for group in _groups(left))
    source, target = _spread_dots(_groups(left), covered), _spread_dots(_groups(right), covered)
    names, wanted = ([name for group in side for name in group if name != "1"] for side in (source, target))
    if len(source) != rank_of(tensor) or sorted(names) != sorted(wanted) or len({*names}) != len(names):
        text = f"{pattern!r} does not fit {rank_of(tensor)} dimensions, or its sides differ in their names"
        raise ValueError(f"ops.rearrange: {text}")
    lengths = _lengths(pattern, source, shape_of(tensor), {name: as_dim(n) for name, n in axes_lengths.items()})
    apart = to_shape(tensor, [lengths[name] for name in names])
    ordered = transpose(apart, [names.index(name) for name in wanted])
    return to_shape(ordered, [dims.product(tuple(lengths[name] for name in group if name != "1")) for group in target])


def _groups(side: str) -> Groups:
    return [inside.split() if not name else [name] for inside, name in _AXIS.findall(side)]


def _spread_dots(groups: Groups, covered: int) -> Groups:
    """A name for each axis that ``...`` covers."""
    return [
        one
        for group in groups
        for one in ([[f"...{i}"] for i in range(max(covered, 0))] if group == ["..."] else [group])
    ]


def _lengths(pattern: str, groups: Groups, shape: tuple[Dim, ...], given: dict[str, Dim]) -> dict[str, Dim]:
    lengths = dict(given)
    for group, size in zip(groups, shape, strict=True):
        unknown = [name for name in group if name not in lengths and name != "1"]
        known = dims.product(tuple(lengths[name] for name in group if name in lengths))
        rest = quotient(size, known)
        if len(unknown) > 1 or rest is None or (not unknown and known != size and isinstance(size, int)):
            text = f"an axis of {size} is no ({' '.join(group)}) of {', '.join(map(str, unknown)) or known}"
            raise ValueError(f"ops.rearrange: {pattern!r}: {text}")
        lengths.update(dict.fromkeys(unknown, rest))
    return lengths
