"""What this machine can do at most, measured with our own kernels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from kgraph import config
from kgraph._ops import Executable
from kgraph.instructions import Instruction
from kgraph.op import find_op
from kgraph.types import TensorType

_PRODUCT: Final = 1024
#: Elements of an array that no cache holds, as 4-byte floats.
_COPIED: Final = 1 << 24
_REPEATS: Final = 5


def peak_flops(dtype: str) -> float:
    """Operations a second in a product of 1024 by 1024 matrices on all threads; measured once.

    Where other programs keep the cores busy, one thread can be faster than all: then it is the peak.

    Args:
        dtype: ``"f32"`` or ``"f64"``.
    """
    return max(_product_rate(dtype, config.num_threads()), peak_flops_of_one_thread(dtype))


def peak_flops_of_one_thread(dtype: str) -> float:
    """The same on one thread."""
    return _product_rate(dtype, 1)


def peak_bandwidth() -> float:
    """Bytes a second that are read and written when a large array is copied, negated, on all threads; measured once."""
    return _copy_rate(config.num_threads())


@cache
def _product_rate(dtype: str, threads: int) -> float:
    type = TensorType(dtype, (_PRODUCT, _PRODUCT))
    seconds = _fastest(_single("matmul", [type, type], type, alone=threads == 1))
    return 2.0 * _PRODUCT**3 / seconds


@cache
def _copy_rate(threads: int) -> float:
    type = TensorType("f32", (_COPIED,))
    seconds = _fastest(_single("neg", [type], type, alone=threads == 1))
    return 2.0 * _COPIED * type.numpy_dtype.itemsize / seconds


def _single(op: str, inputs: Sequence[TensorType], output: TensorType, alone: bool) -> Executable:
    """One kernel call, ready to run; ``alone`` makes it one task, for one thread."""
    lower = find_op(op).lower
    assert lower is not None
    call = lower(inputs, output, {})
    types = [*inputs, output]
    operands = [(slot, 0) for slot in range(len(types))]
    grain = max(call.work, 1) if alone else call.grain
    executable = Executable(
        len(types), [Instruction(call.kernel, operands, call.ints, call.floats, call.work, grain, call.weight)]
    )
    for slot, type in enumerate(types):
        executable.bind(slot, np.ones(type.known_shape, type.numpy_dtype))
    return executable


def _fastest(executable: Executable) -> float:
    """The seconds of the fastest of some runs, after one to warm up."""
    executable.run()
    return min(_seconds(executable) for _ in range(_REPEATS))


def _seconds(executable: Executable) -> float:
    begin = time.perf_counter()
    executable.run()
    return time.perf_counter() - begin
