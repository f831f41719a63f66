"""What a tensor is: its shape and dtype, and how it comes from and goes to other libraries."""

from __future__ import annotations

from typing import Any

import numpy as np

from kgraph.dimension import Dimension, as_dimension
from kgraph.ops.operands import DTypeLike, TensorLike, axis_of, rank_of, shape_of
from kgraph.tensor import Tensor, apply, as_array, is_symbolic, operand_type, take_slice
from kgraph.tensor import cast as cast_to
from kgraph.types import DTYPES, INTS, short_dtype
from kgraph.variable import Variable


def is_tensor(x: Any) -> bool:
    """Whether ``x`` is a tensor, a variable or an array."""
    return isinstance(x, (Tensor, Variable, np.ndarray))


def is_keras_tensor(x: Any) -> bool:
    """Whether ``x`` is symbolic: it has a shape and a dtype, but no value yet."""
    return isinstance(x, Tensor)


def shape(x: TensorLike) -> tuple[int | Dimension, ...]:
    """The shape, with a ``Dimension`` where it is unknown, which other ops take in shapes and as a number."""
    return tuple(as_dimension(dim) for dim in shape_of(x))


def ndim(x: TensorLike) -> int:
    """The number of dimensions."""
    return rank_of(x)


def size(x: TensorLike) -> int | Dimension:
    """The number of elements."""
    return as_dimension(operand_type(x).size)


def dtype(x: TensorLike) -> str:
    """The numpy name of the dtype."""
    return DTYPES[operand_type(x).dtype]


def cast(x: TensorLike, dtype: DTypeLike) -> TensorLike:
    """``x`` as ``dtype``; floats are cut towards 0 on their way to ints."""
    return cast_to(convert_to_tensor(x), short_dtype(dtype))


def saturate_cast(x: TensorLike, dtype: DTypeLike) -> TensorLike:
    """``x`` as ``dtype``; what is beyond its numbers becomes the nearest of them."""
    x, chosen = convert_to_tensor(x), short_dtype(dtype)
    given = operand_type(x)
    if chosen not in INTS or not (given.is_float or given.dtype == "i64"):
        return cast_to(x, chosen)
    # A float cut towards 0 ends at the ends of the ints by itself.
    return cast_to(x if given.is_float else _within(x, np.iinfo(DTYPES[chosen])), chosen)


def _within(x: TensorLike, bounds: np.iinfo) -> TensorLike:
    return apply("clip", x, low=int(bounds.min), high=int(bounds.max))


def array(x: TensorLike, dtype: DTypeLike = None) -> TensorLike:
    """``x`` as a tensor or array, as ``dtype`` where one is given."""
    return convert_to_tensor(x, dtype)


def copy(x: TensorLike) -> TensorLike:
    """``x``, an array as another one with the same numbers."""
    x = convert_to_tensor(x)
    return x if is_symbolic(x) else x.copy()


def convert_to_tensor(x: TensorLike, dtype: DTypeLike = None) -> TensorLike:
    """``x`` as a tensor or array, as ``dtype`` where one is given. A variable gives its value."""
    if isinstance(x, Variable):
        x = x.value
    if not is_symbolic(x):
        x = as_array(x)
    return x if dtype is None else cast_to(x, short_dtype(dtype))


def convert_to_numpy(x: TensorLike) -> np.ndarray:
    """``x`` as an array.

    Raises:
        TypeError: it is symbolic.
    """
    return np.asarray(x) if is_symbolic(x) else as_array(x)


def stop_gradient(variable: TensorLike) -> TensorLike:
    """``variable``, or any tensor, as a constant to differentiation."""
    return apply("stop_gradient", variable)


def get_item(x: TensorLike, key: Any) -> TensorLike:
    """``x[key]`` for ints, slices, ``None`` and ``...``."""
    return take_slice(x, key)


def unstack(x: TensorLike, num: int | None = None, axis: int = 0) -> list[TensorLike]:
    """The slices of ``x`` along ``axis``, which they lose.

    Raises:
        ValueError: the number of slices is unknown, or not ``num``.
    """
    position = axis_of("unstack", rank_of(x), axis)
    length = shape_of(x)[position]
    if isinstance(length, str):
        length = num if num is not None else length
    if not isinstance(length, int) or num not in (None, length):
        raise ValueError(f"ops.unstack: axis {axis} has {length} slices, but num is {num}")
    before = (np.s_[:],) * position
    return [take_slice(x, (*before, index)) for index in range(length)]
