"""A layer's configuration from the arguments that it was made with, for classes that do not write ``get_config``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=512)
def _constructor(cls: type) -> inspect.Signature:
    """The signature of ``__init__`` without ``self``."""
    signature = inspect.signature(cls.__init__)  # type: ignore[misc]
    return signature.replace(parameters=list(signature.parameters.values())[1:])


def plain_arguments(cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments of ``cls(*args, **kwargs)`` by name, or ``None`` where one is not plain data."""
    try:
        signature = _constructor(cls)
        bound = signature.bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return None
    named: dict[str, Any] = {}
    for name, value in bound.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            return None
        named.update(value if kind is inspect.Parameter.VAR_KEYWORD else {name: value})
    return named if all(map(_is_plain, named.values())) else None


def takes_argument(cls: type, name: str) -> bool:
    """Whether ``cls(...)`` takes an argument of that name."""
    parameters = _constructor(cls).parameters
    return name in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))
