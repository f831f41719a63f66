"""Checks of values that a program makes of what its nodes compute; see ``kgraph.passes.check_values``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kgraph.op import Attrs, Call, define
from kgraph.opset.elementwise import elements, shapes
from kgraph.opset.layout import TASK_ELEMENTS
from kgraph.types import TensorType


def _lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    """A unit of work is an element; a check of none is one that writes its result."""
    size = elements(inputs[0])
    return Call(f"check_finite_{inputs[0].dtype}", max(1, size), TASK_ELEMENTS, (size, int(attrs["infinity"])))


define(
    "check_finite(x: T[*_]; infinity: bool = false) -> bool[]",
    "True; refused where `x` holds a NaN, or infinity unless `infinity` lets it stand.",
    reference=lambda x, infinity: np.True_,
    samples=shapes(1),
    fault="{value} at position {position} is not finite",
    lower=_lower,
)
