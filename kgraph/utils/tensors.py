"""Questions about symbolic tensors and dtypes."""

from __future__ import annotations

from typing import Any, Final

from kgraph import config
from kgraph.layers.input_layer import InputCall
from kgraph.ops import is_keras_tensor
from kgraph.tensor import Tensor, calls_behind
from kgraph.types import DTYPES, short_dtype

#: What Python's types are as dtypes, by type and by name.
_OF_PYTHON: Final = {int: "int32", "int": "int32", bool: "bool"}


def get_source_inputs(tensor: Tensor) -> list[Tensor]:
    """The inputs that a symbolic tensor is computed from; itself where it is one."""
    return [call.outputs[0] for call in calls_behind([tensor], {}) if isinstance(call, InputCall)]


def standardize_dtype(dtype: Any) -> str:
    """The numpy name of a dtype; that of the default float for ``None`` and for Python's ``float``.

    Raises:
        TypeError: graphs have no such dtype.
    """
    if dtype in (None, float, "float"):
        return config.floatx()
    return DTYPES[short_dtype(_OF_PYTHON.get(dtype, dtype) if isinstance(dtype, (type, str)) else dtype)]


__all__ = ["get_source_inputs", "is_keras_tensor", "standardize_dtype"]
