"""Names as they are shown: how wide, how long, and without what a picture cannot hold."""

from __future__ import annotations

from typing import Final

#: Of a character of the fixed-width fonts that pictures use, at 12 pixels, and of one that takes two places.
_NARROW, _WIDE = 7.3, 14.6
_FIRST_WIDE: Final = 0x1100
#: XML has no place for these, escaped or not; the first row of them is shown by the signs that stand for them.
_CONTROLS: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    **dict.fromkeys([*range(0x7F, 0xA0), 0xFFFE, 0xFFFF], "\ufffd"),
}


def shown(name: str) -> str:
    """``name`` with a visible sign in place of every character that XML forbids, lines of their own among them."""
    return name.translate(_CONTROLS).encode("utf-8", "replace").decode("utf-8")


def shortened(name: str, longest: int) -> str:
    """``name`` as shown, with its middle left out where it is longer than ``longest``."""
    name = shown(name)
    if len(name) <= longest:
        return name
    head = longest // 2
    return f"{name[:head]}…{name[head + 1 - longest :]}"


def width_of(line: str) -> float:
    """The width of ``line`` in pixels, never too small."""
    return sum(_WIDE if ord(character) >= _FIRST_WIDE and character != "…" else _NARROW for character in line)
