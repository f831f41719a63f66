"""Variables and their values by Keras 2's ``K.`` names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kgraph import ops
from kgraph.config import floatx
from kgraph.ops.operands import DTypeLike, TensorLike
from kgraph.variable import Variable


def variable(
    value: Any, dtype: DTypeLike = None, name: str | None = None, constraint: Callable[[Any], Any] | None = None
) -> Variable:
    """A variable that holds ``value``."""
    return Variable(np.asarray(value), dtype=dtype or floatx(), name=name or "variable", constraint=constraint)


def get_value(x: Any) -> np.ndarray:
    """The value of a variable or array."""
    return ops.convert_to_numpy(x)


def eval(x: Any) -> np.ndarray:
    """The value of a variable or array."""
    return get_value(x)


def set_value(x: Variable, value: Any) -> None:
    """Gives a variable a value."""
    x.assign(value)


def batch_get_value(tensors: Iterable[Any]) -> list[np.ndarray]:
    """The values of several variables."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples: Iterable[tuple[Variable, Any]]) -> None:
    """Gives several variables their values."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Variable, new_x: TensorLike) -> TensorLike:
    """Gives a variable a value, in a graph too."""
    return x.assign(new_x)


def update_add(x: Variable, increment: TensorLike) -> TensorLike:
    """Adds to a variable."""
    return x.assign_add(increment)


def update_sub(x: Variable, decrement: TensorLike) -> TensorLike:
    """Subtracts from a variable."""
    return x.assign_sub(decrement)


def moving_average_update(x: Variable, value: TensorLike, momentum: float) -> TensorLike:
    """Makes a variable ``momentum * x + (1 - momentum) * value``."""
    return x.assign_sub(ops.multiply(ops.subtract(x, value), 1.0 - momentum))


def count_params(x: TensorLike) -> int | None:
    """The number of elements; ``None`` where it is unknown."""
    size = ops.size(x)
    return size if isinstance(size, int) else None
