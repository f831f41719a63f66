"""Variables: named values that outlive a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from kgraph import config
from kgraph.portable import Portable
from kgraph.runtime.storage import Storage
from kgraph.tensor import Operators, as_array, lower, operand_type, spread, wrap
from kgraph.trace import current_trace, no_trace
from kgraph.types import DTYPES, TensorType, short_dtype

Initializer = Callable[..., Any]

_path: ContextVar[tuple[str, ...]] = ContextVar("kgraph_variable_path", default=())


@contextmanager
def variable_scope(name: str) -> Iterator[None]:
    """Puts ``name`` before the paths of variables made inside."""
    token = _path.set((*_path.get(), name))
    try:
        yield
    finally:
        _path.reset(token)


class _Trainable:
    changes = 0


def trainable_changes() -> int:
    """How often ``trainable`` of any variable or layer has been set so far."""
    return _Trainable.changes


def note_trainable_change() -> None:
    _Trainable.changes += 1


class Variable(Operators, Portable):
    """A named array that graphs read and update.

    Inside a trace, reading gives a ``Tensor`` of the value at that point, and ``assign`` makes an update of the graph.
    Outside, both happen at once.

    Args:
        initializer: an array or number, or a function ``(shape, dtype)`` that gives one.
        shape: ints; needed for a function.
        dtype: a numpy dtype name; the default float where not given.
        trainable: whether optimizers train it. May be changed later.
        name: the last part of ``path``.
        regularizer: a function of the variable that gives a scalar penalty.
        constraint: a function that projects a new value.

    Raises:
        ValueError: the initial value does not have the shape given.
    """

    def __init__(
        self,
        initializer: Any,
        shape: Sequence[int] | None = None,
        dtype: str | None = None,
        trainable: bool = True,
        name: str = "variable",
        regularizer: Callable[[Any], Any] | None = None,
        constraint: Callable[[Any], Any] | None = None,
    ) -> None:
        given = getattr(initializer, "dtype", None) if dtype is None and not callable(initializer) else dtype
        short = short_dtype(given or config.floatx())
        value = _initial_value(initializer, shape, DTYPES[short])
        if shape is not None and value.shape != tuple(shape):
            raise ValueError(f"variable {name}: the initial value has shape {value.shape}, not {tuple(shape)}")
        self.name = name
        self.path = "/".join((*_path.get(), name))
        self.type = TensorType(short, value.shape)
        self.leaf_op = "param" if trainable else "state"
        self._trainable = trainable
        self.regularizer = regularizer
        self.constraint = constraint
        self.storage = Storage(value)

    @property
    def trainable(self) -> bool:
        """Whether optimizers train it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        note_trainable_change()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.known_shape

    @property
    def dtype(self) -> str:
        return DTYPES[self.type.dtype]

    @property
    def ndim(self) -> int:
        return self.type.rank

    @property
    def value(self) -> Any:
        """The value now: a ``Tensor`` inside a trace, else an array."""
        trace = current_trace()
        return self.numpy() if trace is None else wrap(trace.read(self))

    def numpy(self) -> np.ndarray:
        """A copy of the stored array."""
        return self.storage.array.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.numpy(), dtype=dtype)

    def __float__(self) -> float:
        return float(self.numpy())

    def __int__(self) -> int:
        return int(self.numpy())

    def assign(self, value: Any) -> Any:
        """Gives the variable ``value``, broadcast to its shape and cast to its dtype.

        Raises:
            ValueError: the value's shape does not fit.
        """
        shape = operand_type(value).shape
        pairs = zip(shape[::-1], self.shape[::-1], strict=False)
        if len(shape) > self.ndim or any(have not in (1, want) for have, want in pairs):
            raise ValueError(f"variable {self.path} has shape {self.shape}; it cannot take a value of shape {shape}")
        trace = current_trace()
        if trace is None:
            self.storage.set(np.broadcast_to(as_array(value, self.type.dtype), self.shape))
            return self.value
        new = spread(value, self.type.dtype, self.shape)
        trace.assign(self, lower(trace, new))
        return new

    def assign_add(self, value: Any) -> Any:
        """Adds ``value``."""
        return self.assign(self + value)

    def assign_sub(self, value: Any) -> Any:
        """Subtracts ``value``."""
        return self.assign(self - value)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}>"


def _initial_value(initializer: Any, shape: Sequence[int] | None, dtype: str) -> np.ndarray:
    with no_trace():
        if callable(initializer):
            if shape is None:
                raise ValueError("a variable with an initializer function needs a shape")
            initializer = initializer(tuple(shape), dtype=dtype)
        return np.array(as_array(initializer), dtype=dtype, order="C")
