"""Protocol buffers as bytes: a message is its fields one after the other, each a key and a value.

The key is the field's number and one of four kinds of value. A nested message is bytes.
"""

from __future__ import annotations

import struct
from typing import Final

_VARINT: Final = 0
_FIXED64: Final = 1
_LENGTH_DELIMITED: Final = 2


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the top bit says that more come. Negative numbers are those of 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(field: int, value: int) -> bytes:
    """An ``int64`` or an enum."""
    return varint(field << 3 | _VARINT) + varint(value)


def double(field: int, value: float) -> bytes:
    """A ``double``."""
    return varint(field << 3 | _FIXED64) + struct.pack("<d", value)


def chunk(field: int, *parts: bytes | str) -> bytes:
    """``bytes``, a ``string``, or a message made of its fields."""
    data = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    return varint(field << 3 | _LENGTH_DELIMITED) + varint(len(data)) + data
