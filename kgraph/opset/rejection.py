"""Random numbers that take as many draws as chance wants, each element's from a sequence of its own.

Nothing is known of their slopes in the parameters: they are samples, and no loss is differentiated through them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np

from kgraph.op import Call, Lower, define, draw, sample
from kgraph.opset.elementwise import elements
from kgraph.opset.layout import TASK_ELEMENTS

_STATE: Final = draw(2, low=-(2**40), high=2**40, dtype="i64")
_WORD: Final = 2**32


def _lower(kernel: str) -> Lower:
    """A unit of work is an element, which takes a few dozen times as long as one of arithmetic."""
    return lambda inputs, output, attrs: Call(
        f"{kernel}_{output.dtype}", elements(output), TASK_ELEMENTS // 64, (attrs["salt"] % _WORD,)
    )


def _blocks(state: np.ndarray, salt: int, element: int) -> Iterator[list[int]]:
    """The blocks of four words of an element, as ``csrc/kinds/rejection.h`` has them."""
    seed, counter = (int(number) % 2**64 for number in state)
    number = 0
    while True:
        keys = [seed % _WORD, seed >> 32]
        c0, c1, c2, c3 = element, (salt + 0x9E3779B9 * number) % _WORD, counter % _WORD, counter >> 32
        for _ in range(10):
            high, low = divmod(c0 * 0xD2511F53, _WORD)
            other_high, other_low = divmod(c2 * 0xCD9E8D57, _WORD)
            c0, c1, c2, c3 = other_high ^ c1 ^ keys[0], other_low, high ^ c3 ^ keys[1], low
            keys = [(keys[0] + 0x9E3779B9) % _WORD, (keys[1] + 0xBB67AE85) % _WORD]
        yield [c0, c1, c2, c3]
        number += 1


def _log_gamma(blocks: Iterator[list[int]], alpha: float) -> float:
    if not 0 < alpha < math.inf:
        return -math.inf if alpha == 0 else math.inf if alpha > 0 else math.nan
    d = (alpha + 1 if alpha < 1 else alpha) - 1 / 3
    for words in blocks:
        radius, turn, accepted, boost = ((word + 1) / _WORD for word in words)
        x = math.sqrt(-2 * math.log(radius)) * math.cos(2 * math.pi * turn)
        root = 1 + x / math.sqrt(9 * d)
        if root > 0 and math.log(accepted) < x * x / 2 + d * (1 - root**3 + math.log(root**3)):
            return math.log(d) + math.log(root**3) + (math.log(boost) / alpha if alpha < 1 else 0)
    raise AssertionError("the blocks never end")


def _binomial(blocks: Iterator[list[int]], count: float, p: float) -> float:
    if not (0 <= count < math.inf and 0 <= p <= 1):
        return math.nan
    left, found = math.floor(count), 0
    while left > 32:
        middle = left // 2 + 1
        below, above = _log_gamma(blocks, middle), _log_gamma(blocks, left + 1 - middle)
        there = 1 / (1 + math.exp(above - below))
        if there > p:
            left, p = middle - 1, p / there
        else:
            left, p, found = left - middle, (p - there) / (1 - there), found + middle
    words = [word for _ in range(-(-left // 4)) for word in next(blocks)]
    return found + sum(word < p * _WORD for word in words[:left])


def _each(function: Callable[..., float]) -> Callable[..., Any]:
    def reference(*operands: np.ndarray, salt: int) -> np.ndarray:
        *given, state = operands
        parameters = zip(*(one.ravel().tolist() for one in given), strict=True)
        numbers = [function(_blocks(state, salt, i), *one) for i, one in enumerate(parameters)]
        return np.array(numbers, given[0].dtype).reshape(given[0].shape)

    return reference


define(
    "random_log_gamma(alpha: T[*s], state: i64[2]; salt: int=0) -> T[*s]",
    "The logarithms of numbers of the gamma distribution of shape `alpha` and scale 1; NaN where `alpha` is below 0.",
    reference=_each(_log_gamma),
    samples=(
        sample(draw(5, 7, low=0.1, high=3.0), _STATE, salt=3),
        sample(draw(40, low=0.5, high=200.0), _STATE),
        sample(draw(1, low=-1.0, high=0.0), _STATE),
        sample(draw(low=1.0), _STATE),
        sample(draw(3, 0), _STATE),
    ),
    lower=_lower("random_log_gamma"),
)
define(
    "random_binomial(counts: T[*s], probabilities: T[*s], state: i64[2]; salt: int=0) -> T[*s]",
    "How many of `counts` tries succeed, each with that probability; NaN where that is none, or a count below 0.",
    reference=_each(_binomial),
    samples=(
        sample(draw(5, 7, low=0, high=30, whole=True), draw(5, 7, low=0.0, high=1.0), _STATE, salt=3),
        sample(draw(20, low=10, high=5000, whole=True), draw(20, low=0.0, high=1.0), _STATE),
        sample(draw(1, low=1.0), draw(1, low=1.0), _STATE),
        sample(draw(low=9.0, high=40.0), draw(low=0.0, high=1.0), _STATE),
        sample(draw(3, 0), draw(3, 0), _STATE),
    ),
    lower=_lower("random_binomial"),
)
