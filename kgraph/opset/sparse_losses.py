"""Losses whose target is the index of a class. Formulas are those of ``losses`` with the target one-hot."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Final

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Draw, OpError, define, draw, find_op, sample
from kgraph.opset.layout import TASK_ELEMENTS
from kgraph.opset.losses import fused_grad, lower_rows, probabilities
from kgraph.types import TensorType

_EPSILON: Final = 1e-7
_OUTSIDE: Final = "class {value:.0f} at position {position} is outside [0, {limit})"


def _classes(*shape: int, classes: int) -> Draw:
    return draw(*shape, low=0, high=classes, dtype="i32")


def _class_index_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    if not 1 <= attrs["classes"] < 2**31:
        raise OpError(f"classes must be from 1 to {2**31 - 1}, not {attrs['classes']}")
    return inputs[0].shape


def _lower_class_index(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    return Call(f"class_index_{inputs[0].dtype}", prod(output.known_shape), TASK_ELEMENTS, (attrs["classes"],))


def _class_index(labels: np.ndarray, *, classes: int) -> np.ndarray:
    return labels.astype(np.int32)


define(
    "class_index(labels: A[*_]; classes: int) -> i32[?]",
    "Labels as class indices. A NaN, a fraction, or a label outside the classes is refused.",
    infer=_class_index_type,
    lower=_lower_class_index,
    reference=_class_index,
    fault="label {value:g} at position {position} is not a class in [0, {limit})",
    samples=(
        sample(draw(3, 4, low=0, high=7, whole=True), classes=7),
        sample(draw(300, low=0, high=2, whole=True), classes=2),
        sample(draw(1, low=0, high=1, whole=True), classes=2),
        sample(draw(0, low=0, high=1, whole=True), classes=1),
    ),
)


def _one_hot(index: np.ndarray, like: np.ndarray) -> np.ndarray:
    return (index[..., None] == np.arange(like.shape[-1])).astype(like.dtype)


def _dense(op: str, index: np.ndarray, predictions: np.ndarray, *rest: np.ndarray, **attrs: float) -> np.ndarray:
    """The op over classes that takes a whole target, given the index as one."""
    reference = find_op(op).reference
    assert reference is not None
    return reference(_one_hot(index, predictions), predictions, *rest, **attrs)


def _categorical(index: np.ndarray, y_pred: np.ndarray, *, epsilon: float) -> np.ndarray:
    return _dense("categorical_crossentropy", index, y_pred, epsilon=epsilon)


def _categorical_grad(index: np.ndarray, y_pred: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    return _dense("categorical_crossentropy_grad", index, y_pred, dy, epsilon=epsilon)


def _softmax(index: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return _dense("softmax_crossentropy", index, logits)


def _softmax_grad(index: np.ndarray, logits: np.ndarray, dy: np.ndarray) -> np.ndarray:
    return _dense("softmax_crossentropy_grad", index, logits, dy)


define(
    "sparse_categorical_crossentropy(index: i32[*s], y_pred: T[*s,c]; epsilon: float) -> T[*s]",
    "`-log(q[index])` where `q` is `y_pred / sum(y_pred)`, clipped.",
    lower=lower_rows("sparse_categorical_crossentropy"),
    grad=(None, fused_grad("sparse_categorical_crossentropy_grad")),
    reference=_categorical,
    fault=_OUTSIDE,
    samples=(
        sample(_classes(4, classes=5), probabilities(4, 5), epsilon=_EPSILON),
        sample(_classes(2, 3, classes=33), probabilities(2, 3, 33), epsilon=0.02),
        sample(_classes(classes=2), probabilities(2), epsilon=_EPSILON),
        sample(_classes(1, classes=1), probabilities(1, 1), epsilon=0.25),
        sample(_classes(0, classes=5), probabilities(0, 5), epsilon=_EPSILON),
    ),
)
define(
    "sparse_categorical_crossentropy_grad(index: i32[*s], y_pred: T[*s,c], dy: T[*s]; epsilon: float) -> T[*s,c]",
    "The gradient of `sparse_categorical_crossentropy` in `y_pred`.",
    lower=lower_rows("sparse_categorical_crossentropy_grad"),
    reference=_categorical_grad,
    fault=_OUTSIDE,
    samples=(
        sample(_classes(9, classes=5), probabilities(9, 5), draw(9), epsilon=0.15),
        sample(_classes(1, classes=1), probabilities(1, 1), draw(1), epsilon=_EPSILON),
        sample(_classes(0, classes=5), probabilities(0, 5), draw(0), epsilon=_EPSILON),
    ),
)
define(
    "sparse_softmax_crossentropy(index: i32[*s], logits: T[*s,c]) -> T[*s]",
    "`-log_softmax(logits)[index]`.",
    lower=lower_rows("sparse_softmax_crossentropy"),
    grad=(None, fused_grad("sparse_softmax_crossentropy_grad")),
    reference=_softmax,
    fault=_OUTSIDE,
    samples=(
        sample(_classes(4, classes=5), draw(4, 5)),
        sample(_classes(2, 3, classes=33), draw(2, 3, 33, low=-30, high=30)),
        sample(_classes(classes=1), draw(1)),
        sample(_classes(0, classes=5), draw(0, 5)),
    ),
)
define(
    "sparse_softmax_crossentropy_grad(index: i32[*s], logits: T[*s,c], dy: T[*s]) -> T[*s,c]",
    "The gradient of `sparse_softmax_crossentropy` in `logits`: `dy * (softmax(logits) - one_hot(index))`.",
    lower=lower_rows("sparse_softmax_crossentropy_grad"),
    reference=_softmax_grad,
    fault=_OUTSIDE,
    samples=(
        sample(_classes(4, classes=33), draw(4, 33, low=-30, high=30), draw(4)),
        sample(_classes(classes=1), draw(1), draw()),
        sample(_classes(0, classes=5), draw(0, 5), draw(0)),
    ),
)
