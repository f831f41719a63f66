"""The search among elements in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgraph.op import Attrs, Call, define, draw, sample
from kgraph.opset.elementwise import elements
from kgraph.opset.layout import grain_of
from kgraph.types import TensorType


def _lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    size = inputs[0].known_shape[0]
    grain = grain_of(4 * size.bit_length())
    return Call(f"searchsorted_{inputs[0].dtype}", elements(output), grain, (size, int(attrs["after"])))


def _searchsorted(ascending: np.ndarray, values: np.ndarray, *, after: bool) -> np.ndarray:
    places = [_place(ascending, value, after) for value in values.ravel()]
    return np.array(places, np.int32).reshape(values.shape)


def _place(ascending: np.ndarray, value: float, after: bool) -> int:
    """By halving, so that it is said what becomes of elements that are in no order."""
    low, high = 0, len(ascending)
    while low < high:
        middle = (low + high) // 2
        there = ascending[middle]
        if not _before(value, there) if after else _before(there, value):
            low = middle + 1
        else:
            high = middle
    return low


def _before(a: float, b: float) -> bool:
    return bool(a < b or (b != b and a == a))


define(
    "searchsorted(ascending: R[n], values: R[*s]; after: bool=false) -> i32[*s]",
    "Where each value would keep the elements in order: before those equal to it, or after them. NaN comes last.",
    lower=_lower,
    reference=_searchsorted,
    samples=(
        *(sample(draw(1, low=-1), draw(5, 7), after=after) for after in (False, True)),
        sample(draw(20, low=0, high=2, whole=True), draw(9, low=0, high=3, whole=True), after=True),
        sample(draw(20, low=0, high=2, whole=True), draw(9, low=0, high=3, whole=True)),
        sample(draw(33), draw()),
        sample(draw(1), draw(1)),
        sample(draw(0), draw(0, 3)),
        sample(draw(0), draw(3)),
    ),
)
