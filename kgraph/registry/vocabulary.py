"""One kind of object: found by name, written as a config, read from one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from kgraph.registry.catalogue import Config, Identifier, Names
from kgraph.registry.custom import CustomObjectScope, Named
from kgraph.registry.safety import safe_mode_scope
from kgraph.registry.serialization import deserialize_keras_object, from_config, serialize_keras_object


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


class Vocabulary(Names):
    """The names of one kind of object, and the three functions that every kind has.

    Args:
        kind: what messages call a member.
        module: the module that Keras's configs name, e.g. ``keras.initializers``.
        members: the classes and functions.
        aliases: further names.
        default: what ``get(None)`` gives.
    """

    def __init__(
        self,
        kind: str,
        module: str,
        members: tuple[Named, ...],
        aliases: Mapping[str, Named] | None = None,
        default: Any = None,
    ) -> None:
        super().__init__(kind, module, members, aliases)
        self.default = default

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
        with safe_mode_scope(True), CustomObjectScope(custom_objects):
            return from_config(config, self)
