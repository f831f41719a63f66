"""Random tensors, each a function of a state ``(seed, counter)``, a salt and nothing else.

A graph reads one state for all its random nodes, tells them apart by their salts, and stores ``next_state`` for the
next step. Tensors of up to 2^33 elements are distinct; beyond, they repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from kgraph.op import Attrs, Call, Lower, OpError, Sample, define, draw, sample
from kgraph.opset import philox
from kgraph.opset.elementwise import elements
from kgraph.opset.layout import TASK_ELEMENTS
from kgraph.types import DTYPES, FLOATS, INTS, TensorType

_STATE = draw(2, low=-(2**40), high=2**40, dtype="i64")


def _type_among(dtypes: tuple[str, ...]) -> Any:
    def infer(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
        if attrs["dtype"] not in dtypes:
            raise OpError(f"dtype must be {' or '.join(dtypes)}, not {attrs['dtype']}")
        return TensorType(attrs["dtype"], tuple(attrs["shape"]))

    return infer


def _blocks(kernel: str, output: TensorType, salt: int, ints: tuple[int, ...], floats: tuple[float, ...]) -> Call:
    """A call of ``csrc/kinds/random.h``: a block is four words, an element one word if it has 32 bits of a float."""
    count = elements(output)
    per_block = 4 if output.dtype == "f32" or kernel == "dropout" else 2
    work = -(-count // per_block)
    return Call(f"{kernel}_{output.dtype}", work, TASK_ELEMENTS // 8, (count, salt % 2**32, *ints), floats)


def _lower_floats(kernel: str, start: str, scale_of: Any) -> Lower:
    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        return _blocks(kernel, output, attrs["salt"], (), (float(attrs[start]), float(scale_of(attrs))))

    return lower


def _random_samples(dtypes: tuple[str, ...], **attrs: Any) -> tuple[Sample, ...]:
    shapes: list[list[int]] = [[5, 7], [1], [], [0, 3], [1003], [64]]
    return tuple(
        sample(_STATE, shape=shape, dtype=dtype, salt=len(shape) - 1, **attrs) for shape in shapes for dtype in dtypes
    )


def _uniform(state: np.ndarray, *, shape: list[int], dtype: str, low: float, high: float, salt: int) -> np.ndarray:
    chosen = np.dtype(DTYPES[dtype])
    numbers = philox.uniform(state, salt, int(np.prod(shape, dtype=np.int64)), chosen)
    return (chosen.type(low) + chosen.type(high - low) * numbers).astype(chosen).reshape(shape)


define(
    "random_uniform(state: i64[2]; shape: shape, dtype: dtype, low: float, high: float, salt: int=0) -> ?",
    "Numbers spread evenly over `[low, high)`.",
    reference=_uniform,
    samples=_random_samples(FLOATS, low=-1.0, high=3.0) + _random_samples(FLOATS, low=0, high=1),
    infer=_type_among(FLOATS),
    lower=_lower_floats("random_uniform", "low", lambda attrs: attrs["high"] - attrs["low"]),
)


def _normal(state: np.ndarray, *, shape: list[int], dtype: str, mean: float, stddev: float, salt: int) -> np.ndarray:
    chosen = np.dtype(DTYPES[dtype])
    numbers = philox.normal(state, salt, int(np.prod(shape, dtype=np.int64)), chosen)
    return (mean + stddev * numbers).astype(chosen).reshape(shape)


define(
    "random_normal(state: i64[2]; shape: shape, dtype: dtype, mean: float, stddev: float, salt: int=0) -> ?",
    "Normal numbers of that mean and standard deviation.",
    reference=_normal,
    samples=_random_samples(FLOATS, mean=0.0, stddev=1) + _random_samples(FLOATS, mean=-3, stddev=0.5),
    infer=_type_among(FLOATS),
    lower=_lower_floats("random_normal", "mean", lambda attrs: attrs["stddev"]),
)


def _integers_type(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
    type = _type_among(INTS)(inputs, attrs)
    bounds = np.iinfo(type.numpy_dtype)
    low, high = attrs["low"], attrs["high"]
    if not bounds.min <= low < high <= bounds.max + 1:
        raise OpError(f"low must be below high, both of {type.numpy_dtype}; low is {low} and high {high}")
    return type


def _lower_integers(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    span = attrs["high"] - attrs["low"]
    signed = span - 2**64 if span >= 2**63 else span
    return _blocks("random_integers", output, attrs["salt"], (attrs["low"], signed), ())


def _integers(state: np.ndarray, *, shape: list[int], low: int, high: int, dtype: str, salt: int) -> np.ndarray:
    words = philox.words_64(state, salt, int(np.prod(shape, dtype=np.int64)))
    numbers = [low + word % (high - low) for word in words.tolist()]
    return np.array(numbers, np.int64).astype(DTYPES[dtype]).reshape(shape)


define(
    "random_integers(state: i64[2]; shape: shape, low: int, high: int, dtype: dtype, salt: int=0) -> ?",
    "Whole numbers spread evenly over `[low, high)`.",
    reference=_integers,
    samples=_random_samples(INTS, low=-3, high=10) + _random_samples(("i64",), low=-(2**62), high=2**62 + 5),
    infer=_integers_type,
    lower=_lower_integers,
)


def _least_kept_word(rate: float) -> int:
    return min(ceil(rate * 2**32), 2**32)


def _check_rate(inputs: Sequence[TensorType], attrs: Attrs) -> tuple[Any, ...]:
    if not 0 <= attrs["rate"] <= 1:
        raise OpError(f"rate must be in [0, 1], not {attrs['rate']}")
    return inputs[0].shape


def _kept_scale(rate: float) -> float:
    """What keeps the mean; where all is dropped there is nothing to scale."""
    return 1 / (1 - rate) if rate < 1 else 0.0


def _lower_dropout(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
    rate = attrs["rate"]
    return _blocks("dropout", output, attrs["salt"], (_least_kept_word(rate),), (_kept_scale(rate),))


def _dropout(x: np.ndarray, state: np.ndarray, *, rate: float, salt: int) -> np.ndarray:
    kept = philox.words_32(state, salt, x.size) >= _least_kept_word(rate)
    return np.where(kept.reshape(x.shape), x * x.dtype.type(_kept_scale(rate)), 0).astype(x.dtype)


define(
    "dropout(x: T[*s], state: i64[2]; rate: float, salt: int=0) -> T[?]",
    "`x / (1 - rate)` with elements dropped (made 0) at that rate. The adjoint drops the same ones, drawn again.",
    grad=(lambda g: g.dropout(g.dy, g.state, rate=g.attrs["rate"], salt=g.attrs["salt"]), None),
    reference=_dropout,
    samples=tuple(
        sample(draw(*shape), _STATE, rate=rate, salt=3)
        for shape, rate in (((5, 7), 0.5), ((1,), 0.0), ((), 0.25), ((0, 3), 0.5), ((1003,), 0.1), ((9,), 1.0))
    ),
    infer=_check_rate,
    lower=_lower_dropout,
)

define(
    "next_state(state: i64[2]) -> i64[2]",
    "The state of the next step: the same seed, the counter one on.",
    reference=lambda state: state + np.array([0, 1]),
    samples=(sample(_STATE),),
    lower=lambda inputs, output, attrs: Call("next_state_i64", 2, 2),
)
