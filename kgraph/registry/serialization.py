"""Objects as configs, and back."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from types import EllipsisType, FunctionType
from typing import Any, Final

import numpy as np

from kgraph.registry.catalogue import Config, Names, find_function, home_of, names_of
from kgraph.registry.custom import CustomObjectScope, Named, get_registered_name, get_registered_object
from kgraph.registry.safety import safe_mode_scope
from kgraph.registry.sharing import current_sharing, sharing, without_lone_numbers

CustomObjects = Mapping[str, Named] | None


class ConfigWarning(UserWarning):
    """A config says less than the object that it describes."""


# --- writing ---------------------------------------------------------------------------------------------------------


def serialize_keras_object(obj: Any) -> Any:
    """``obj`` as JSON has it: plain values as they are, lists and dicts item by item, all else as configs.

    Raises:
        TypeError: an object cannot be described, as a lambda cannot.
    """
    if obj is None or isinstance(obj, (bool, int, float, str)):
        return obj
    if isinstance(obj, (list, tuple)):
        items = [serialize_keras_object(item) for item in obj]
        return items if isinstance(obj, list) else tuple(items)
    for kind, write in _WRITERS.items():
        if isinstance(obj, kind):
            return write(obj)
    if hasattr(obj, "get_config") and not inspect.isclass(obj):
        return _object_config(obj)
    raise TypeError(f"{obj!r} cannot be described by a config: give its class a get_config")


def serialize_shared(obj: Any) -> Any:
    """``serialize_keras_object``, where objects that stand in several places are numbered: they stay the same ones.

    Raises:
        TypeError: an object cannot be described.
    """
    with sharing():
        return without_lone_numbers(serialize_keras_object(obj))


def _special(name: str, **config: Any) -> Config:
    return {"class_name": f"__{name}__", "config": config}


def _array_config(array: np.ndarray) -> Any:
    return _special("numpy", value=array.tolist(), dtype=array.dtype.name) if array.ndim else array.item()


def _slice_config(piece: slice) -> Config:
    return _special("slice", **{name: serialize_keras_object(getattr(piece, name)) for name in _SLICE_PARTS})


def _function_config(function: FunctionType) -> Config:
    if function.__name__ == "<lambda>":
        raise TypeError("a lambda cannot be described by a config: use a function, and register it")
    name = function.__name__ if home_of(function) else get_registered_name(function)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


_SLICE_PARTS: Final = ("start", "stop", "step")
_WRITERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    Mapping: lambda given: {key: serialize_keras_object(value) for key, value in given.items()},
    np.ndarray: _array_config,
    np.generic: lambda number: number.item(),
    np.dtype: lambda dtype: dtype.name,
    bytes: lambda given: _special("bytes", value=given.decode("utf-8")),
    slice: _slice_config,
    EllipsisType: lambda _: _special("ellipsis"),
    FunctionType: _function_config,
}


def _object_config(obj: Any) -> Config:
    config = {**_naming(obj), "config": serialize_keras_object(obj.get_config())}
    config["registered_name"] = config.pop("registered_name")
    if hasattr(obj, "get_build_config") and (built := obj.get_build_config()) is not None:
        config["build_config"] = serialize_keras_object(built)
    if hasattr(obj, "get_compile_config") and (compiled := _compile_config(obj)) is not None:
        # Keras hands a compile_config to its own compile, but passes over what it does not know beside it.
        config |= {key: compiled.pop(key) for key in _BESIDE_COMPILING if key in compiled}
        config["compile_config"] = compiled
    shared = current_sharing()
    if shared is not None:
        shared.note_written(obj, config)
    return config


#: What ``compile`` takes here, and not in Keras.
_BESIDE_COMPILING: Final = ("weighting",)


def _naming(obj: Any) -> Config:
    """What a config calls the class of ``obj``, which may say so itself."""
    if hasattr(obj, "_config_naming") and (own := obj._config_naming()) is not None:
        return dict(own)
    cls = type(obj)
    home = home_of(cls)
    module = home or (None if cls.__module__ == "__main__" else cls.__module__)
    registered = None if home else get_registered_name(cls)
    return {"module": module, "class_name": cls.__name__, "registered_name": registered}


def _compile_config(obj: Any) -> Any:
    try:
        return serialize_keras_object(obj.get_compile_config())
    except (TypeError, NotImplementedError) as error:
        message = f"the config of {obj.name} leaves out how it was compiled: {error}"
        warnings.warn(message, ConfigWarning, stacklevel=4)
        return {}


# --- reading ---------------------------------------------------------------------------------------------------------


def deserialize_keras_object(config: Any, custom_objects: CustomObjects = None, safe_mode: bool = True) -> Any:
    """What ``serialize_keras_object`` described.

    Args:
        config: lists and dicts of plain values; tuples come back as lists.
        custom_objects: name to class or function, beside those registered.
        safe_mode: whether bytecode is refused. Inside the ``from_config`` of an object, what its reader said holds.

    Raises:
        ValueError: a name in it is neither the library's, nor registered, nor among the custom objects.
    """
    with safe_mode_scope(safe_mode), CustomObjectScope(custom_objects):
        return _read(config)


def deserialize_shared(config: Any, custom_objects: CustomObjects = None, safe_mode: bool = True) -> Any:
    """What ``serialize_shared`` described; see ``deserialize_keras_object``."""
    with sharing():
        return deserialize_keras_object(config, custom_objects, safe_mode)


def _read(config: Any) -> Any:
    if isinstance(config, (list, tuple)):
        return [_read(item) for item in config]
    if not isinstance(config, Mapping):
        return config
    if "class_name" not in config or "config" not in config:
        return {key: _read(value) for key, value in config.items()}
    read = _READERS.get(config["class_name"])
    return from_config(config, names_of(config.get("module"))) if read is None else read(config["config"])


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "__numpy__": lambda given: np.array(given["value"], dtype=given["dtype"]),
    "__tensor__": lambda given: np.array(given["value"], dtype=given["dtype"]),
    "__bytes__": lambda given: given["value"].encode("utf-8"),
    "__slice__": lambda given: slice(*(_read(given[name]) for name in _SLICE_PARTS)),
    "__ellipsis__": lambda _: ...,
}


def from_config(config: Any, names: Names | None) -> Any:
    """The object or function of one config, looked up in its own module first, then in ``names``.

    Raises:
        ValueError: it is no config, or names nothing that is known.
    """
    if not isinstance(config, Mapping) or "class_name" not in config:
        raise ValueError(f"{config!r} is no config: it needs a class_name and a config")
    shared = current_sharing()
    known = None if shared is None else shared.find_read(config)
    if known is not None:
        return known
    found = _find(config, names_of(config.get("module")) or names)
    if not inspect.isclass(found):
        return found
    maker: Any = found
    made = maker.from_config(_without_neutral(maker, config.get("config") or {}))
    _build_and_compile(made, config)
    if shared is not None:
        shared.note_read(config, made)
    return made


def _find(config: Mapping[str, Any], names: Names | None) -> Named:
    """The class or function that a config names: a user's own first."""
    is_function = config["class_name"] == "function"
    name = config["config"] if is_function else config["class_name"]
    wanted = (name,) if is_function else (config.get("registered_name") or name, name)
    found = next((known for each in wanted if (known := get_registered_object(each)) is not None), None)
    if found is None and is_function and (names is None or name not in names.names):
        found = find_function(name) if config.get("module") in _ANY_MODULE else None
    if found is None and names is not None:
        found = names.find(name)
    if found is None:
        raise ValueError(
            f"{name!r} of module {config.get('module')!r} is not known here: "
            "register it by register_keras_serializable, or pass it in custom_objects"
        )
    return found


#: What Keras calls the module of every function.
_ANY_MODULE: Final = ("builtins", None)


def _build_and_compile(made: Any, config: Mapping[str, Any]) -> None:
    if config.get("build_config") and not made.built:
        made.build_from_config(config["build_config"])
        made.built = True
    if config.get("compile_config"):
        beside = {key: config[key] for key in _BESIDE_COMPILING if key in config}
        made.compile_from_config({**config["compile_config"], **beside})


#: Arguments that this library lacks, with the value in Keras's configs under which they change nothing.
_NEUTRAL: Final[Mapping[str, Any]] = {
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
    if home_of(maker) is None:
        return dict(config)
    taken = inspect.signature(maker).parameters
    return {
        name: value
        for name, value in config.items()
        if name in taken or name not in _NEUTRAL or value != _NEUTRAL[name]
    }
