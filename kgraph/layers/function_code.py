"""Functions in configurations: by name where they have one, else by their bytecode, as Keras writes them."""

from __future__ import annotations

import base64
import marshal
from collections.abc import Callable, Mapping
from types import CellType, CodeType, FunctionType
from typing import Any

from kgraph import ops
from kgraph.registry import deserialize_keras_object, serialize_keras_object


def function_config(function: Callable[..., Any]) -> Any:
    """The config of ``function``: its name, or for a ``lambda`` its bytecode, which this Python version alone reads."""
    if not isinstance(function, FunctionType) or function.__name__ != "<lambda>":
        return serialize_keras_object(function)
    cells = function.__closure__
    parts = {
        "code": base64.encodebytes(marshal.dumps(function.__code__)).decode("ascii"),
        "defaults": serialize_keras_object(list(function.__defaults__ or ())),
        "closure": None if cells is None else serialize_keras_object([cell.cell_contents for cell in cells]),
    }
    return {"class_name": "__lambda__", "config": parts}


def function_from_config(config: Any, trusted: bool, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The function that ``function_config`` described; anything else is given back as it is.

    A ``lambda`` finds ``ops`` and Python's builtins among its global names, and nothing else.

    Raises:
        ValueError: the config holds bytecode and is not trusted, or is of another version of Python.
    """
    if not isinstance(config, Mapping) or config.get("class_name") != "__lambda__":
        return deserialize_keras_object(config, custom_objects)
    if not trusted:
        raise ValueError(
            "a Lambda of a Python lambda holds bytecode, which may do anything when it runs; "
            "load it with safe_mode=False if you trust where it comes from"
        )
    parts = config["config"]
    code = _code(parts["code"])
    closure = parts.get("closure")
    cells = None if closure is None else tuple(CellType(value) for value in deserialize_keras_object(closure))
    defaults = tuple(deserialize_keras_object(parts.get("defaults") or []))
    return FunctionType(code, {"ops": ops, "__builtins__": __builtins__}, "<lambda>", defaults, cells)


def _code(text: str) -> CodeType:
    try:
        code = marshal.loads(base64.b64decode(text))
    except (ValueError, EOFError, TypeError) as error:
        raise ValueError(f"the bytecode of a lambda cannot be read by this version of Python: {error}") from None
    if not isinstance(code, CodeType):
        raise ValueError("the bytecode of a lambda is none")
    return code
