"""What the elementwise ops share: operands of one shape, and one kernel call over all elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kgraph.op import Attrs, Call, Lower, Op, Sample, define, draw, sample
from kgraph.opset.layout import TASK_ELEMENTS
from kgraph.types import TensorType


def elementwise(kernel: str, *numbers: str, speed: int = 1) -> Lower:
    """Lowers to ``<kernel>_<dtype of the first operand>`` over all elements.

    Args:
        kernel: the kernel's name without dtype.
        numbers: the attributes that it reads as floats, in order.
        speed: elements of the task of a plain op that take as long as one of these.
    """

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        floats = tuple(float(attrs[name]) for name in numbers)
        return Call(f"{kernel}_{inputs[0].dtype}", elements(output), TASK_ELEMENTS // speed, floats=floats)

    return lower


def elements(type: TensorType) -> int:
    """The number of elements of a known type."""
    return int(np.prod(type.known_shape, dtype=np.int64))


def shapes(operands: int, low: float = -2.0, high: float = 2.0) -> tuple[Sample, ...]:
    """Samples of several ranks, with one element, with none, and with more than a vector or a task holds."""
    sizes: list[tuple[int, ...]] = [(5, 7), (1,), (), (3, 0, 2), (2, 3, 11), (TASK_ELEMENTS + 3,)]
    return tuple(sample(*(draw(*size, low=low, high=high) for _ in range(operands))) for size in sizes)


def unary(
    name: str,
    doc: str,
    reference: Callable[..., Any],
    grad: Callable[[Any], Any] | None = None,
    *,
    dtypes: str = "T",
    result: str = "",
    low: float = -2.0,
    high: float = 2.0,
    speed: int = 1,
) -> Op:
    """Declares ``name(x: dtypes[*s]) -> result[*s]``, tested on operands in ``[low, high)``.

    ``result`` is ``dtypes`` unless it is given; ``speed`` is as in ``elementwise``.
    """
    return define(
        f"{name}(x: {dtypes}[*s]) -> {result or dtypes}[*s]",
        doc,
        grad=() if grad is None else (grad,),
        reference=reference,
        samples=shapes(1, low, high),
        lower=elementwise(name, speed=speed),
    )


def binary(
    name: str,
    doc: str,
    reference: Callable[..., Any],
    grad: tuple[Callable[[Any], Any] | None, ...] = (),
    *,
    operands: tuple[str, str] = ("a", "b"),
    dtypes: str = "T",
    result: str = "",
    low: float = -2.0,
    high: float = 2.0,
    speed: int = 1,
) -> Op:
    """Declares ``name(a: dtypes[*s], b: dtypes[*s]) -> result[*s]``, likewise."""
    first, second = operands
    return define(
        f"{name}({first}: {dtypes}[*s], {second}: {dtypes}[*s]) -> {result or dtypes}[*s]",
        doc,
        grad=grad,
        reference=reference,
        samples=shapes(2, low, high),
        lower=elementwise(name, speed=speed),
    )
