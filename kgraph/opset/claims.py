"""Claims about shapes that only data can confirm."""

from __future__ import annotations

from collections.abc import Sequence

from kgraph.dims import Shape
from kgraph.op import Attrs, OpError, define, draw, sample
from kgraph.types import TensorType


def _claimed_shape(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    given, claimed = inputs[0].shape, tuple(attrs["shape"])
    contradicted = any(
        isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(given, claimed, strict=False)
    )
    if len(given) != len(claimed) or contradicted:
        raise OpError(f"x is {inputs[0]}, which cannot have shape {list(claimed)}")
    return claimed


define(
    "claim(x: A[*_]; shape: shape) -> A[?]",
    "`x`, said to have `shape` where its own dimensions are unknown; refused when the data say otherwise.",
    infer=_claimed_shape,
    role="view",
    grad=(lambda g: g.claim(g.dy, shape=list(g.type(g.x).shape)),),
    reference=lambda x, shape: x,
    samples=tuple(sample(draw(*shape), shape=list(shape)) for shape in ((2, 3), (1,), (0, 3))),
)
