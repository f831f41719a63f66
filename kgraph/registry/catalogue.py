"""The library's own names: which class or function each means, and under which module of Keras it stands."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, Final, TypeAlias

from kgraph.names import snake_case
from kgraph.registry.custom import Named, get_registered_object

#: What ``get`` takes: a name, a config, a class, an object, or ``None``.
Identifier: TypeAlias = Any
Config: TypeAlias = "dict[str, Any]"

#: Where the names of each module of Keras are listed here. Importing one is all that a config can bring about.
_LISTED_IN: Final[Mapping[str, str]] = {
    "keras": "kgraph.models",
    "keras.activations": "kgraph.activations",
    "keras.constraints": "kgraph.constraints",
    "keras.dtype_policies": "kgraph.dtype_policies",
    "keras.initializers": "kgraph.initializers",
    "keras.layers": "kgraph.layers",
    "keras.losses": "kgraph.losses",
    "keras.metrics": "kgraph.metrics",
    "keras.optimizers": "kgraph.optimizers",
    "keras.optimizers.schedules": "kgraph.optimizers",
    "keras.random": "kgraph.random",
    "keras.regularizers": "kgraph.regularizers",
}
#: Further modules that configs name.
_SYNONYMS: Final[Mapping[str, str]] = {
    "keras.models": "keras",
    "keras.src.models.functional": "keras",
}
_OWN_PACKAGE: Final = "kgraph."


class Names:
    """The names of one kind of object, e.g. initializers.

    A member is found by its own name, by that in snake case, and by its aliases.

    Args:
        kind: what messages call a member.
        module: the module that Keras's configs name, e.g. ``keras.initializers``.
        members: the classes and functions.
        aliases: further names.
    """

    known: ClassVar[dict[str, Names]] = {}
    #: The module of every member.
    homes: ClassVar[dict[Named, str]] = {}

    def __init__(
        self, kind: str, module: str, members: tuple[Named, ...], aliases: Mapping[str, Named] | None = None
    ) -> None:
        self.kind = kind
        self.module = module
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
        found = get_registered_object(name, custom_objects, self.names)
        if found is None:
            raise ValueError(
                f"unknown {self.kind} {name!r}; known are {', '.join(sorted(self.names))}, "
                "and what register_keras_serializable or custom_object_scope names"
            )
        return found


def names_of(module: Any) -> Names | None:
    """The names under a module of Keras (or of this library), which is imported if it was not; else ``None``."""
    text = str(module)
    if text.startswith(_OWN_PACKAGE):
        text = "keras." + text.removeprefix(_OWN_PACKAGE)
    text = _SYNONYMS.get(text, text)
    if text not in Names.known and text in _LISTED_IN:
        importlib.import_module(_LISTED_IN[text])
    return Names.known.get(text)


def home_of(target: Named) -> str | None:
    """The module of Keras under which a class or function of the library stands; ``None`` for a user's own."""
    try:
        home = Names.homes.get(target)
    except TypeError:  # an object that cannot be hashed is no class or function
        return None
    module = getattr(target, "__module__", None) or ""
    if home is None and module.startswith(_OWN_PACKAGE):
        names_of(".".join(module.split(".")[:2]))
        home = Names.homes.get(target)
    return home


def find_function(name: str) -> Named | None:
    """The library's own function of that name, wherever it stands; ``None`` where there is none."""
    for module in _LISTED_IN:
        listed = names_of(module)
        found = None if listed is None else listed.names.get(name)
        if found is not None and not isinstance(found, type):
            return found
    return None
