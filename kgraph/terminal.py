"""Colour, where a person looks at a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final, Literal, TextIO

Style = Literal["heading", "name", "type", "op", "note", "added", "removed", "changed"]
#: Gives a text the look of a style.
Paint = Callable[[str, Style], str]

#: What ANSI terminals are told.
_CODES: Final[Mapping[Style, str]] = {
    "heading": "1",
    "name": "36",
    "type": "33",
    "op": "1;34",
    "note": "2",
    "added": "32",
    "removed": "31",
    "changed": "33",
}


def is_terminal(stream: TextIO) -> bool:
    """Whether what is written to ``stream`` appears before a person."""
    isatty = getattr(stream, "isatty", None)
    return isatty is not None and isatty()


def painter(stream: TextIO) -> Paint:
    """Colours for terminals that have some; where ``NO_COLOR`` is set, and elsewhere, texts stay as they are."""
    is_coloured = is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return _coloured if is_coloured else plain


def plain(text: str, style: Style) -> str:
    """``text`` as it is."""
    return text


def _coloured(text: str, style: Style) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
