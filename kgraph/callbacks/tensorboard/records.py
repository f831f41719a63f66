"""TFRecord: the framing of event files.

A record is its length (uint64), the checksum of that, the data, and the checksum of them; all little endian. A
checksum is a CRC-32C, rotated and shifted by a constant so that data which hold checksums themselves do not fare badly.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Final

#: The polynomial of Castagnoli, its bits in reverse.
_POLYNOMIAL: Final = 0x82F63B78
_MASK_DELTA: Final = 0xA282EAD8
_ALL_BITS: Final = 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The CRC-32C of ``data``: ``0xE3069283`` for ``b"123456789"``."""
    table = _table()
    crc = _ALL_BITS
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ _ALL_BITS


@cache
def _table() -> list[int]:
    """What a byte does to a checksum."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


def masked_crc(data: bytes) -> int:
    """The checksum as records hold it: rotated right by 15 bits, plus a constant."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _ALL_BITS


def record(data: bytes) -> bytes:
    """``data`` with what stands around them."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))
