"""Objects that stand in several places of one config."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

_KEY: Final = "shared_object_id"


class Shared:
    """The objects that one config describes, as they are written or read."""

    def __init__(self) -> None:
        # The objects are kept, so that no later one has the id of one that is gone.
        self._written: dict[int, tuple[int, Any]] = {}
        self._read: dict[Any, Any] = {}

    def note_written(self, target: Any, config: dict[str, Any]) -> None:
        """Numbers the config of an object: by the same number each time."""
        config[_KEY] = self._written.setdefault(id(target), (len(self._written) + 1, target))[0]

    def note_read(self, config: Mapping[str, Any], target: Any) -> None:
        """Remembers what a numbered config meant."""
        if _KEY in config:
            self._read[config[_KEY]] = target

    def find_read(self, config: Mapping[str, Any]) -> Any:
        """What a config of the same number meant; ``None`` where there was none."""
        return self._read.get(config[_KEY]) if _KEY in config else None


_current: Final[ContextVar[Shared | None]] = ContextVar("kgraph_shared_objects", default=None)


def current_sharing() -> Shared | None:
    """What is shared in the config that is being written or read; ``None`` where nothing is."""
    return _current.get()


@contextmanager
def sharing() -> Iterator[None]:
    """Inside, what is written and read is one config, in which an object may stand several times."""
    token = _current.set(Shared())
    try:
        yield
    finally:
        _current.reset(token)


def without_lone_numbers(config: Any) -> Any:
    """``config`` with the numbers of those objects alone that stand in several places, counted from 1."""
    counts = Counter(_numbers(config))
    repeated = [number for number, count in counts.items() if count > 1]
    return _renumbered(config, {number: place + 1 for place, number in enumerate(repeated)})


def _numbers(config: Any) -> Iterator[int]:
    if isinstance(config, Mapping):
        if _KEY in config:
            yield config[_KEY]
        for value in config.values():
            yield from _numbers(value)
    elif isinstance(config, (list, tuple)):
        for item in config:
            yield from _numbers(item)


def _renumbered(config: Any, numbers: Mapping[int, int]) -> Any:
    if isinstance(config, Mapping):
        kept = {key: _renumbered(value, numbers) for key, value in config.items() if key != _KEY}
        return {**kept, _KEY: numbers[config[_KEY]]} if config.get(_KEY) in numbers else kept
    if isinstance(config, (list, tuple)):
        return [_renumbered(item, numbers) for item in config]
    return config
