"""Losses fused with what stands before their logarithm, with Keras's formulas.

Probabilities are clipped to ``[epsilon, 1 - epsilon]``, and have no gradient where that changes them. Losses over
classes take the last axis away: one value a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Final

import numpy as np

from kgraph.op import Attrs, Call, Draw, GradRule, Lower, define, draw, sample
from kgraph.opset.layout import TASK_ELEMENTS, grain_of, rows_of
from kgraph.opset.softmax import log_softmax_reference, softmax_reference
from kgraph.types import TensorType

_EPSILON: Final = 1e-7


def probabilities(*shape: int) -> Draw:
    return draw(*shape, low=0.05, high=0.95)


def _lower_elements(kernel: str) -> Lower:
    """A unit of work is an element."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        floats = (attrs["epsilon"],) if "epsilon" in attrs else ()
        return Call(f"{kernel}_{output.dtype}", prod(output.known_shape), TASK_ELEMENTS // 4, (), floats)

    return lower


def lower_rows(kernel: str) -> Lower:
    """A unit of work is a row of the predictions, the second operand. Their width is also the limit of an index."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        shape = inputs[1].known_shape
        floats = (attrs["epsilon"],) if "epsilon" in attrs else ()
        return Call(f"{kernel}_{output.dtype}", rows_of(shape), grain_of(4 * shape[-1]), (shape[-1],), floats)

    return lower


def fused_grad(op: str) -> GradRule:
    """The gradient op of the same operands and attributes, which takes the adjoint last."""

    def rule(g: Any) -> Any:
        return getattr(g, op)(*g.inputs, g.dy, **g.attrs)

    return rule


def _clip(p: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """``p`` clipped in its own dtype, and where that left it as it was; NaN is left."""
    low, high = p.dtype.type(epsilon), p.dtype.type(1 - epsilon)
    return np.clip(p, low, high), ~((p < low) | (p > high))


# --- two classes -----------------------------------------------------------------------------------------------------


def _binary_grad_target(g: Any) -> Any:
    """The loss is linear in the target: its slope is the loss of a 1 less the loss of a 0."""
    ones, zeros = (g.constant_like(g.y_pred, value) for value in (1.0, 0.0))
    slope = g.sub(g.binary_crossentropy(ones, g.y_pred, **g.attrs), g.binary_crossentropy(zeros, g.y_pred, **g.attrs))
    return g.mul(g.dy, slope)


def _binary(y_true: np.ndarray, y_pred: np.ndarray, *, epsilon: float) -> np.ndarray:
    p, _ = _clip(y_pred, epsilon)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))


def _binary_grad(y_true: np.ndarray, y_pred: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    _, free = _clip(y_pred, epsilon)
    return np.where(free, dy * ((1 - y_true) / (1 - y_pred) - y_true / y_pred), 0)


define(
    "binary_crossentropy(y_true: T[*s], y_pred: T[*s]; epsilon: float) -> T[*s]",
    "`-(y_true * log(p) + (1 - y_true) * log(1 - p))` where `p` is `y_pred` clipped.",
    lower=_lower_elements("binary_crossentropy"),
    grad=(_binary_grad_target, fused_grad("binary_crossentropy_grad")),
    reference=_binary,
    samples=(
        sample(draw(5, 3, low=0, high=1), probabilities(5, 3), epsilon=_EPSILON),
        sample(draw(40, low=0, high=1), draw(40, low=0.05, high=0.95), epsilon=0.2),
        sample(draw(1, low=0, high=1), probabilities(1), epsilon=_EPSILON),
        sample(draw(0), probabilities(0), epsilon=_EPSILON),
    ),
)
define(
    "binary_crossentropy_grad(y_true: T[*s], y_pred: T[*s], dy: T[*s]; epsilon: float) -> T[*s]",
    "The gradient of `binary_crossentropy` in `y_pred`.",
    lower=_lower_elements("binary_crossentropy_grad"),
    reference=_binary_grad,
    samples=(
        sample(draw(5, 3, low=0, high=1), draw(5, 3, low=-0.2, high=1.2), draw(5, 3), epsilon=_EPSILON),
        sample(draw(1, low=0, high=1), probabilities(1), draw(1), epsilon=_EPSILON),
        sample(draw(0), probabilities(0), draw(0), epsilon=_EPSILON),
    ),
)


def _sigmoid_grad_target(g: Any) -> Any:
    return g.neg(g.mul(g.dy, g.logits))


def _sigmoid(y_true: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return np.maximum(logits, 0) - logits * y_true + np.log1p(np.exp(-np.abs(logits)))


def _sigmoid_grad(y_true: np.ndarray, logits: np.ndarray, dy: np.ndarray) -> np.ndarray:
    power = np.exp(-np.abs(logits))
    return dy * (np.where(logits < 0, power, 1) / (1 + power) - y_true)


define(
    "sigmoid_crossentropy(y_true: T[*s], logits: T[*s]) -> T[*s]",
    "`binary_crossentropy` of `sigmoid(logits)`, as `max(x, 0) - x * y_true + log1p(exp(-abs(x)))`.",
    lower=_lower_elements("sigmoid_crossentropy"),
    grad=(_sigmoid_grad_target, fused_grad("sigmoid_crossentropy_grad")),
    reference=_sigmoid,
    samples=(
        sample(draw(5, 3, low=0, high=1), draw(5, 3)),
        sample(draw(40, low=0, high=1), draw(40, low=-60, high=60)),
        sample(draw(1), draw(1)),
        sample(draw(0), draw(0)),
    ),
)
define(
    "sigmoid_crossentropy_grad(y_true: T[*s], logits: T[*s], dy: T[*s]) -> T[*s]",
    "The gradient of `sigmoid_crossentropy` in `logits`: `dy * (sigmoid(logits) - y_true)`.",
    lower=_lower_elements("sigmoid_crossentropy_grad"),
    reference=_sigmoid_grad,
    samples=(
        sample(draw(5, 3, low=0, high=1), draw(5, 3, low=-60, high=60), draw(5, 3)),
        sample(draw(1), draw(1), draw(1)),
        sample(draw(0), draw(0), draw(0)),
    ),
)

# --- many classes, a probability for each ----------------------------------------------------------------------------


def _over_classes(g: Any, per_row: Any, like: Any) -> Any:
    """A value for each row, repeated for each of its classes."""
    shape = list(g.type(like).shape)
    return g.broadcast(g.reshape(per_row, shape=[*shape[:-1], 1]), shape=shape)


def _categorical_grad_target(g: Any) -> Any:
    total = g.sum(g.y_pred, axes=[g.type(g.y_pred).rank - 1], keepdims=False)
    share = g.div(g.y_pred, _over_classes(g, total, g.y_pred))
    loss_of_one = g.binary_crossentropy(g.constant_like(share, 1.0), share, **g.attrs)
    return g.mul(_over_classes(g, g.dy, share), loss_of_one)


def _categorical(y_true: np.ndarray, y_pred: np.ndarray, *, epsilon: float) -> np.ndarray:
    q, _ = _clip(y_pred / y_pred.sum(-1, keepdims=True), epsilon)
    return -(y_true * np.log(q)).sum(-1)


def _categorical_grad(y_true: np.ndarray, y_pred: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    total = y_pred.sum(-1, keepdims=True)
    q, free = _clip(y_pred / total, epsilon)
    return dy[..., None] / total * ((y_true * free).sum(-1, keepdims=True) - y_true * free / q)


define(
    "categorical_crossentropy(y_true: T[*s,c], y_pred: T[*s,c]; epsilon: float) -> T[*s]",
    "`-sum(y_true * log(q))` where `q` is `y_pred / sum(y_pred)`, clipped.",
    lower=lower_rows("categorical_crossentropy"),
    grad=(_categorical_grad_target, fused_grad("categorical_crossentropy_grad")),
    reference=_categorical,
    samples=(
        sample(draw(4, 5, low=0, high=1), probabilities(4, 5), epsilon=_EPSILON),
        sample(draw(2, 3, 33, low=0, high=1), probabilities(2, 3, 33), epsilon=0.02),
        sample(draw(2, low=0, high=1), probabilities(2), epsilon=_EPSILON),
        sample(draw(1, 1, low=0, high=1), probabilities(1, 1), epsilon=0.25),
        sample(draw(0, 5), probabilities(0, 5), epsilon=_EPSILON),
    ),
)
define(
    "categorical_crossentropy_grad(y_true: T[*s,c], y_pred: T[*s,c], dy: T[*s]; epsilon: float) -> T[*s,c]",
    "The gradient of `categorical_crossentropy` in `y_pred`.",
    lower=lower_rows("categorical_crossentropy_grad"),
    reference=_categorical_grad,
    samples=(
        sample(draw(4, 5, low=0, high=1), probabilities(4, 5), draw(4), epsilon=0.15),
        sample(draw(1, 1, low=0, high=1), probabilities(1, 1), draw(1), epsilon=_EPSILON),
        sample(draw(0, 5), probabilities(0, 5), draw(0), epsilon=_EPSILON),
    ),
)


def _softmax_grad_target(g: Any) -> Any:
    return g.neg(g.mul(_over_classes(g, g.dy, g.logits), g.log_softmax(g.logits)))


def _softmax(y_true: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return -(y_true * log_softmax_reference(logits)).sum(-1)


def _softmax_grad(y_true: np.ndarray, logits: np.ndarray, dy: np.ndarray) -> np.ndarray:
    return dy[..., None] * (softmax_reference(logits) * y_true.sum(-1, keepdims=True) - y_true)


define(
    "softmax_crossentropy(y_true: T[*s,c], logits: T[*s,c]) -> T[*s]",
    "`-sum(y_true * log_softmax(logits))`.",
    lower=lower_rows("softmax_crossentropy"),
    grad=(_softmax_grad_target, fused_grad("softmax_crossentropy_grad")),
    reference=_softmax,
    samples=(
        sample(draw(4, 5, low=0, high=1), draw(4, 5)),
        sample(draw(2, 3, 33, low=0, high=1), draw(2, 3, 33, low=-30, high=30)),
        sample(draw(1), draw(1)),
        sample(draw(0, 5), draw(0, 5)),
    ),
)
define(
    "softmax_crossentropy_grad(y_true: T[*s,c], logits: T[*s,c], dy: T[*s]) -> T[*s,c]",
    "The gradient of `softmax_crossentropy` in `logits`: `dy * (softmax(logits) * sum(y_true) - y_true)`.",
    lower=lower_rows("softmax_crossentropy_grad"),
    reference=_softmax_grad,
    samples=(
        sample(draw(4, 33, low=0, high=1), draw(4, 33, low=-30, high=30), draw(4)),
        sample(draw(1), draw(1), draw()),
        sample(draw(0, 5), draw(0, 5), draw(0)),
    ),
)
