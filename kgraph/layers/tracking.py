"""What a layer owns: variables, seeds and sublayers, found by assigning them to attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kgraph.portable import Portable
from kgraph.random import SeedGenerator
from kgraph.tree import flatten
from kgraph.variable import Variable

_KINDS: Final = (Variable, SeedGenerator)


class Tracked(Portable):
    """Collects the variables, seeds and tracked objects that are set as attributes, also in lists, tuples and dicts.

    Containers are read again each time, so what is appended to a list later counts too.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, (*_KINDS, Tracked, list, tuple, Mapping)) and not name.startswith("__"):
            self.__dict__.setdefault("_attributes", {})[name] = value
        elif "_attributes" in self.__dict__:
            self.__dict__["_attributes"].pop(name, None)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self.__dict__.get("_attributes", {}).pop(name, None)
        object.__delattr__(self, name)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if "_attributes" in state:
            # A shallow copy tracks for itself.
            state["_attributes"] = dict(state["_attributes"])
        return state

    def _tracked(self) -> Iterator[Any]:
        seen: set[int] = set()
        for name, value in self.__dict__.get("_attributes", {}).items():
            if name in self._untracked_attributes:
                continue
            for leaf in flatten(value):
                if isinstance(leaf, (*_KINDS, Tracked)) and id(leaf) not in seen:
                    seen.add(id(leaf))
                    yield leaf

    #: Attributes that hold what belongs to somebody else.
    _untracked_attributes: tuple[str, ...] = ()

    def _own_variables(self) -> list[Variable]:
        """Variables set on this object itself: trainable ones first."""
        own = [found for found in self._tracked() if isinstance(found, Variable)]
        return [v for v in own if v.leaf_op == "param"] + [v for v in own if v.leaf_op != "param"]

    def _seed_variables(self) -> list[Variable]:
        """The states of the seed generators set on this object."""
        return [found.state for found in self._tracked() if isinstance(found, SeedGenerator)]

    def _sublayers(self) -> list[Any]:
        """Tracked objects set on this one, in the order they were set."""
        return [found for found in self._tracked() if isinstance(found, Tracked)]


def unique(items: list[Any]) -> list[Any]:
    """``items`` without repeats, by identity."""
    return list({id(item): item for item in items}.values())
