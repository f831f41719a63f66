"""Activation functions, by Keras 3's names. All but ``glu`` keep the shape of ``x``; ints become the default float."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph import ops
from kgraph.ops.operands import TensorLike, as_float
from kgraph.registry import Identifier, Named, Vocabulary, serialize_keras_object


def linear(x: TensorLike) -> TensorLike:
    """``x``."""
    return x


def relu(
    x: TensorLike, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> TensorLike:
    """``max(x, 0)`` above ``threshold``, but at most ``max_value``; ``negative_slope * (x - threshold)`` below."""
    if threshold == 0.0 and max_value is None:
        return ops.relu(x) if negative_slope == 0.0 else ops.leaky_relu(x, negative_slope)
    x = as_float(x)
    above = ops.relu(x) if max_value is None else ops.clip(x, 0.0, float(max_value))
    below = ops.multiply(ops.subtract(x, threshold), negative_slope)
    return ops.where(ops.greater(x, threshold), above, below)


def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> TensorLike:
    """``x`` above 0, ``negative_slope * x`` below."""
    return ops.leaky_relu(x, negative_slope)


def relu6(x: TensorLike) -> TensorLike:
    """``min(max(x, 0), 6)``."""
    return ops.relu6(x)


def softmax(x: TensorLike, axis: int = -1) -> TensorLike:
    """``exp(x) / sum(exp(x))`` along ``axis``."""
    return ops.softmax(x, axis)


def log_softmax(x: TensorLike, axis: int = -1) -> TensorLike:
    """``x - log(sum(exp(x)))`` along ``axis``."""
    return ops.log_softmax(x, axis)


def sparsemax(x: TensorLike, axis: int = -1) -> TensorLike:
    """``max(x - t, 0)`` along ``axis``, with the ``t`` that makes it sum to 1: small ``x`` become 0."""
    return ops.sparsemax(x, axis)


def elu(x: TensorLike, alpha: float = 1.0) -> TensorLike:
    """``x`` above 0, ``alpha * (exp(x) - 1)`` below."""
    return ops.elu(x, alpha)


def celu(x: TensorLike, alpha: float = 1.0) -> TensorLike:
    """``x`` above 0, ``alpha * (exp(x / alpha) - 1)`` below: smooth for every ``alpha``."""
    return ops.celu(x, alpha)


def selu(x: TensorLike) -> TensorLike:
    """``1.0507 * elu(x, 1.6733)``."""
    return ops.selu(x)


def softplus(x: TensorLike) -> TensorLike:
    """``log(1 + exp(x))``."""
    return ops.softplus(x)


def squareplus(x: TensorLike, b: float = 4) -> TensorLike:
    """``(x + sqrt(x² + b)) / 2``."""
    return ops.squareplus(x, b)


def sparse_plus(x: TensorLike) -> TensorLike:
    """0 below -1, ``x`` above 1, and ``(x + 1)² / 4`` between."""
    return ops.sparse_plus(x)


def softsign(x: TensorLike) -> TensorLike:
    """``x / (1 + abs(x))``."""
    return ops.softsign(x)


def silu(x: TensorLike) -> TensorLike:
    """``x * sigmoid(x)``; also called swish."""
    return ops.silu(x)


def gelu(x: TensorLike, approximate: bool = False) -> TensorLike:
    """``x * P(X <= x)`` for a standard normal ``X``; by erf, or approximated by a tanh."""
    return ops.gelu(x, approximate)


def glu(x: TensorLike, axis: int = -1) -> TensorLike:
    """``a * sigmoid(b)`` of the halves ``a`` and ``b`` of ``x`` along ``axis``, of which half is left."""
    return ops.glu(x, axis)


def tanh(x: TensorLike) -> TensorLike:
    """``sinh(x) / cosh(x)``."""
    return ops.tanh(x)


def tanh_shrink(x: TensorLike) -> TensorLike:
    """``x - tanh(x)``."""
    return ops.tanh_shrink(x)


def hard_tanh(x: TensorLike) -> TensorLike:
    """``min(max(x, -1), 1)``."""
    return ops.hard_tanh(x)


def soft_shrink(x: TensorLike, threshold: float = 0.5) -> TensorLike:
    """``x`` moved by ``threshold`` towards 0, and 0 where that is near."""
    return ops.soft_shrink(x, threshold)


def hard_shrink(x: TensorLike, threshold: float = 0.5) -> TensorLike:
    """``x`` where it is further than ``threshold`` from 0, else 0."""
    return ops.hard_shrink(x, threshold)


def threshold(x: TensorLike, threshold: float, default_value: float) -> TensorLike:
    """``x`` above ``threshold``, ``default_value`` elsewhere."""
    return ops.threshold(x, threshold, default_value)


def sigmoid(x: TensorLike) -> TensorLike:
    """``1 / (1 + exp(-x))``."""
    return ops.sigmoid(x)


def log_sigmoid(x: TensorLike) -> TensorLike:
    """``log(sigmoid(x))``."""
    return ops.log_sigmoid(x)


def sparse_sigmoid(x: TensorLike) -> TensorLike:
    """``min(max((x + 1) / 2, 0), 1)``."""
    return ops.sparse_sigmoid(x)


def exponential(x: TensorLike) -> TensorLike:
    """``exp(x)``."""
    return ops.exp(x)


def hard_sigmoid(x: TensorLike) -> TensorLike:
    """``min(max(x / 6 + 1/2, 0), 1)``."""
    return ops.hard_sigmoid(x)


def hard_silu(x: TensorLike) -> TensorLike:
    """``x * hard_sigmoid(x)``; also called hard swish."""
    return ops.hard_silu(x)


def mish(x: TensorLike) -> TensorLike:
    """``x * tanh(softplus(x))``."""
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


swish = silu
hard_swish = hard_silu

_vocabulary = Vocabulary(
    "activation",
    "keras.activations",
    (
        linear,
        relu,
        leaky_relu,
        relu6,
        softmax,
        log_softmax,
        sparsemax,
        elu,
        celu,
        selu,
        softplus,
        squareplus,
        sparse_plus,
        softsign,
        silu,
        gelu,
        glu,
        tanh,
        tanh_shrink,
        hard_tanh,
        soft_shrink,
        hard_shrink,
        threshold,
        sigmoid,
        log_sigmoid,
        sparse_sigmoid,
        exponential,
        hard_sigmoid,
        hard_silu,
        mish,
    ),
    aliases={"swish": silu, "hard_swish": hard_silu},
    default=linear,
)


def get(identifier: Identifier) -> Any:
    """The activation that a name, config or function means; ``linear`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    return _vocabulary.get(identifier)


def serialize(activation: Any) -> Any:
    """The name of one of the functions here, or the config of another function or object."""
    if Vocabulary.homes.get(activation) == _vocabulary.module:
        return activation.__name__
    return serialize_keras_object(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The activation that a name means or a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
