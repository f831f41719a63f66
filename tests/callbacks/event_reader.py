"""Reads event files: records with their checksums, and messages as dicts of fields, without tensorboard."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kgraph.callbacks.tensorboard.records import masked_crc

DTYPES = {1: "<f4", 2: "<f8"}


class Value(NamedTuple):
    step: int
    tag: str
    plugin: str
    #: An array, or the strings of a text or of images.
    content: Any


def records(path: Path) -> Iterator[bytes]:
    data, place = path.read_bytes(), 0
    while place < len(data):
        header = data[place : place + 8]
        (length,) = struct.unpack("<Q", header)
        content = data[place + 12 : place + 12 + length]
        sums = struct.unpack("<I", data[place + 8 : place + 12]), struct.unpack("<I", data[place + 12 + length :][:4])
        assert sums == ((masked_crc(header),), (masked_crc(content),))
        yield content
        place += 16 + length


def read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def fields(data: bytes) -> dict[int, list[Any]]:
    """The values of each field: numbers, or bytes."""
    found: dict[int, list[Any]] = {}
    place = 0
    while place < len(data):
        key, place = read_varint(data, place)
        if key & 7 == 0:
            value, place = read_varint(data, place)
        elif key & 7 == 1:
            (value,) = struct.unpack("<d", data[place : place + 8])
            place += 8
        else:
            assert key & 7 == 2
            length, place = read_varint(data, place)
            value, place = data[place : place + length], place + length
        found.setdefault(key >> 3, []).append(value)
    return found


def values(directory: Path) -> list[Value]:
    """All that the event files of ``directory`` hold, in order."""
    found = []
    for path in sorted(directory.glob("*.tfevents.*")):
        first, *events = map(fields, records(path))
        assert first[3] == [b"brain.Event:2"]
        for event in events:
            for value in fields(event[5][0])[1]:
                found.append(_value(event[2][0], fields(value)))
    return found


def scalars(directory: Path) -> dict[str, list[tuple[int, float]]]:
    """Pairs of step and value of each tag."""
    by_tag: dict[str, list[tuple[int, float]]] = {}
    for step, tag, plugin, content in values(directory):
        if plugin == "scalars":
            by_tag.setdefault(tag, []).append((step, float(content)))
    return by_tag


def _value(step: int, value: dict[int, list[Any]]) -> Value:
    plugin = fields(fields(value[9][0])[1][0])[1][0].decode()
    tensor = fields(value[8][0])
    if tensor[1] == [7]:
        return Value(step, value[1][0].decode(), plugin, tensor[8])
    shape = [fields(dim)[1][0] for dim in fields(tensor[2][0]).get(2, [])]
    content = np.frombuffer(tensor[4][0], DTYPES[tensor[1][0]]).reshape(shape)
    return Value(step, value[1][0].decode(), plugin, content)
