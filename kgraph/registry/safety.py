"""Whether configs may hold bytecode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final


class _Process:
    #: What ``enable_unsafe_deserialization`` has set for good.
    trusts_all = False


_process: Final = _Process()
_safe: Final[ContextVar[bool | None]] = ContextVar("kgraph_safe_mode", default=None)


def in_safe_mode() -> bool | None:
    """``False`` where bytecode may be loaded, ``True`` where it may not, ``None`` where nobody has said."""
    said = _safe.get()
    return False if said is None and _process.trusts_all else said


@contextmanager
def safe_mode_scope(safe: bool) -> Iterator[None]:
    """Inside, ``in_safe_mode()`` is ``safe``; where the code around has said so already, that holds on."""
    said = in_safe_mode()
    token = _safe.set(safe if said is None else said)
    try:
        yield
    finally:
        _safe.reset(token)


def enable_unsafe_deserialization() -> None:
    """From now on, configs with bytecode (a ``Lambda`` of a Python ``lambda``) are loaded without being asked.

    Bytecode may do anything when it runs: for configs that come from a place that is trusted.
    """
    _process.trusts_all = True
