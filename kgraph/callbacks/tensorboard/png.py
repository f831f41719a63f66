"""Weights as PNG images."""

from __future__ import annotations

import struct

import numpy as np

#: The code of a PNG's colours, by channels.
_COLOURS = {1: 0, 3: 2, 4: 6}


def weight_images(weight: np.ndarray) -> np.ndarray | None:
    """``(images, height, width, channels)`` that show a weight; ``None`` where it has no such form.

    Axes of size 1 are left out first. A vector is a row, a matrix lies on its longer side, three axes are a matrix for
    each place of the last one, four are images if the last has 1, 3 or 4 channels.
    """
    squeezed = np.squeeze(weight)
    if squeezed.ndim == 1:
        return squeezed[None, :, None, None]
    if squeezed.ndim == 2:
        lying = squeezed.T if squeezed.shape[0] > squeezed.shape[1] else squeezed
        return lying[None, :, :, None]
    if squeezed.ndim == 3:
        return np.moveaxis(squeezed, -1, 0)[..., None]
    return squeezed if squeezed.ndim == 4 and squeezed.shape[-1] in _COLOURS else None


def encode_png(image: np.ndarray) -> bytes:
    """The bytes of a PNG file.

    Args:
        image: floats ``(height, width, channels)``; 0 is dark, 1 is bright, what lies outside is cut off.
    """
    from zlib import compress

    height, width, channels = image.shape
    pixels = (np.clip(np.nan_to_num(image), 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
    # Each row stands behind the number of its filter, which is none.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", compress(rows.tobytes())), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, data) for name, data in parts)


def _part(name: bytes, data: bytes) -> bytes:
    from zlib import crc32

    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))
