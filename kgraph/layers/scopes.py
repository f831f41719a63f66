"""Whose code is running: for the paths of variables, and for the blame of errors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from kgraph.layers.input_spec import InputError
from kgraph.op import OpError
from kgraph.trace import no_trace
from kgraph.variable import variable_scope


class Named(Protocol):
    name: str


_innermost: ContextVar[object] = ContextVar("kgraph_innermost_layer", default=None)
_building: ContextVar[tuple[object, ...]] = ContextVar("kgraph_layers_being_built", default=())

#: Errors about what was given, which gain by the name of the layer; others pass as they are.
_BLAMED = (ValueError, OpError, InputError)


@contextmanager
def blaming(layer: Named) -> Iterator[None]:
    """Puts the layer's name before an error that its code raises; the innermost layer's name stays."""
    try:
        yield
    except _BLAMED as error:
        if type(error) not in _BLAMED or str(error).startswith("layer "):
            raise
        raise type(error)(f"layer {layer.name} ({type(layer).__name__}): {error}") from error


@contextmanager
def layer_scope(layer: Named) -> Iterator[None]:
    """Inside, variables are made under the layer's name, and errors tell it. Entered again at once, it adds nothing."""
    if _innermost.get() is layer:
        yield
        return
    token = _innermost.set(layer)
    try:
        with variable_scope(layer.name), blaming(layer):
            yield
    finally:
        _innermost.reset(token)


def scoped_build(build: Callable[..., None]) -> Callable[..., None]:
    """``build`` of a layer class, run under the layer's name and outside of any trace; marks the layer as built.

    Holds for direct calls too, such as ``self.inner.build(shape)``; a ``super().build(...)`` is part of the outer call.
    """

    @functools.wraps(build)
    def scoped(self: Any, *args: Any, **kwargs: Any) -> None:
        if self in _building.get():
            build(self, *args, **kwargs)
            return
        token = _building.set((*_building.get(), self))
        try:
            with no_trace(), layer_scope(self):
                self._note_build(args, kwargs)
                build(self, *args, **kwargs)
        finally:
            _building.reset(token)
        self.built = True

    return scoped
