"""What functions of complex numbers are on real ones, which are all that there is here."""

from __future__ import annotations

import math

from kgraph.ops.comparison import less, where
from kgraph.ops.core import convert_to_tensor
from kgraph.ops.creation import ones_like, zeros_like
from kgraph.ops.operands import TensorLike, as_float


def real(x: TensorLike) -> TensorLike:
    """``x``."""
    return convert_to_tensor(x)


def imag(x: TensorLike) -> TensorLike:
    """Zeros."""
    return zeros_like(x)


def conjugate(x: TensorLike) -> TensorLike:
    """``x``."""
    return convert_to_tensor(x)


def conj(x: TensorLike) -> TensorLike:
    """``x``."""
    return convert_to_tensor(x)


def angle(x: TensorLike) -> TensorLike:
    """Pi below 0, else 0; NaN for NaN."""
    x = as_float(x)
    return where(less(x, 0), math.pi, where(x == x, 0.0, x))


def isreal(x: TensorLike) -> TensorLike:
    """Always."""
    return ones_like(x, "bool")
