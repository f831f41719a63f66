"""Where in a user's code something is made: the file and line that nodes remember."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import CodeType, FrameType
from typing import Final, NamedTuple

_PACKAGE: Final = os.path.dirname(os.path.abspath(__file__)) + os.sep
_is_ours: Final[dict[CodeType, bool]] = {}


class _Standing(NamedTuple):
    """What is made by code that ``frame`` calls is made at ``line``, unless a user's code comes in between."""

    frame: FrameType
    line: str


_standing: ContextVar[_Standing | None] = ContextVar("kgraph_standing", default=None)


def user_line() -> str:
    """``file:line`` of the innermost code outside of this package; empty where there is none.

    The file is relative to the working directory where it lies in it.
    """
    standing = _standing.get()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if standing is not None and frame is standing.frame:
            return standing.line
        if not _belongs_here(frame.f_code):
            return f"{_shown(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def user_level() -> int:
    """The ``stacklevel`` with which a warning of the caller names the innermost code outside of this package."""
    level, frame = 1, sys._getframe(1)
    while _belongs_here(frame.f_code) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level


@contextmanager
def made_at(line: str) -> Iterator[None]:
    """Inside, what this package makes of its own accord is made at ``line``; a user's function called inside is not."""
    caller = sys._getframe(2)
    token = _standing.set(_Standing(caller, line))
    try:
        yield
    finally:
        _standing.reset(token)


def _belongs_here(code: CodeType) -> bool:
    known = _is_ours.get(code)
    if known is None:
        file = code.co_filename
        known = _is_ours[code] = file.startswith((_PACKAGE, "<frozen", "kgraph" + os.sep))
    return known


def _shown(file: str) -> str:
    directory = os.getcwd() + os.sep
    return file[len(directory) :] if file.startswith(directory) else file
