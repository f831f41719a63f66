"""Gradients of a crossentropy and of the sigmoid or softmax below it, in one.

``passes.fuse_loss`` emits them. With probabilities ``y``, targets ``t`` and the losses' adjoint ``dy``, the adjoint of
the logits is ``dy * (y - t)``; a probability that the loss clipped to ``[epsilon, 1 - epsilon]`` has no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from kgraph.op import Attrs, Call, define, draw, sample
from kgraph.opset.layout import TASK_ELEMENTS
from kgraph.opset.losses import lower_rows, probabilities
from kgraph.types import TensorType

_EPSILON = 0.1


def _free(y: np.ndarray, epsilon: float) -> np.ndarray:
    """Where the probabilities were not clipped; a NaN was not."""
    low, high = y.dtype.type(epsilon), y.dtype.type(1 - epsilon)
    return ~((y < low) | (y > high))


def _sigmoid_grad(y_true: np.ndarray, y: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    return np.where(_free(y, epsilon), dy * (y - y_true), 0)


def _softmax_grad(y_true: np.ndarray, y: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    own = np.where(_free(y, epsilon), y_true, 0)
    return dy[..., None] * (y * own.sum(-1, keepdims=True) - own)


def _sparse_grad(index: np.ndarray, y: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    own = np.take_along_axis(y, index[..., None], -1)
    scale = np.where(_free(own, epsilon), dy[..., None], 0)
    return scale * (y - (index[..., None] == np.arange(y.shape[-1])))


def _lower_elements(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    kernel = f"sigmoid_binary_crossentropy_grad_{output.dtype}"
    return Call(kernel, prod(output.known_shape), TASK_ELEMENTS, (), (attrs["epsilon"],))


define(
    "sigmoid_binary_crossentropy_grad(y_true: T[*s], y: T[*s], dy: T[*s]; epsilon: float) -> T[*s]",
    "The adjoint of `x`, where `y = sigmoid(x)` and `dy` is that of `binary_crossentropy(y_true, y)`.",
    lower=_lower_elements,
    reference=_sigmoid_grad,
    samples=tuple(
        sample(probabilities(*shape), probabilities(*shape), draw(*shape), epsilon=_EPSILON)
        for shape in ((5, 7), (1,), (), (0, 3), (40, 33))
    ),
)

define(
    "softmax_categorical_crossentropy_grad(y_true: T[*s,c], y: T[*s,c], dy: T[*s]; epsilon: float) -> T[*s,c]",
    "The adjoint of `x`, where `y = softmax(x)` and `dy` is that of `categorical_crossentropy(y_true, y)`.",
    lower=lower_rows("softmax_categorical_crossentropy_grad"),
    reference=_softmax_grad,
    samples=tuple(
        sample(probabilities(*shape), probabilities(*shape), draw(*shape[:-1]), epsilon=_EPSILON)
        for shape in ((4, 7), (2, 3, 5), (1,), (9,), (1, 1), (0, 3), (3, 40))
    ),
)

define(
    "softmax_sparse_crossentropy_grad(index: i32[*s], y: T[*s,c], dy: T[*s]; epsilon: float) -> T[*s,c]",
    "The adjoint of `x`, where `y = softmax(x)` and `dy` is that of `sparse_categorical_crossentropy(index, y)`.",
    lower=lower_rows("softmax_sparse_crossentropy_grad"),
    reference=_sparse_grad,
    fault="class {value:.0f} at position {position} is outside [0, {limit})",
    samples=tuple(
        sample(
            draw(*shape[:-1], low=0, high=shape[-1], dtype="i32"),
            probabilities(*shape),
            draw(*shape[:-1]),
            epsilon=_EPSILON,
        )
        for shape in ((4, 7), (2, 3, 5), (1,), (9,), (1, 1), (0, 3), (3, 40))
    ),
)
