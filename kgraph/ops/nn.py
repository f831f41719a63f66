"""The functions of neural networks: activations, softmax, statistics, cross-entropies."""

from __future__ import annotations

import math
from typing import Final

from kgraph import config, dims
from kgraph.broadcasting import shape_text
from kgraph.ops.comparison import greater, where
from kgraph.ops.elementwise import clip, expm1, maximum, minimum, multiply, negative, rsqrt, square, tanh
from kgraph.ops.operands import (
    Axes,
    TensorLike,
    agree,
    as_float,
    axes_of,
    axis_of,
    rank_of,
    shape_of,
    to_shape,
)
from kgraph.ops.reductions import mean, norm
from kgraph.ops.reductions import sum as reduce_sum
from kgraph.ops.shaping import moveaxis, squeeze
from kgraph.tensor import apply, binary, cast, common_dtype

#: With these, layers of normal inputs keep mean 0 and variance 1 (Klambauer et al. 2017).
_SELU_ALPHA: Final = 1.6732632423543772
_SELU_SCALE: Final = 1.0507009873554805


# --- activations -----------------------------------------------------------------------------------------------------


def relu(x: TensorLike) -> TensorLike:
    """``max(x, 0)``."""
    return apply("relu", as_float(x))


def relu6(x: TensorLike) -> TensorLike:
    """``min(max(x, 0), 6)``."""
    return clip(as_float(x), 0.0, 6.0)


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> TensorLike:
    """``x`` above 0, ``negative_slope * x`` below."""
    x = as_float(x)
    return where(greater(x, 0), x, multiply(x, negative_slope))


def elu(x: TensorLike, alpha: float = 1.0) -> TensorLike:
    """``x`` above 0, ``alpha * (exp(x) - 1)`` below."""
    x = as_float(x)
    # The exponential sees nothing above 0, where its overflow would reach the gradient.
    below = expm1(minimum(x, 0.0))
    return where(greater(x, 0), x, below if alpha == 1.0 else multiply(below, alpha))


def celu(x: TensorLike, alpha: float = 1.0) -> TensorLike:
    """``max(x, 0) + min(0, alpha * (exp(x / alpha) - 1))``."""
    x = as_float(x)
    return maximum(x, 0.0) + multiply(expm1(multiply(minimum(x, 0.0), 1.0 / alpha)), alpha)


def selu(x: TensorLike) -> TensorLike:
    """``1.0507 * elu(x, 1.6733)``."""
    return multiply(elu(x, _SELU_ALPHA), _SELU_SCALE)


def gelu(x: TensorLike, approximate: bool = True) -> TensorLike:
    """``x * P(X <= x)`` for a standard normal ``X``; approximated by a tanh, or by erf itself."""
    x = as_float(x)
    if approximate:
        inside = multiply(binary("add", x, multiply(multiply(square(x), x), 0.044715)), math.sqrt(2.0 / math.pi))
        return multiply(multiply(x, 0.5), binary("add", tanh(inside), 1.0))
    return multiply(multiply(x, 0.5), binary("add", apply("erf", multiply(x, math.sqrt(0.5))), 1.0))


def sigmoid(x: TensorLike) -> TensorLike:
    """``1 / (1 + exp(-x))``."""
    return apply("sigmoid", as_float(x))


def log_sigmoid(x: TensorLike) -> TensorLike:
    """``log(sigmoid(x))``, as ``-softplus(-x)``."""
    return negative(softplus(negative(as_float(x))))


def hard_sigmoid(x: TensorLike) -> TensorLike:
    """``min(max(x / 6 + 1/2, 0), 1)``."""
    return clip(binary("add", multiply(as_float(x), 1.0 / 6.0), 0.5), 0.0, 1.0)


def silu(x: TensorLike) -> TensorLike:
    """``x * sigmoid(x)``."""
    x = as_float(x)
    return multiply(x, sigmoid(x))


swish = silu


def hard_silu(x: TensorLike) -> TensorLike:
    """``x * hard_sigmoid(x)``."""
    x = as_float(x)
    return multiply(x, hard_sigmoid(x))


hard_swish = hard_silu


def hard_tanh(x: TensorLike) -> TensorLike:
    """``x`` between -1 and 1."""
    return clip(as_float(x), -1.0, 1.0)


def softplus(x: TensorLike) -> TensorLike:
    """``log(1 + exp(x))``."""
    return apply("softplus", as_float(x))


def softsign(x: TensorLike) -> TensorLike:
    """``x / (1 + abs(x))``."""
    x = as_float(x)
    return binary("div", x, binary("add", apply("abs", x), 1.0))


def tanh_shrink(x: TensorLike) -> TensorLike:
    """``x - tanh(x)``."""
    x = as_float(x)
    return binary("sub", x, tanh(x))


# --- softmax ---------------------------------------------------------------------------------------------------------


def softmax(x: TensorLike, axis: int | tuple[int, ...] = -1) -> TensorLike:
    """``exp(x) / sum(exp(x))`` along ``axis``, or over several axes at once."""
    return _along_last("softmax", x, axis)


def log_softmax(x: TensorLike, axis: int | tuple[int, ...] = -1) -> TensorLike:
    """``x - log(sum(exp(x)))`` along ``axis``, or over several axes at once."""
    return _along_last("log_softmax", x, axis)


def _along_last(op: str, x: TensorLike, axis: int | tuple[int, ...]) -> TensorLike:
    """``op`` with the axes meant moved to the end, made one, and put back."""
    x = as_float(x)
    axes = axes_of(op, rank_of(x), axis)
    last = list(range(rank_of(x) - len(axes), rank_of(x)))
    moved = moveaxis(x, axes, last)
    shape = shape_of(moved)
    flat = to_shape(moved, [*shape[: last[0]], dims.product(shape[last[0] :])])
    return moveaxis(to_shape(apply(op, flat), shape), last, axes)


# --- statistics ------------------------------------------------------------------------------------------------------


def moments(
    x: TensorLike, axes: Axes, keepdims: bool = False, synchronized: bool = False
) -> tuple[TensorLike, TensorLike]:
    """Mean and variance over ``axes``.

    Raises:
        ValueError: ``synchronized``, which several machines would need.
    """
    if synchronized:
        raise ValueError("ops.moments: synchronized moments need several machines; there is one")
    x = as_float(x)
    middle = mean(x, axes, keepdims=True)
    variance = mean(square(binary("sub", x, middle)), axes, keepdims)
    return (middle if keepdims else squeeze(middle, axes_of("moments", rank_of(x), axes))), variance


def normalize(x: TensorLike, axis: Axes = -1, order: int = 2, epsilon: float | None = None) -> TensorLike:
    """``x / max(norm(x), epsilon)`` along ``axis``, with the norm of ``order``.

    Raises:
        ValueError: ``order`` is below 1.
    """
    if order < 1:
        raise ValueError(f"ops.normalize: order must be 1 or more, not {order}")
    x = as_float(x)
    smallest = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        return multiply(x, rsqrt(maximum(reduce_sum(square(x), axis, keepdims=True), smallest**2)))
    return binary("div", x, maximum(norm(x, order, axis, keepdims=True), smallest))


# --- cross-entropies -------------------------------------------------------------------------------------------------


def binary_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False) -> TensorLike:
    """``-(target * log(output) + (1 - target) * log(1 - output))`` for each element.

    Probabilities are clipped to ``[epsilon, 1 - epsilon]``; logits stand for ``sigmoid(output)``.

    Raises:
        ValueError: the shapes differ.
    """
    target, output = _paired("binary_crossentropy", target, output)
    if from_logits:
        return apply("sigmoid_crossentropy", target, output)
    return apply("binary_crossentropy", target, output, epsilon=config.epsilon())


def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> TensorLike:
    """``-sum(target * log(output / sum(output)))`` along ``axis``, which the result loses.

    Probabilities are clipped to ``[epsilon, 1 - epsilon]``; logits stand for ``softmax(output)``.

    Raises:
        ValueError: the shapes differ.
    """
    target, output = _paired("categorical_crossentropy", target, output)
    axis = axis_of("categorical_crossentropy", rank_of(output), axis)
    target, output = moveaxis(target, axis, -1), moveaxis(output, axis, -1)
    if from_logits:
        return apply("softmax_crossentropy", target, output)
    return apply("categorical_crossentropy", target, output, epsilon=config.epsilon())


def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> TensorLike:
    """``categorical_crossentropy`` where ``target`` holds class indices, with or without a last axis of 1.

    Shapes ``(*s)`` or ``(*s, 1)``, ``(*s, classes)`` -> ``(*s)``.

    Raises:
        ValueError: the shapes do not fit, or the number of classes is unknown.
        NodeError: when values come, a label is NaN, no whole number, or outside the classes.
    """
    output = as_float(output)
    output = moveaxis(output, axis_of("sparse_categorical_crossentropy", rank_of(output), axis), -1)
    *rows, classes = shape_of(output)
    if rank_of(target) == rank_of(output) and shape_of(target)[-1] == 1:
        target = squeeze(target, -1)
    if rank_of(target) != len(rows) or not isinstance(classes, int):
        text = f"target {shape_text(shape_of(target))} does not fit output {shape_text(shape_of(output))}"
        raise ValueError(f"ops.sparse_categorical_crossentropy: {text}: one index a row, of a known number of classes")
    index = apply("class_index", target, classes=classes)
    index, output = _same_rows("sparse_categorical_crossentropy", index, output)
    if from_logits:
        return apply("sparse_softmax_crossentropy", index, output)
    return apply("sparse_categorical_crossentropy", index, output, epsilon=config.epsilon())


def _same_rows(function: str, index: TensorLike, output: TensorLike) -> tuple[TensorLike, TensorLike]:
    """``index`` and ``output`` with equal dimensions but for the classes, as far as they can be equal."""
    flat = to_shape(index, [*shape_of(index), 1])
    flat, output = agree(function, [flat, output], rank_of(output) - 1)
    return to_shape(flat, shape_of(flat)[:-1]), output


def _paired(function: str, target: TensorLike, output: TensorLike) -> tuple[TensorLike, TensorLike]:
    """Both as one float dtype and one shape.

    Raises:
        ValueError: the shapes differ.
    """
    output = as_float(output)
    dtype = common_dtype("div", target, output)
    target, output = agree(function, [cast(target, dtype), cast(output, dtype)], names=("target", "output"))
    return target, output
