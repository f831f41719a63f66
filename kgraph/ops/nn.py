"""The functions of neural networks: activations, softmax, normalisation, cross-entropies."""

from __future__ import annotations

import math
from typing import Final

from kgraph import config, dims
from kgraph.broadcasting import shape_text
from kgraph.ops.attention import dot_product_attention as dot_product_attention
from kgraph.ops.comparison import greater, greater_equal, where
from kgraph.ops.creation import ones_like
from kgraph.ops.elementwise import clip, expm1, maximum, minimum, multiply, negative, sqrt, square, tanh
from kgraph.ops.indexing import multi_hot as multi_hot
from kgraph.ops.indexing import one_hot as one_hot
from kgraph.ops.indexing import sort
from kgraph.ops.normalization import batch_normalization as batch_normalization
from kgraph.ops.normalization import layer_normalization as layer_normalization
from kgraph.ops.normalization import moments as moments
from kgraph.ops.normalization import normalize as normalize
from kgraph.ops.normalization import rms_normalization as rms_normalization
from kgraph.ops.operands import (
    TensorLike,
    agree,
    as_float,
    axes_of,
    axis_of,
    claim_shape,
    rank_of,
    shape_of,
    to_shape,
)
from kgraph.ops.reductions import cumsum
from kgraph.ops.reductions import min as reduce_min
from kgraph.ops.reductions import sum as reduce_sum
from kgraph.ops.shaping import moveaxis, split, squeeze
from kgraph.tensor import apply, binary, cast, common_dtype, operand_type

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


def soft_shrink(x: TensorLike, threshold: float = 0.5) -> TensorLike:
    """``x`` moved by ``threshold`` towards 0, and 0 where that is near."""
    x = as_float(x)
    return binary("sub", x, clip(x, -float(threshold), float(threshold)))


def hard_shrink(x: TensorLike, threshold: float = 0.5) -> TensorLike:
    """``x`` where it is further than ``threshold`` from 0, else 0."""
    x = as_float(x)
    return where(greater(apply("abs", x), threshold), x, 0.0)


def threshold(x: TensorLike, threshold: float, default_value: float) -> TensorLike:
    """``x`` above ``threshold``, ``default_value`` elsewhere."""
    x = as_float(x)
    return where(greater(x, threshold), x, default_value)


def squareplus(x: TensorLike, b: float = 4) -> TensorLike:
    """``(x + sqrt(x² + b)) / 2``: a smooth ``relu``, with ``sqrt(b) / 2`` at 0."""
    x = as_float(x)
    return multiply(binary("add", x, sqrt(binary("add", square(x), b))), 0.5)


def sparse_plus(x: TensorLike) -> TensorLike:
    """0 below -1, ``x`` above 1, and ``(x + 1)² / 4`` between."""
    x = as_float(x)
    between = multiply(square(binary("add", clip(x, -1.0, 1.0), 1.0)), 0.25)
    return where(greater(x, 1), x, between)


def sparse_sigmoid(x: TensorLike) -> TensorLike:
    """``(x + 1) / 2`` between 0 and 1: the slope of ``sparse_plus``."""
    return multiply(binary("add", clip(as_float(x), -1.0, 1.0), 1.0), 0.5)


def glu(x: TensorLike, axis: int = -1) -> TensorLike:
    """``a * sigmoid(b)`` of the two halves of ``x`` along ``axis``.

    Raises:
        ValueError: they are not of one size.
    """
    values, gates = split(as_float(x), 2, axis)
    return multiply(values, sigmoid(gates))


# --- softmax ---------------------------------------------------------------------------------------------------------


def softmax(x: TensorLike, axis: int | tuple[int, ...] = -1) -> TensorLike:
    """``exp(x) / sum(exp(x))`` along ``axis``, or over several axes at once."""
    return _along_last("softmax", x, axis)


def log_softmax(x: TensorLike, axis: int | tuple[int, ...] = -1) -> TensorLike:
    """``x - log(sum(exp(x)))`` along ``axis``, or over several axes at once."""
    return _along_last("log_softmax", x, axis)


def sparsemax(x: TensorLike, axis: int = -1) -> TensorLike:
    """The probabilities along ``axis`` nearest to ``x``: ``max(x - t, 0)`` with the ``t`` that makes them sum to 1.

    The largest elements, as many as stay above it, set ``t``: their sum less 1, divided by their number.
    """
    x = as_float(x)
    ordered = negative(sort(negative(x), axis))
    ranks = cumsum(ones_like(ordered), axis)
    stays = greater(multiply(ordered, ranks), binary("sub", cumsum(ordered, axis), 1.0))
    count = reduce_sum(cast(stays, operand_type(x).dtype), axis, keepdims=True)
    last = reduce_min(where(stays, ordered, math.inf), axis, keepdims=True)
    total = reduce_sum(where(greater_equal(x, last), x, 0.0), axis, keepdims=True)
    return maximum(binary("sub", x, binary("div", binary("sub", total, 1.0), count)), 0.0)


def _along_last(op: str, x: TensorLike, axis: int | tuple[int, ...]) -> TensorLike:
    """``op`` with the axes meant moved to the end, made one, and put back."""
    x = as_float(x)
    axes = axes_of(op, rank_of(x), axis)
    last = list(range(rank_of(x) - len(axes), rank_of(x)))
    moved = moveaxis(x, axes, last)
    shape = shape_of(moved)
    flat = to_shape(moved, [*shape[: last[0]], dims.product(shape[last[0] :])])
    return moveaxis(to_shape(apply(op, flat), shape), last, axes)


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


def ctc_loss(
    target: TensorLike, output: TensorLike, target_length: TensorLike, output_length: TensorLike, mask_index: int = 0
) -> TensorLike:
    """``-log`` of the probability that a sequence of outputs spells its labels, over all alignments of the two.

    An output is a label or the blank; a run of one label spells it once, and blanks spell nothing. Shapes
    ``(n, labels), (n, steps, classes), (n), (n) -> (n)``.

    Args:
        target: class indices; what stands after the first ``target_length`` of a row is not looked at.
        output: logits.
        target_length: how many labels a sequence has.
        output_length: how many steps.
        mask_index: the class of the blank.

    Raises:
        ValueError: the shapes do not fit, or the number of classes is unknown.
        NodeError: when values come, a label is no class, a length is more than there is, or a sequence has fewer steps
            than its labels need: one each, and a blank between equal neighbours.
    """
    output = as_float(output)
    ranks = [rank_of(x) for x in (target, output, target_length, output_length)]
    classes = shape_of(output)[-1] if ranks[1] else None
    if ranks != [2, 3, 1, 1] or not isinstance(classes, int):
        shapes = ", ".join(shape_text(shape_of(x)) for x in (target, output, target_length, output_length))
        text = "(n, labels), (n, steps, classes), (n), (n), with a known number of classes"
        raise ValueError(f"ops.ctc_loss: shapes must be {text}, not {shapes}")
    batch = shape_of(output)[0]
    target, counts, steps = (_of_batch(x, batch) for x in (target, target_length, output_length))
    places = cumsum(ones_like(cast(target, "i32")), 1)
    labels = where(greater_equal(to_shape(counts, [batch, 1]), places), target, mask_index)
    index = apply("class_index", labels, classes=classes)
    log_probs = log_softmax(output)
    return apply("ctc_loss", index, log_probs, cast(counts, "i32"), cast(steps, "i32"), blank=int(mask_index))


def _of_batch(x: TensorLike, batch: dims.Dim) -> TensorLike:
    """``x`` with ``batch`` as its first dimension, claimed where it is unknown.

    Raises:
        ValueError: it is known to be another.
    """
    own = shape_of(x)[0]
    if isinstance(own, int) and isinstance(batch, int) and own != batch:
        raise ValueError(f"ops.ctc_loss: {own} sequences of labels or lengths meet {batch} sequences of outputs")
    return claim_shape(x, (batch, *shape_of(x)[1:]))


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
