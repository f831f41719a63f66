"""Leaves: what a graph is given. Their types stand in their nodes, not in their operands.

=================  ==============================================================
``input``          an array fed at each call
``target``         a target fed for training and testing
``sample_weight``  weights of samples or timesteps, fed
``param``          a variable that gradients are taken for
``state``          a variable that is only updated: moments, statistics, seeds
``const``          a value that never changes, held in the node
=================  ==============================================================
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kgraph.op import Attrs, OpError, define
from kgraph.types import TensorType

#: Constants of more elements than this are stored as base64 of their bytes.
MAX_LISTED: Final = 16


def encode_value(array: np.ndarray) -> Any:
    """``array`` as JSON: a number, a bool, nested lists, or ``{"base64": ...}`` above ``MAX_LISTED`` elements.

    Floats are as short as their own dtype allows (``0.1``, not ``0.10000000149011612``) and read back exactly.
    """
    array = np.asarray(array)
    if array.size > MAX_LISTED:
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        return {"base64": base64.b64encode(data).decode("ascii")}
    if array.dtype == np.float32:
        array = np.array([float(str(x)) for x in array.ravel()], np.float64).reshape(array.shape)
    return array.tolist()


def decode_value(value: Any, dtype: np.dtype | str, shape: Sequence[int]) -> np.ndarray:
    """The array that ``encode_value`` wrote.

    Raises:
        OpError: the value is not one of ``dtype`` and ``shape``.
    """
    dtype = np.dtype(dtype)
    if isinstance(value, dict):
        return _decode_bytes(value, dtype, tuple(shape))
    try:
        given = np.asarray(value)
    except ValueError:
        raise OpError("the value's lists differ in length") from None
    if given.size == 0 and 0 in shape:
        return np.empty(shape, dtype)
    if given.shape != tuple(shape):
        raise OpError(f"the value has shape {list(given.shape)}, but the type says {list(shape)}")
    if not np.can_cast(given.dtype, dtype, "same_kind"):
        raise OpError(f"the value is {given.dtype.name}, but the type says {dtype.name}")
    decoded = given.astype(dtype)
    if dtype.kind == "i" and (decoded != given).any():
        raise OpError(f"the value has numbers too large for {dtype.name}")
    return decoded


def _decode_bytes(value: dict[str, Any], dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    try:
        data = base64.b64decode(value["base64"], validate=True)
    except (KeyError, ValueError, TypeError):
        raise OpError('a value in an object must be {"base64": "..."} with the bytes of the array') from None
    wanted = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    if len(data) != wanted:
        raise OpError(f"the value has {len(data)} bytes, but {dtype.name}{list(shape)} takes {wanted}")
    return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)


def _given(inputs: Sequence[TensorType], attrs: Attrs) -> TensorType:
    raise OpError("a leaf's type is given, not inferred")


define("input() -> ?", "An array fed at each call.", infer=_given, role="leaf")
define("target() -> ?", "A target, fed for training and testing.", infer=_given, role="leaf")
define("sample_weight() -> ?", "Weights of samples or timesteps, fed.", infer=_given, role="leaf")
define("param() -> ?", "A variable that gradients are taken for.", infer=_given, role="leaf")
define("state() -> ?", "A variable that is only updated.", infer=_given, role="leaf")
define(
    "const(; value: json) -> ?",
    'A value that never changes: a number, nested lists, or {"base64": "..."} of little-endian bytes in C order.',
    infer=_given,
    role="leaf",
)
