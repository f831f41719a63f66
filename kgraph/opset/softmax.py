"""Softmax and its logarithm along the last axis. The row's maximum is taken off first, so nothing overflows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kgraph.op import Attrs, Call, Lower, define, draw, sample
from kgraph.opset.flops import per_element
from kgraph.opset.layout import grain_of, rows_of
from kgraph.types import TensorType

_SAMPLES: Final = (
    sample(draw(3, 5)),
    sample(draw(4, 37, low=-30, high=30)),
    sample(draw(2, 3, 10)),
    sample(draw(7)),
    sample(draw(2, 1)),
    sample(draw(1)),
    sample(draw(0, 5)),
)
_GRAD_SAMPLES: Final = (
    sample(draw(3, 5, low=0.0, high=1.0), draw(3, 5)),
    sample(draw(4, 37, low=-4, high=1), draw(4, 37)),
    sample(draw(1), draw(1)),
    sample(draw(0, 5), draw(0, 5)),
)


def _lower_rows(kernel: str) -> Lower:
    """A unit of work is one row."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        shape = inputs[0].known_shape
        return Call(f"{kernel}_{output.dtype}", rows_of(shape), grain_of(4 * shape[-1]), (shape[-1],))

    return lower


def _softmax_rule(g: Any) -> Any:
    return g.softmax_grad(g.out, g.dy)


def _log_softmax_rule(g: Any) -> Any:
    return g.log_softmax_grad(g.out, g.dy)


def _softmax_grad_rule(g: Any) -> Any:
    return g.softmax_grad(g.y, g.dy)


def softmax_reference(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def log_softmax_reference(x: np.ndarray) -> np.ndarray:
    below = x - x.max(-1, keepdims=True)
    return below - np.log(np.exp(below).sum(-1, keepdims=True))


def _softmax_grad(y: np.ndarray, dy: np.ndarray) -> np.ndarray:
    return y * (dy - (y * dy).sum(-1, keepdims=True))


def _log_softmax_grad(y: np.ndarray, dy: np.ndarray) -> np.ndarray:
    return dy - np.exp(y) * dy.sum(-1, keepdims=True)


define(
    "softmax(x: T[*s,c]) -> T[*s,c]",
    "`exp(x) / sum(exp(x))` along the last axis.",
    lower=_lower_rows("softmax"),
    flops=per_element(4),
    grad=(_softmax_rule,),
    reference=softmax_reference,
    samples=_SAMPLES,
)
define(
    "softmax_grad(y: T[*s,c], dy: T[*s,c]) -> T[*s,c]",
    "The gradient of `softmax` where its result is `y`: `y * (dy - sum(y * dy))`.",
    lower=_lower_rows("softmax_grad"),
    flops=per_element(4),
    grad=(None, _softmax_grad_rule),
    reference=_softmax_grad,
    samples=_GRAD_SAMPLES,
)
define(
    "log_softmax(x: T[*s,c]) -> T[*s,c]",
    "`x - log(sum(exp(x)))` along the last axis.",
    lower=_lower_rows("log_softmax"),
    flops=per_element(4),
    grad=(_log_softmax_rule,),
    reference=log_softmax_reference,
    samples=_SAMPLES,
)
define(
    "log_softmax_grad(y: T[*s,c], dy: T[*s,c]) -> T[*s,c]",
    "The gradient of `log_softmax` where its result is `y`: `dy - exp(y) * sum(dy)`.",
    lower=_lower_rows("log_softmax_grad"),
    flops=per_element(4),
    reference=_log_softmax_grad,
    samples=_GRAD_SAMPLES,
)
