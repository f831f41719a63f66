"""What ops cost in arithmetic, where one operation an element is not it."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from kgraph.op import Attrs, Flops
from kgraph.types import TensorType


def per_element(count: int) -> Flops:
    """``count`` operations for each element of the largest operand or result."""

    def flops(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> int:
        return count * max(prod(type.known_shape) for type in (*inputs, output))

    return flops


def product(contracted: int, after: int = 0) -> Flops:
    """A multiplication and an addition for each term, ``2mnk``, and ``after`` operations for each sum.

    ``contracted`` is k's axis in the first operand.
    """

    def flops(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> int:
        return (2 * inputs[0].known_shape[contracted] + after) * prod(output.known_shape)

    return flops
