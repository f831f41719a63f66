"""A short way for data like the data before.

Checking what a caller passes costs more than a small training step. Where the caller's own arrays went to the
placeholders as they were, arrays of the same shapes and dtypes in the same places will do so again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

#: How many kinds of data are remembered; a caller who comes with more starts over.
_MOST_KINDS: Final = 64


class _Route(NamedTuple):
    """Where a feed comes from: the array at ``place``, with the axes after its first reshaped to ``tail``."""

    name: str
    place: int
    tail: tuple[int, ...] | None


class KnownFeeds:
    """For each kind of data that passed all checks unchanged, which array goes to which placeholder."""

    def __init__(self) -> None:
        self._routes: dict[Any, list[_Route]] = {}

    def find(self, data: tuple[Any, ...]) -> dict[str, np.ndarray] | None:
        """The feeds that ``data`` makes, if data of its kind is known.

        Args:
            data: inputs, targets, sample weights: arrays, or flat lists and dicts of arrays.
        """
        kind, arrays = _look_at(data)
        routes = self._routes.get(kind)
        if routes is None:
            return None
        return {
            name: arrays[place] if tail is None else arrays[place].reshape(len(arrays[place]), *tail)
            for name, place, tail in routes
        }

    def learn(self, data: tuple[Any, ...], feeds: Mapping[str, np.ndarray]) -> None:
        """Remembers how ``data`` became ``feeds``, if all feeds are arrays of ``data``, or views of all of them."""
        kind, arrays = _look_at(data)
        if kind is None:
            return
        routes = [_route(name, feed, arrays) for name, feed in feeds.items()]
        known = [route for route in routes if route is not None]
        if len(known) == len(routes):
            if len(self._routes) >= _MOST_KINDS:
                self._routes.clear()
            self._routes[kind] = known


def _route(name: str, feed: np.ndarray, arrays: list[np.ndarray]) -> _Route | None:
    for index, array in enumerate(arrays):
        if feed is array:
            return _Route(name, index, None)
        if _is_same_memory(feed, array) and len(feed) == len(array):
            return _Route(name, index, feed.shape[1:])
    return None


def _is_same_memory(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays are one piece of memory read the same way, but for their shapes."""
    alike = a.dtype == b.dtype and a.size == b.size and a.flags.c_contiguous and b.flags.c_contiguous
    return alike and a.__array_interface__["data"][0] == b.__array_interface__["data"][0]


def _look_at(data: tuple[Any, ...]) -> tuple[Any, list[np.ndarray]]:
    """The kind of ``data`` (``None`` where it holds anything but arrays and ``None``), and its arrays in order."""
    kind: list[Any] = []
    arrays: list[np.ndarray] = []
    for place, value in enumerate(data):
        for name, array in ((place, value),) if type(value) is np.ndarray else _entries(place, value):
            if type(array) is not np.ndarray:
                return None, []
            kind.append((name, array.shape, array.dtype))
            arrays.append(array)
    return tuple(kind), arrays


def _entries(place: int, value: Any) -> list[tuple[Any, Any]]:
    """The entries of a flat list or dict; of anything else the thing itself, which is no array."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        entries: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, (list, tuple)):
        entries = enumerate(value)
    else:
        return [(place, value)]
    return [((place, key), entry) for key, entry in entries if entry is not None]
