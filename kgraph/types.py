"""Tensor types: a dtype and a shape whose dimensions are ints or symbols."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from kgraph import dims
from kgraph.dims import Dim, Shape

#: The dtypes of the graph, by their short names, with the numpy names that users see.
DTYPES: Final[Mapping[str, str]] = {
    "f32": "float32",
    "f64": "float64",
    "i32": "int32",
    "i64": "int64",
    "bool": "bool",
}
_SHORT: Final = {long: short for short, long in DTYPES.items()}
FLOATS: Final = ("f32", "f64")
INTS: Final = ("i32", "i64")

_TYPE = re.compile(r"([a-z0-9]+)\[(.*)\]")


@dataclass(frozen=True, slots=True)
class TensorType:
    """``dtype`` is a short name (``f32``, ``f64``, ``i32``, ``i64``, ``bool``); ``shape`` a tuple of dimensions."""

    dtype: str
    shape: Shape

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Dim:
        """The number of elements."""
        return dims.product(self.shape)

    @property
    def numpy_dtype(self) -> np.dtype:
        return np.dtype(DTYPES[self.dtype])

    @property
    def is_float(self) -> bool:
        return self.dtype in FLOATS

    @property
    def is_known(self) -> bool:
        """Whether every dimension is an int."""
        return all(isinstance(dim, int) for dim in self.shape)

    @property
    def known_shape(self) -> tuple[int, ...]:
        """The shape as ints.

        Raises:
            ValueError: a dimension is still a symbol.
        """
        known = tuple(dim for dim in self.shape if isinstance(dim, int))
        if len(known) != len(self.shape):
            raise ValueError(f"{self} has a symbol where a number is needed")
        return known

    def substitute(self, bindings: Mapping[str, Dim]) -> TensorType:
        """The type with symbols replaced by what ``bindings`` gives for them."""
        return TensorType(self.dtype, tuple(dims.substitute(dim, bindings) for dim in self.shape))

    def with_dtype(self, dtype: str) -> TensorType:
        return TensorType(dtype, self.shape)

    def with_shape(self, shape: Shape) -> TensorType:
        return TensorType(self.dtype, tuple(shape))

    def __str__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"


def parse_type(text: str) -> TensorType:
    """The type that ``str`` of a type prints, e.g. ``f32[N,12]``.

    Raises:
        ValueError: the text is not a type.
    """
    match = _TYPE.fullmatch(text)
    if match is None or match.group(1) not in DTYPES:
        raise ValueError(f"{text!r} is not a type; one looks like f32[N,12] with a dtype of {', '.join(DTYPES)}")
    inside = match.group(2)
    shape = tuple(dims.parse_dim(dim) for dim in inside.split(",")) if inside else ()
    if any(isinstance(dim, int) and dim < 0 for dim in shape):
        raise ValueError(f"{text!r} has a negative dimension")
    return TensorType(match.group(1), shape)


def short_dtype(dtype: object) -> str:
    """The short name of a dtype given as a short name, a numpy name, a numpy dtype or a Python type.

    Raises:
        TypeError: the dtype has no place in a graph.
    """
    if isinstance(dtype, str) and dtype in DTYPES:
        return dtype
    try:
        name = np.dtype(dtype).name  # type: ignore[call-overload]
    except TypeError:
        name = str(dtype)
    if name not in _SHORT:
        raise TypeError(f"dtype {name} is not supported; use one of {', '.join(DTYPES.values())}")
    return _SHORT[name]


def type_of(array: np.ndarray) -> TensorType:
    """The type of a numpy array."""
    return TensorType(short_dtype(array.dtype), array.shape)
