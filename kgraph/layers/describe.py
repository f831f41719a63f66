"""The ``layer`` line of a dump: a configuration cut down to what tells a reader something."""

from __future__ import annotations

import inspect
import json
import random
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np

from kgraph import activations, constraints, initializers, regularizers

#: Entries that every layer has.
_COMMON: Final = frozenset({"name", "trainable", "dtype"})
#: Longer entries say little at a glance.
_LONGEST: Final = 60
#: By the end of an argument's name: what a value of it looks like in a configuration.
_SERIALIZED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "initializer": lambda given: initializers.serialize(initializers.get(given)),
    "regularizer": lambda given: regularizers.serialize(regularizers.get(given)),
    "constraint": lambda given: constraints.serialize(constraints.get(given)),
    "activation": lambda given: activations.serialize(activations.get(given)),
}


def telling_config(class_name: str, constructor: Callable[..., Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` without names, dtypes and what is at the constructor's default, in plain and short JSON."""
    defaults = _defaults(constructor)
    shown = {
        name: _short(value)
        for name, value in config.items()
        if name not in _COMMON and _plain(value) not in (None, {}, [], defaults.get(name))
    }
    return {"class_name": class_name, **shown}


@lru_cache(maxsize=512)
def _defaults(constructor: Callable[..., Any]) -> dict[str, Any]:
    """The defaults of a constructor, as a configuration would hold them."""
    # An initializer made from its name draws a seed; looking at a layer must not change what is drawn after.
    state = random.getstate()
    try:
        return {
            name: _plain(_as_config(name, parameter.default))
            for name, parameter in inspect.signature(constructor).parameters.items()
            if parameter.default is not parameter.empty
        }
    finally:
        random.setstate(state)


def _as_config(name: str, default: Any) -> Any:
    serialize = _SERIALIZED.get(name.rpartition("_")[2])
    return default if serialize is None else serialize(default)


def _plain(value: Any) -> Any:
    """``value`` as JSON has it: lists for tuples, names for classes and functions."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return getattr(value, "__name__", type(value).__name__)


def _short(value: Any) -> Any:
    """``value`` in plain JSON; an object's configuration as ``L2(l2=0.01)``, and ``...`` for what is long."""
    plain = _plain(value)
    if isinstance(plain, dict) and "class_name" in plain:
        return _object_text(plain)
    return plain if len(json.dumps(plain)) <= _LONGEST else "..."


def _object_text(config: Mapping[str, Any]) -> str:
    inside = config.get("config")
    if isinstance(inside, str):
        return inside
    given = {key: item for key, item in (inside or {}).items() if item is not None}
    arguments = ", ".join(f"{key}={_short(item)}" for key, item in given.items())
    text = f"{config['class_name']}({arguments})" if arguments else str(config["class_name"])
    return text if len(text) <= _LONGEST else str(config["class_name"])
