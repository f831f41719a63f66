"""Random tensors. ``seed`` is an int (the same at every call), a ``SeedGenerator``, or ``None`` for the global one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

from kgraph import ops
from kgraph.ops.operands import (
    DTypeLike,
    ShapeLike,
    TensorLike,
    as_float,
    axis_of,
    dtype_or_floatx,
    rank_of,
    shape_list,
    shape_of,
)
from kgraph.random.seeds import SeedGenerator, state_of
from kgraph.tensor import apply, spread
from kgraph.types import short_dtype

#: ``erf(2 / sqrt(2))``: what of a normal distribution lies within two standard deviations.
_WITHIN_TWO: Final = math.erf(math.sqrt(2.0))

#: ``erfinv(x) / x`` as a polynomial in ``-log(1 - x²) - 2.5``, highest power first; good to 7 digits where that
#: logarithm is below 5 (M. Giles, "Approximating the erfinv function", 2010).
_ERFINV: Final = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)

Seed = int | SeedGenerator | None


def uniform(
    shape: ShapeLike, minval: float = 0.0, maxval: float = 1.0, dtype: DTypeLike = None, seed: Seed = None
) -> TensorLike:
    """Numbers spread evenly over ``[minval, maxval)``."""
    attrs = {"shape": shape_list("random.uniform", shape), "dtype": _float_dtype("uniform", dtype)}
    return apply("random_uniform", state_of(seed), **attrs, low=float(minval), high=float(maxval))


def normal(
    shape: ShapeLike, mean: float = 0.0, stddev: float = 1.0, dtype: DTypeLike = None, seed: Seed = None
) -> TensorLike:
    """Normal numbers."""
    attrs = {"shape": shape_list("random.normal", shape), "dtype": _float_dtype("normal", dtype)}
    return apply("random_normal", state_of(seed), **attrs, mean=float(mean), stddev=float(stddev))


def truncated_normal(
    shape: ShapeLike, mean: float = 0.0, stddev: float = 1.0, dtype: DTypeLike = None, seed: Seed = None
) -> TensorLike:
    """Normal numbers within two standard deviations of the mean; others do not occur.

    The inverse of the distribution function, ``sqrt(2) * erfinv(u)``, of numbers spread evenly over what it allows.
    """
    u = uniform(shape, -_WITHIN_TWO, _WITHIN_TWO, dtype, seed)
    w = ops.subtract(ops.negative(ops.log1p(ops.negative(ops.square(u)))), 2.5)
    quotient: Any = _ERFINV[0]
    for coefficient in _ERFINV[1:]:
        quotient = ops.add(ops.multiply(quotient, w), coefficient)
    standard = ops.clip(ops.multiply(ops.multiply(quotient, u), math.sqrt(2.0)), -2.0, 2.0)
    return ops.add(ops.multiply(standard, float(stddev)), float(mean))


def randint(
    shape: ShapeLike, minval: int, maxval: int, dtype: DTypeLike = "int32", seed: Seed = None
) -> TensorLike:
    """Whole numbers spread evenly over ``[minval, maxval)``.

    Raises:
        ValueError: ``dtype`` is not an int.
    """
    short = short_dtype(dtype or "int32")
    if short not in ("i32", "i64"):
        raise ValueError(f"random.randint: dtype must be int32 or int64, not {dtype!r}")
    wanted = shape_list("random.randint", shape)
    return apply("random_integers", state_of(seed), shape=wanted, low=int(minval), high=int(maxval), dtype=short)


def categorical(
    logits: TensorLike, num_samples: int, dtype: DTypeLike = "int32", seed: Seed = None
) -> TensorLike:
    """Classes, each with the probability that ``softmax(logits)`` gives it: ``(n, classes) -> (n, num_samples)``.

    The class of the largest sum of its logit and a number of the Gumbel distribution.

    Raises:
        ValueError: ``logits`` is no matrix.
    """
    logits = as_float(logits)
    if rank_of(logits) != 2:
        raise ValueError(f"random.categorical: logits must be (n, classes), not {list(shape_of(logits))}")
    rows, classes = ops.shape(logits)
    u = uniform((rows, num_samples, classes), dtype=ops.dtype(logits), seed=seed)
    gumbel = ops.negative(ops.log(ops.negative(ops.log(u))))
    return ops.cast(ops.argmax(ops.add(ops.expand_dims(logits, 1), gumbel), axis=-1), dtype or "int32")


def gamma(shape: ShapeLike, alpha: TensorLike, dtype: DTypeLike = None, seed: Seed = None) -> TensorLike:
    """Numbers of the gamma distribution of shape ``alpha``, which broadcasts to ``shape``, and scale 1.

    They have no gradient in ``alpha``. NaN where that is below 0.
    """
    return ops.exp(_log_gamma("gamma", shape, alpha, dtype, state_of(seed)))


def beta(
    shape: ShapeLike, alpha: TensorLike, beta: TensorLike, dtype: DTypeLike = None, seed: Seed = None
) -> TensorLike:
    """Numbers of the beta distribution: ``a / (a + b)`` of two of the gamma distribution.

    ``alpha`` and ``beta``, the shapes of these, broadcast to ``shape``; there is no gradient in them.
    """
    state = state_of(seed)
    pair = [_log_gamma("beta", shape, each, dtype, state, salt) for salt, each in enumerate((alpha, beta))]
    return ops.sigmoid(ops.subtract(*pair))


def binomial(
    shape: ShapeLike, counts: TensorLike, probabilities: TensorLike, dtype: DTypeLike = None, seed: Seed = None
) -> TensorLike:
    """How many of ``counts`` tries succeed, each with its probability. Both broadcast to ``shape``.

    NaN where a count is below 0, or a probability outside [0, 1].
    """
    chosen, wanted = _float_dtype("binomial", dtype), shape_list("random.binomial", shape)
    pair = [spread(ops.convert_to_tensor(each), chosen, tuple(wanted)) for each in (counts, probabilities)]
    return apply("random_binomial", *pair, state_of(seed))


def _log_gamma(
    function: str, shape: ShapeLike, alpha: TensorLike, dtype: DTypeLike, state: Any, salt: int = 0
) -> TensorLike:
    wanted = shape_list(f"random.{function}", shape)
    alpha = spread(ops.convert_to_tensor(alpha), _float_dtype(function, dtype), tuple(wanted))
    return apply("random_log_gamma", ops.stop_gradient(alpha), state, salt=salt)


def dropout(
    inputs: TensorLike, rate: float, noise_shape: ShapeLike | None = None, seed: Seed = None
) -> TensorLike:
    """``inputs / (1 - rate)`` with elements made 0 at that rate.

    Args:
        inputs: the tensor.
        rate: from 0 to 1.
        noise_shape: broadcasts to the shape of ``inputs``, ``None`` standing for its size there; what shares an element
            of it is dropped together.
        seed: see the module.
    """
    x = as_float(inputs)
    if noise_shape is None:
        return apply("dropout", x, state_of(seed), rate=float(rate))
    sizes = noise_shape if isinstance(noise_shape, Iterable) else [noise_shape]
    filled = [ops.shape(x)[axis] if size is None else size for axis, size in enumerate(sizes)]
    kept = apply("dropout", ops.ones(filled, dtype=ops.dtype(x)), state_of(seed), rate=float(rate))
    return ops.multiply(x, kept)


def shuffle(x: TensorLike, axis: int = 0, seed: Seed = None) -> TensorLike:
    """The slices of ``x`` along ``axis`` in a random order."""
    length = ops.shape(x)[axis_of("random.shuffle", rank_of(x), axis)]
    return ops.take(x, ops.argsort(uniform((length,), seed=seed)), axis=axis)


def _float_dtype(function: str, dtype: DTypeLike) -> str:
    short = dtype_or_floatx(dtype)
    if short not in ("f32", "f64"):
        raise ValueError(f"random.{function}: dtype must be float32 or float64, not {dtype!r}")
    return short
