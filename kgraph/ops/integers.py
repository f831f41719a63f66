"""Ints as bits, and as divisors."""

from __future__ import annotations

from kgraph.broadcasting import promote
from kgraph.ops.comparison import equal, logical_and, logical_not, logical_or, logical_xor, where
from kgraph.ops.elementwise import absolute, floor_divide, multiply
from kgraph.ops.operands import TensorLike
from kgraph.tensor import apply, binary, operand_type
from kgraph.types import DTYPES


def _are_bools(function: str, *xs: TensorLike) -> bool:
    """Whether all hold bools.

    Raises:
        TypeError: one holds floats.
    """
    dtype = promote([operand_type(x).dtype for x in xs])
    if dtype.startswith("f"):
        raise TypeError(f"ops.{function}: takes ints or bools, not {DTYPES[dtype]}")
    return dtype == "bool"


def bitwise_and(x: TensorLike, y: TensorLike) -> TensorLike:
    """The bits that both have."""
    return logical_and(x, y) if _are_bools("bitwise_and", x, y) else binary("bit_and", x, y)


def bitwise_or(x: TensorLike, y: TensorLike) -> TensorLike:
    """The bits that either has."""
    return logical_or(x, y) if _are_bools("bitwise_or", x, y) else binary("bit_or", x, y)


def bitwise_xor(x: TensorLike, y: TensorLike) -> TensorLike:
    """The bits that just one has."""
    return logical_xor(x, y) if _are_bools("bitwise_xor", x, y) else binary("bit_xor", x, y)


def bitwise_not(x: TensorLike) -> TensorLike:
    """The bits that ``x`` has not."""
    return logical_not(x) if _are_bools("bitwise_not", x) else apply("bit_not", x)


def bitwise_invert(x: TensorLike) -> TensorLike:
    """The bits that ``x`` has not."""
    return bitwise_not(x)


def left_shift(x: TensorLike, y: TensorLike) -> TensorLike:
    """The bits of ``x`` moved up by ``y``; 0 where that is negative, or as many as there are."""
    _are_bools("left_shift", x, y)
    return binary("shift_left", x, y)


def bitwise_left_shift(x: TensorLike, y: TensorLike) -> TensorLike:
    """``left_shift``."""
    return left_shift(x, y)


def right_shift(x: TensorLike, y: TensorLike) -> TensorLike:
    """The bits of ``x`` moved down by ``y``, its sign coming in."""
    _are_bools("right_shift", x, y)
    return binary("shift_right", x, y)


def bitwise_right_shift(x: TensorLike, y: TensorLike) -> TensorLike:
    """``right_shift``."""
    return right_shift(x, y)


def gcd(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The greatest common divisor, not negative."""
    _are_bools("gcd", x1, x2)
    return binary("gcd", x1, x2)


def lcm(x1: TensorLike, x2: TensorLike) -> TensorLike:
    """The least common multiple, not negative; 0 where either is 0."""
    divisor = gcd(x1, x2)
    return absolute(multiply(x1, floor_divide(x2, where(equal(divisor, 0), 1, divisor))))
