"""The random generator in numpy: what ``csrc/kinds/random.h`` computes, as the reference of the random ops."""

from __future__ import annotations

import numpy as np

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


def philox_words(state: np.ndarray, salt: int, blocks: int) -> np.ndarray:
    """Philox4x32-10 of the state ``(seed, counter)``: uint64 of shape ``(blocks, 4)``, each below 2^32."""
    seed, counter = (int(number) % 2**64 for number in state)
    keys = [seed % 2**32, seed >> 32]
    c0 = np.arange(blocks, dtype=np.uint64) & _MASK
    c1, c2, c3 = (np.full(blocks, word, np.uint64) for word in (salt % 2**32, counter % 2**32, counter >> 32))
    for _ in range(10):
        product0, product1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0 = (product1 >> _SHIFT) ^ c1 ^ np.uint64(keys[0])
        c2 = (product0 >> _SHIFT) ^ c3 ^ np.uint64(keys[1])
        c1, c3 = product1 & _MASK, product0 & _MASK
        keys = [(keys[0] + 0x9E3779B9) % 2**32, (keys[1] + 0xBB67AE85) % 2**32]
    return np.stack([c0, c1, c2, c3], axis=1)


def words_32(state: np.ndarray, salt: int, count: int) -> np.ndarray:
    """``count`` words of 32 bits."""
    return philox_words(state, salt, -(-count // 4)).ravel()[:count]


def words_64(state: np.ndarray, salt: int, count: int) -> np.ndarray:
    """``count`` words of 64 bits, each of two neighbours, the low one first."""
    pairs = philox_words(state, salt, -(-count // 2)).reshape(-1, 2)
    return (pairs[:, 0] | pairs[:, 1] << _SHIFT)[:count]


def uniform(state: np.ndarray, salt: int, count: int, dtype: np.dtype) -> np.ndarray:
    """Numbers in [0, 1) with all the bits that ``dtype`` holds."""
    if dtype == np.float32:
        return (words_32(state, salt, count) >> np.uint64(8)).astype(np.float32) * np.float32(2**-24)
    return (words_64(state, salt, count) >> np.uint64(11)).astype(np.float64) * 2**-53


def normal(state: np.ndarray, salt: int, count: int, dtype: np.dtype) -> np.ndarray:
    """Standard normal numbers in float64, by Box and Muller from uniform ones of ``dtype``."""
    even = count + count % 2
    if dtype == np.float32:
        words = words_32(state, salt, even).reshape(-1, 2).astype(np.float32)
        scale = np.float32(2**-32)
        radius_of, turn = (words[:, 0] + np.float32(1)) * scale, words[:, 1] * scale
    else:
        numbers = (words_64(state, salt, even) >> np.uint64(11)).reshape(-1, 2)
        radius_of, turn = (numbers[:, 0] + np.uint64(1)) * 2.0**-53, numbers[:, 1] * 2.0**-53
    radius = np.sqrt(-2 * np.log(radius_of.astype(np.float64)))
    angle = 2 * np.pi * turn.astype(np.float64)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()[:count]
