"""Nested lists, tuples and dicts of tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Path = tuple[Any, ...]


def is_nested(structure: Any) -> bool:
    """Whether ``structure`` is a list, tuple or dict, and no leaf."""
    return isinstance(structure, (Mapping, list, tuple))


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


def flatten_with_path(structure: Any) -> list[tuple[Path, Any]]:
    """The leaves of ``structure`` as ``flatten`` gives them, each after the keys and places that lead to it."""
    if not is_nested(structure):
        return [((), structure)]
    items = structure.items() if isinstance(structure, Mapping) else enumerate(structure)
    return [((key, *path), leaf) for key, value in items for path, leaf in flatten_with_path(value)]


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


def pack_sequence_as(structure: Any, flat_sequence: Sequence[Any]) -> Any:
    """``flat_sequence`` in the shape of ``structure``.

    Raises:
        ValueError: it has another number of leaves.
    """
    count = len(flatten(structure))
    if count != len(flat_sequence):
        raise ValueError(f"the structure has {count} leaves, but {len(flat_sequence)} values were given")
    return pack_like(structure, list(flat_sequence))


def lists_to_tuples(structure: Any) -> Any:
    """``structure`` with tuples in place of lists."""
    if isinstance(structure, list):
        return tuple(lists_to_tuples(item) for item in structure)
    if isinstance(structure, Mapping):
        return {key: lists_to_tuples(value) for key, value in structure.items()}
    return tuple(map(lists_to_tuples, structure)) if type(structure) is tuple else structure


def assert_same_structure(a: Any, b: Any) -> None:
    """Checks that two structures have leaves in the same places, in containers of the same kinds.

    Raises:
        ValueError: the first place where they differ.
    """
    _assert_same(a, b, ())


def _assert_same(a: Any, b: Any, path: Path) -> None:
    where = f" at {'/'.join(map(str, path))}" if path else ""
    if (type(a) if is_nested(a) else None) is not (type(b) if is_nested(b) else None):
        raise ValueError(f"the structures differ{where}: {a!r} and {b!r}")
    if isinstance(a, Mapping):
        if a.keys() != b.keys():
            raise ValueError(f"the structures differ{where}: one has keys {list(a)}, the other {list(b)}")
        for key, value in a.items():
            _assert_same(value, b[key], (*path, key))
    elif is_nested(a):
        if len(a) != len(b):
            raise ValueError(f"the structures differ{where}: one has {len(a)} items, the other {len(b)}")
        for index, (one, other) in enumerate(zip(a, b, strict=True)):
            _assert_same(one, other, (*path, index))
