"""A user's own classes and functions: registered for good, or known inside a scope."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType, TracebackType
from typing import Any, Final, TypeAlias, TypeVar

#: A class or a function.
Named: TypeAlias = Any
AnyNamed = TypeVar("AnyNamed")

_known: Final[dict[str, Named]] = {}
_registered_names: Final[dict[Named, str]] = {}
_scopes: Final[ContextVar[Mapping[str, Named]]] = ContextVar("kgraph_custom_objects", default=MappingProxyType({}))


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[AnyNamed], AnyNamed]:
    """A decorator that lets configs name a class or function as ``package>name``.

    Args:
        package: keeps names of different projects apart.
        name: that of the class or function where not given.

    Raises:
        ValueError: a class has no ``get_config``.
    """

    def register(target: AnyNamed) -> AnyNamed:
        own_name = getattr(target, "__name__", type(target).__name__)
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise ValueError(f"class {own_name} has no get_config, so no config can describe it")
        full_name = f"{package}>{name or own_name}"
        _known[full_name] = target
        _registered_names[target] = full_name
        return target

    return register


def get_registered_name(obj: Named) -> str:
    """What ``obj`` was registered as; its own name where it was not."""
    return _registered_names.get(obj, obj.__name__)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Named] | None = None, module_objects: Mapping[str, Named] | None = None
) -> Named | None:
    """The object of that name, ``None`` where there is none.

    Args:
        name: a registered name, or one that a scope or dict gives.
        custom_objects: searched first, before the scopes around and what was registered.
        module_objects: searched last.
    """
    for table in (custom_objects or {}, _scopes.get(), _known, module_objects or {}):
        if name in table:
            return table[name]
    return None


def get_custom_objects() -> dict[str, Named]:
    """The dict of what was registered, by full name. What is put into it is known from then on.

    Names that a ``CustomObjectScope`` gives are not in it.
    """
    return _known


class CustomObjectScope:
    """Inside ``with CustomObjectScope({"MyLayer": MyLayer}):`` configs and names may use those of the dict.

    A scope inside another adds to it.

    Args:
        custom_objects: name to class or function.
    """

    def __init__(self, custom_objects: Mapping[str, Named] | None) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._tokens: list[Token[Mapping[str, Named]]] = []

    def __enter__(self) -> CustomObjectScope:
        self._tokens.append(_scopes.set({**_scopes.get(), **self.custom_objects}))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _scopes.reset(self._tokens.pop())


custom_object_scope = CustomObjectScope
