"""Optimizer steps, one sweep each. The result may take the place of the weight or slot that it replaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph.op import Sample, define, draw, sample
from kgraph.opset.elementwise import elementwise
from kgraph.opset.flops import per_element

_SIZES: tuple[tuple[int, ...], ...] = ((5, 7), (1,), (), (0, 3), (1003,))


def _samples(operands: int, rate: bool, **attrs: Any) -> tuple[Sample, ...]:
    """Positive operands, since second moments are; the rate of rank 0 comes last."""
    return tuple(
        sample(*[draw(*size, low=0.1, high=2.0)] * operands, *[draw(low=0.01, high=0.5)] * rate, **attrs)
        for size in _SIZES
    )


def _slot(name: str, operands: str, doc: str, reference: Callable[..., Any], flops: int) -> None:
    """A moving average, which forgets at the rate ``1 - beta``."""
    first, second = operands.split()
    define(
        f"{name}({first}: T[*s], {second}: T[*s]; beta: float) -> T[*s]",
        doc,
        reference=reference,
        samples=_samples(2, rate=False, beta=0.9),
        lower=elementwise(name, "beta"),
        flops=per_element(flops),
    )


def _step(name: str, operands: str, doc: str, reference: Callable[..., Any], flops: int, **number: float) -> None:
    """A step of a weight or slot along ``rate``; ``number`` is the op's one attribute, with the value to test it at."""
    names = operands.split()
    arrays = ", ".join(f"{each}: T[*s]" for each in names)
    attributes = "".join(f"; {each}: float" for each in number)
    define(
        f"{name}({arrays}, rate: T[]{attributes}) -> T[*s]",
        doc,
        reference=reference,
        samples=_samples(len(names), rate=True, **number),
        lower=elementwise(name, *number),
        flops=per_element(flops),
    )


_slot("moment", "m g", "`m + (g - m) * (1 - beta)`.", lambda m, g, *, beta: m + (g - m) * (1 - beta), 3)
_slot("second_moment", "v g", "`v + (g^2 - v) * (1 - beta)`.", lambda v, g, *, beta: v + (g * g - v) * (1 - beta), 4)

_step("sgd_step", "w g", "`w - rate * g`.", lambda w, g, rate: w - rate * g, 2)
_step(
    "momentum",
    "v g",
    "`momentum * v - rate * g`.",
    lambda v, g, rate, *, momentum: momentum * v - rate * g,
    3,
    momentum=0.9,
)
_step(
    "nesterov_step",
    "w v g",
    "`w + momentum * v - rate * g`, with `v` as `momentum` has just made it.",
    lambda w, v, g, rate, *, momentum: w + momentum * v - rate * g,
    4,
    momentum=0.9,
)
_step(
    "adam_step",
    "w m v",
    "`w - rate * m / (sqrt(v) + epsilon)`.",
    lambda w, m, v, rate, *, epsilon: w - rate * m / (np.sqrt(v) + epsilon),
    5,
    epsilon=1e-3,
)
_step(
    "rmsprop_step",
    "w g v",
    "`w - rate * g / sqrt(v + epsilon)`.",
    lambda w, g, v, rate, *, epsilon: w - rate * g / np.sqrt(v + epsilon),
    5,
    epsilon=1e-3,
)
