"""One op on arrays, at once."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Final

import numpy as np

from kgraph.builder import Builder
from kgraph.op import Attrs, find_op
from kgraph.provenance import made_at
from kgraph.runtime.function import Function
from kgraph.types import TensorType, type_of

#: Functions that are kept; the one that was used longest ago goes first.
MOST_FUNCTIONS: Final = 512

class _OneOp(Function):
    """The graph of one op on arrays, which has nothing to tell those who watch."""

    _is_observed = False


Key = tuple[str, str, tuple[tuple[np.dtype, tuple[int, ...]], ...]]

_functions: OrderedDict[Key, Function] = OrderedDict()
_lock: Final = Lock()


def apply(op_name: str, arrays: Sequence[np.ndarray], attrs: Attrs) -> np.ndarray:
    """The result of an op on ``arrays``, in a fresh array.

    Raises:
        OpError: the arrays or attributes do not fit the op.
        TypeError: an array has a dtype that graphs do not know.
        NodeError: the op refused a value.
    """
    key = (op_name, json.dumps(attrs), tuple((array.dtype, array.shape) for array in arrays))
    with _lock:
        function = _functions.get(key)
        if function is not None:
            _functions.move_to_end(key)
    if function is None:
        function = _make(op_name, [type_of(array) for array in arrays], attrs)
        with _lock:
            _functions[key] = function
            if len(_functions) > MOST_FUNCTIONS:
                _functions.popitem(last=False)
    return function({str(index): array for index, array in enumerate(arrays)})["result"]


def _make(op_name: str, types: Sequence[TensorType], attrs: Attrs) -> Function:
    builder = Builder(find_op(op_name).name)
    # Calls from other lines will run it too.
    with made_at(""):
        operands = [builder.leaf("input", str(index), type) for index, type in enumerate(types)]
        builder.output("result", builder.emit(op_name, operands, attrs))
    return _OneOp(builder.finish(), {})
