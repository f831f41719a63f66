"""Comparisons, logic, and the choice between two tensors. The results of all but ``where`` are bools."""

from __future__ import annotations

import math
from collections.abc import Sequence

from kgraph.ops.operands import TensorLike, as_bool, as_float, broadcast_all
from kgraph.tensor import apply, binary, common_dtype, spread


def equal(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 == x2``, element by element."""
    return binary("equal", x1, x2)


def not_equal(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 != x2``, element by element."""
    return binary("not_equal", x1, x2)


def less(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 < x2``."""
    return binary("less", x1, x2)


def less_equal(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 <= x2``."""
    return binary("less_equal", x1, x2)


def greater(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 > x2``."""
    return binary("greater", x1, x2)


def greater_equal(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """``x1 >= x2``."""
    return binary("greater_equal", x1, x2)


def isclose(
    x1: TensorLike, x2: TensorLike, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> TensorLike:
    """``abs(x1 - x2) <= atol + rtol * abs(x2)``; equal infinities are close, and NaNs where ``equal_nan`` says so."""
    x1, x2 = as_float(x1), as_float(x2)
    allowed = binary("add", binary("mul", apply("abs", x2), rtol), atol)
    near = logical_and(less_equal(apply("abs", binary("sub", x1, x2)), allowed), isfinite(x2))
    close = logical_or(near, equal(x1, x2))
    return logical_or(close, logical_and(isnan(x1), isnan(x2))) if equal_nan else close


def logical_and(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """Whether both are not 0."""
    return binary("logical_and", x1, x2)


def logical_or(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """Whether either is not 0."""
    return binary("logical_or", x1, x2)


def logical_xor(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """Whether just one is not 0."""
    return binary("logical_xor", x1, x2)


def logical_not(x: TensorLike) -> TensorLike:
    """Whether ``x`` is 0."""
    return apply("logical_not", as_bool(x))


def isnan(x: TensorLike) -> TensorLike:
    """Whether each element is NaN."""
    return apply("isnan", as_float(x))


def isinf(x: TensorLike) -> TensorLike:
    """Whether each element is an infinity."""
    return apply("isinf", as_float(x))


def isposinf(x: TensorLike) -> TensorLike:
    """Whether each element is ``inf``."""
    return equal(as_float(x), math.inf)


def isneginf(x: TensorLike) -> TensorLike:
    """Whether each element is ``-inf``."""
    return equal(as_float(x), -math.inf)


def isfinite(x: TensorLike) -> TensorLike:
    """Whether each element is neither NaN nor an infinity."""
    return apply("isfinite", as_float(x))


def where(condition: TensorLike, x1: TensorLike = None, x2: TensorLike = None) -> TensorLike:
    """``x1`` where the condition holds, else ``x2``. All three broadcast; the dtypes of the last two are promoted.

    Raises:
        ValueError: ``x1`` or ``x2`` is missing: the places alone would have a shape that depends on values.
    """
    if x1 is None or x2 is None:
        raise ValueError("ops.where: x1 or x2 is missing: the places alone have a shape that depends on values")
    dtype = common_dtype("select", x1, x2)
    shape = broadcast_all("where", (condition, x1, x2))
    return apply("select", spread(condition, "bool", shape), spread(x1, dtype, shape), spread(x2, dtype, shape))


def select(condlist: Sequence[TensorLike], choicelist: Sequence[TensorLike], default: TensorLike = 0) -> TensorLike:
    """The choice of the first condition that holds, element by element; ``default`` where none does.

    Raises:
        ValueError: there is not one choice for each condition.
    """
    if not condlist or len(condlist) != len(choicelist):
        raise ValueError(f"ops.select: {len(condlist)} conditions take as many choices, not {len(choicelist)}")
    chosen = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        chosen = where(condition, choice, chosen)
    return chosen
