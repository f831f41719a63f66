"""Names for objects: which class or function a name means, and which config describes an object.

A config is Keras's: ``{"module": ..., "class_name": ..., "config": ..., "registered_name": ...}``. A ``Vocabulary`` is
one kind of the library's own objects, under the module that Keras has for it; a user's objects are found by what they
were registered as, or by the ``custom_object_scope`` around. Names are only looked up: no config makes anything be
imported.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FunctionType, MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias, TypeVar

import numpy as np

from kgraph.names import snake_case

#: A class or a function.
Named: TypeAlias = Any
#: What ``get`` takes: a name, a config, a class, an object, or ``None``.
Identifier: TypeAlias = Any
Config: TypeAlias = "dict[str, Any]"
AnyNamed = TypeVar("AnyNamed")

_PACKAGES: Final = ("keras", "kgraph")

_registered: dict[str, Named] = {}
_registered_names: dict[Named, str] = {}
_custom: ContextVar[Mapping[str, Named]] = ContextVar("kgraph_custom_objects", default=MappingProxyType({}))


# --- a user's own objects --------------------------------------------------------------------------------------------


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[AnyNamed], AnyNamed]:
    """A decorator that lets configs name a class or function as ``package>name``.

    Raises:
        ValueError: a class has no ``get_config``.
    """

    def register(target: AnyNamed) -> AnyNamed:
        own_name = getattr(target, "__name__", type(target).__name__)
        if inspect.isclass(target) and not hasattr(target, "get_config"):
            raise ValueError(f"class {own_name} has no get_config, so no config can describe it")
        full_name = f"{package}>{name or own_name}"
        _registered[full_name] = target
        _registered_names[target] = full_name
        return target

    return register


def get_registered_name(obj: Named) -> str:
    """What ``obj`` was registered as; its own name where it was not."""
    return _registered_names.get(obj, obj.__name__)


def get_registered_object(name: str, custom_objects: Mapping[str, Named] | None = None) -> Named | None:
    """The object of that name: from ``custom_objects``, the scopes around, or what was registered; else ``None``."""
    for known in (custom_objects or {}, _custom.get(), _registered):
        if name in known:
            return known[name]
    return None


def get_custom_objects() -> Mapping[str, Named]:
    """The names that the scopes around give."""
    return dict(_custom.get())


@contextmanager
def custom_object_scope(custom_objects: Mapping[str, Named]) -> Iterator[None]:
    """Inside, configs and names may use those of ``custom_objects``."""
    token = _custom.set({**_custom.get(), **custom_objects})
    try:
        yield
    finally:
        _custom.reset(token)


# --- the library's own objects ---------------------------------------------------------------------------------------


class Configurable:
    """An object that the arguments of its constructor, kept as attributes of the same names, describe completely."""

    def get_config(self) -> Config:
        """The arguments that make an equal object.

        Raises:
            TypeError: an argument is not kept as an attribute of its name, so that the class must say itself.
        """
        arguments = [
            parameter.name
            for parameter in inspect.signature(type(self)).parameters.values()
            if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        ]
        missing = [argument for argument in arguments if not hasattr(self, argument)]
        if missing:
            raise TypeError(f"{type(self).__name__} needs a get_config: it keeps no attribute {missing[0]!r}")
        return {argument: serialize_keras_object(getattr(self, argument)) for argument in arguments}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """The object that ``get_config`` describes."""
        return cls(**{name: deserialize_keras_object(value) for name, value in config.items()})


class Vocabulary:
    """The names of one kind of object, e.g. initializers.

    A member is found by its own name, by that in snake case, and by its aliases.

    Args:
        kind: what messages call a member.
        module: the module that Keras's configs name, e.g. ``keras.initializers``.
        members: the classes and functions.
        aliases: further names.
        default: what ``get(None)`` gives.
    """

    known: ClassVar[dict[str, Vocabulary]] = {}
    #: The module of every member.
    homes: ClassVar[dict[Named, str]] = {}

    def __init__(
        self,
        kind: str,
        module: str,
        members: tuple[Named, ...],
        aliases: Mapping[str, Named] | None = None,
        default: Any = None,
    ) -> None:
        self.kind = kind
        self.module = module
        self.default = default
        self.names: dict[str, Named] = {}
        for member in members:
            self.names[member.__name__] = member
            self.names.setdefault(snake_case(member.__name__), member)
            self.homes.setdefault(member, module)
        self.names.update(aliases or {})
        self.known[module] = self

    def find(self, name: str, custom_objects: Mapping[str, Named] | None = None) -> Named:
        """The class or function that ``name`` means, a user's own before the library's.

        Raises:
            ValueError: nothing has that name.
        """
        found = get_registered_object(name, custom_objects)
        if found is None:
            found = self.names.get(name)
        if found is None:
            raise ValueError(
                f"unknown {self.kind} {name!r}; known are {', '.join(sorted(self.names))}, "
                "and what register_keras_serializable or custom_object_scope names"
            )
        return found

    def get(self, identifier: Identifier) -> Any:
        """The object that a name, config, class or object means.

        Raises:
            ValueError: it means none.
        """
        if identifier is None:
            return self.default
        if isinstance(identifier, Mapping):
            return self.deserialize(identifier)
        found = self.find(identifier) if isinstance(identifier, str) else identifier
        if inspect.isclass(found):
            found = found()
        if not callable(found) and not hasattr(found, "get_config"):
            raise ValueError(f"{found!r} is no {self.kind}: give a name, a config, or an object that can be called")
        return found

    def serialize(self, target: Any) -> Any:
        """The config of an object or function of this kind."""
        return serialize_keras_object(target)

    def deserialize(self, config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
        """The object that a config describes, or a name means.

        Raises:
            ValueError: the config names nothing that is known.
        """
        if isinstance(config, str):
            found = self.find(config, custom_objects)
            return found() if inspect.isclass(found) else found
        return _from_config(config, custom_objects, self)


# --- configs ---------------------------------------------------------------------------------------------------------


def serialize_keras_object(target: Any) -> Any:
    """``target`` as JSON: plain values as they are, lists and dicts item by item, objects and functions as configs.

    Raises:
        TypeError: the object cannot be described, as a lambda cannot.
    """
    if target is None or isinstance(target, (bool, int, float, str)):
        return target
    if isinstance(target, np.generic):
        return target.item()
    if isinstance(target, Mapping):
        return {str(key): serialize_keras_object(value) for key, value in target.items()}
    if isinstance(target, tuple):
        return {"class_name": "__tuple__", "config": {"value": [serialize_keras_object(item) for item in target]}}
    if isinstance(target, list):
        return [serialize_keras_object(item) for item in target]
    if isinstance(target, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": target.tolist(), "dtype": target.dtype.name}}
    if isinstance(target, FunctionType):
        return _function_config(target)
    if hasattr(target, "get_config") and not inspect.isclass(target):
        return _object_config(target)
    raise TypeError(f"{target!r} cannot be described by a config: give its class a get_config")


def _function_config(function: FunctionType) -> Config:
    if function.__name__ == "<lambda>":
        raise TypeError("a lambda cannot be described by a config: use a function, and register it")
    home = Vocabulary.homes.get(function)
    name = function.__name__ if home else get_registered_name(function)
    return {"module": home or function.__module__, "class_name": "function", "config": name, "registered_name": name}


def _object_config(target: Any) -> Config:
    cls = type(target)
    home = Vocabulary.homes.get(cls)
    return {
        "module": home or cls.__module__,
        "class_name": cls.__name__,
        "config": target.get_config(),
        "registered_name": None if home else get_registered_name(cls),
    }


def deserialize_keras_object(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """What ``serialize_keras_object`` described.

    Raises:
        ValueError: a name in it is neither the library's, nor registered, nor among the custom objects.
    """
    if isinstance(config, list):
        return [deserialize_keras_object(item, custom_objects) for item in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: deserialize_keras_object(value, custom_objects) for key, value in config.items()}
    if config["class_name"] == "__tuple__":
        return tuple(deserialize_keras_object(config["config"]["value"], custom_objects))
    if config["class_name"] == "__numpy__":
        return np.array(config["config"]["value"], dtype=config["config"]["dtype"])
    return _from_config(config, custom_objects, _vocabulary(config.get("module")))


def _vocabulary(module: Any) -> Vocabulary | None:
    package, _, rest = str(module).partition(".")
    return Vocabulary.known.get(f"keras.{rest}") if package in _PACKAGES else None


def _from_config(
    config: Any, custom_objects: Mapping[str, Named] | None, vocabulary: Vocabulary | None
) -> Any:
    """The object or function of one config; its own module is searched first, then ``vocabulary``."""
    if not isinstance(config, Mapping) or "class_name" not in config:
        raise ValueError(f"{config!r} is no config: it needs a class_name and a config")
    is_function = config["class_name"] == "function"
    name = config["config"] if is_function else config["class_name"]
    found = get_registered_object(config.get("registered_name") or name, custom_objects)
    found = get_registered_object(name, custom_objects) if found is None else found
    home = _vocabulary(config.get("module")) or vocabulary
    if found is None and home is not None:
        found = home.find(name, custom_objects)
    if found is None:
        raise ValueError(
            f"{name!r} of module {config.get('module')!r} is not known here: "
            "register it by register_keras_serializable, or pass it in custom_objects"
        )
    if is_function or not inspect.isclass(found):
        return found
    maker: Any = found
    with custom_object_scope(custom_objects or {}):
        return maker.from_config(_without_neutral(maker, config.get("config") or {}))


#: Arguments that this library lacks, with the value in Keras's configs under which they change nothing.
_NEUTRAL: Final[Mapping[str, Any]] = {
    "input_axes": None,
    "output_axes": None,
    "quantization_config": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "sparse": False,
    "ragged": False,
    "optional": False,
}


def _without_neutral(maker: Any, config: Mapping[str, Any]) -> Config:
    """``config`` of a class of this library without the arguments of Keras that change nothing."""
    if maker not in Vocabulary.homes:
        return dict(config)
    taken = inspect.signature(maker).parameters
    return {
        name: value
        for name, value in config.items()
        if name in taken or name not in _NEUTRAL or value != _NEUTRAL[name]
    }
