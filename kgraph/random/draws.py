"""Random tensors. ``seed`` is an int (the same at every call), a ``SeedGenerator``, or ``None`` for the global one."""

from __future__ import annotations

import math
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
)
from kgraph.random.seeds import SeedGenerator, state_of
from kgraph.tensor import apply
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


def dropout(
    inputs: TensorLike, rate: float, noise_shape: ShapeLike | None = None, seed: Seed = None
) -> TensorLike:
    """``inputs / (1 - rate)`` with elements made 0 at that rate.

    Args:
        inputs: the tensor.
        rate: from 0 to 1.
        noise_shape: broadcasts to the shape of ``inputs``; what shares an element of it is dropped together.
        seed: see the module.
    """
    x = as_float(inputs)
    if noise_shape is None:
        return apply("dropout", x, state_of(seed), rate=float(rate))
    kept = apply("dropout", ops.ones(noise_shape, dtype=ops.dtype(x)), state_of(seed), rate=float(rate))
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
