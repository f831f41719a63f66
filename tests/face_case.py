"""A function of ``kgraph.ops`` beside its counterpart in numpy, and operands to compare them on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

RNG = np.random.default_rng(20240229)


def floats(*shape: int, low: float = -2.0, high: float = 2.0) -> np.ndarray:
    return RNG.uniform(low, high, shape).astype(np.float32)


def ints(*shape: int, low: int = -4, high: int = 5) -> np.ndarray:
    return RNG.integers(low, high, shape).astype(np.int32)


def bools(*shape: int) -> np.ndarray:
    return RNG.random(shape) < 0.5


@dataclass
class Case:
    """``face(*arrays)`` is to give what ``expected(*arrays)`` gives, in ``dtype`` where one is named."""

    name: str
    face: Callable[..., Any]
    expected: Callable[..., Any]
    arrays: tuple[np.ndarray, ...]
    dtype: str | None = None
    #: Axes that stay known where the others are traced as symbols, for each array; ``...`` keeps all.
    known: tuple[Any, ...] = ()


def case(name: str, face: Any, expected: Any, *arrays: np.ndarray, dtype: str | None = None, known: Any = ()) -> Case:
    return Case(name, face, expected, arrays, dtype, known if isinstance(known, tuple) else (known,) * len(arrays))


def probabilities(*shape: int) -> np.ndarray:
    return floats(*shape, low=0.1, high=0.9)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def sparsemax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """``max(x - t, 0)``, with ``t`` found by halving the interval it must lie in."""
    low = x.max(axis, keepdims=True) - 1.0
    high = low + 1.0
    for _ in range(60):
        middle = (low + high) / 2
        too_low = np.maximum(x - middle, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return np.maximum(x - low, 0)


def softmax(x: np.ndarray, axis: Any = -1) -> np.ndarray:
    powers = np.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)
