"""Whether the values of each step are looked at: ``KGRAPH_CHECK=values`` or ``check_values()``."""

from __future__ import annotations

import os
from collections.abc import MutableSet
from typing import Final, Protocol
from weakref import WeakSet

from kgraph.runtime.checked import CheckedFunction
from kgraph.runtime.function import Function
from kgraph.runtime.guarded import GuardedFunction

#: What ``KGRAPH_CHECK`` may hold, with commas between.
_WORDS: Final = ("values",)


class Chooser(Protocol):
    """A model that keeps functions."""

    def _choose_functions(self) -> None:
        """Chooses them anew, for the switch has changed."""


class _State:
    is_on = False


_state: Final = _State()
_choosers: Final[MutableSet[Chooser]] = WeakSet()


class check_values:
    """Makes training, evaluating and predicting stop at the first node that makes a NaN or infinity.

    Switched on, the programs of all models check every value that they compute, and cost somewhat more; off, they are
    what they would be without it. ``KGRAPH_CHECK=values`` in the environment switches it on from the start. A pass that
    is under way goes on as it began. As a context manager it is for the block alone::

        with kgraph.debug.check_values():
            model.fit(x, y)

    Args:
        on: whether to.
    """

    def __init__(self, on: bool = True) -> None:
        self._before = _state.is_on
        _switch(bool(on))

    def __enter__(self) -> check_values:
        return self

    def __exit__(self, *raised: object) -> None:
        _switch(self._before)


def is_checking() -> bool:
    """Whether values are checked."""
    return _state.is_on


def chosen(function: Function, chooser: Chooser, node_by_node: bool) -> Function:
    """The form of ``function`` that is to be run.

    Args:
        function: over whose graph and variables.
        chooser: keeps it; told when the switch changes.
        node_by_node: whether to look at every node whatever is switched on.
    """
    _choosers.add(chooser)
    form = CheckedFunction if node_by_node else GuardedFunction if _state.is_on else Function
    return function if type(function) is form else form(function.graph, function.variables)


def _switch(on: bool) -> None:
    if on != _state.is_on:
        _state.is_on = on
        for chooser in list(_choosers):
            chooser._choose_functions()


def _heed_environment() -> None:
    words = [word.strip() for word in os.environ.get("KGRAPH_CHECK", "").split(",") if word.strip()]
    for word in words:
        if word not in _WORDS:
            raise ValueError(f"KGRAPH_CHECK is {word!r}; what can be checked is {', '.join(_WORDS)}")
    _state.is_on = bool(words)


_heed_environment()
