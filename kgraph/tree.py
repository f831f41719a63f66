"""Nested lists, tuples and dicts of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def flatten(structure: Any) -> list[Any]:
    """The leaves of ``structure``, depth first; dicts in the order of their keys' insertion."""
    return list(_leaves(structure))


def _leaves(structure: Any) -> Iterator[Any]:
    if isinstance(structure, Mapping):
        for value in structure.values():
            yield from _leaves(value)
    elif isinstance(structure, (list, tuple)):
        for value in structure:
            yield from _leaves(value)
    else:
        yield structure


def map_structure(function: Callable[..., Any], structure: Any, *others: Any) -> Any:
    """``structure`` with ``function`` applied to every leaf (and to the leaves in the same places of ``others``)."""
    if isinstance(structure, Mapping):
        items = {key: map_structure(function, value, *(o[key] for o in others)) for key, value in structure.items()}
        return items if isinstance(structure, dict) else type(structure)(items)  # type: ignore[call-arg]
    if isinstance(structure, (list, tuple)):
        parts = [map_structure(function, *zipped) for zipped in zip(structure, *others, strict=True)]
        if isinstance(structure, tuple) and hasattr(structure, "_fields"):
            return type(structure)(*parts)
        return type(structure)(parts)
    return function(structure, *others)


def pack_like(structure: Any, leaves: list[Any]) -> Any:
    """``leaves`` in the shape of ``structure``."""
    remaining = iter(leaves)
    return map_structure(lambda _: next(remaining), structure)
