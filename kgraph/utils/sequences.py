"""Sequences of several lengths in one array."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kgraph.arguments import one_of

#: By side: which part of a sequence of more than ``maxlen`` steps is kept, and where ``length`` steps go in a row.
_KEPT: Final[Mapping[str, Callable[[int, int], slice]]] = {
    "pre": lambda length, maxlen: slice(max(0, length - maxlen), length),
    "post": lambda length, maxlen: slice(0, maxlen),
}
_PLACED: Final[Mapping[str, Callable[[int, int], slice]]] = {
    "pre": lambda length, maxlen: slice(maxlen - length, maxlen),
    "post": lambda length, maxlen: slice(0, length),
}


def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Sequences as rows of one array ``(len(sequences), maxlen, *step_shape)``.

    Args:
        sequences: of steps of one shape.
        maxlen: steps in a row; those of the longest sequence where not given.
        dtype: of the array; ``object`` for strings of any length.
        padding: ``"pre"`` or ``"post"``: on which side short sequences are filled up.
        truncating: ``"pre"`` or ``"post"``: on which side long sequences are cut.
        value: what they are filled with.

    Raises:
        ValueError: ``sequences`` are no sequences, their steps differ in shape, a side is neither of the two, or
            ``value`` is a string that ``dtype`` does not take.
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        one_of(f"pad_sequences: {name}", side, _KEPT)
    text = dtype is object or np.dtype(dtype).kind in "OUS"
    if isinstance(value, str) and not text:
        raise ValueError(f"pad_sequences: dtype {dtype} does not take the value {value!r}; use dtype=object")
    lengths = [_length(place, sequence) for place, sequence in enumerate(sequences)]
    width = max(lengths, default=0) if maxlen is None else maxlen
    first = next((sequence for sequence, length in zip(sequences, lengths, strict=True) if length), ())
    step_shape = np.asarray(first).shape[1:]
    padded = np.full((len(lengths), width, *step_shape), value, dtype=dtype)
    for place, (sequence, length) in enumerate(zip(sequences, lengths, strict=True)):
        if length:
            steps = np.asarray(sequence[_KEPT[truncating](length, width)], dtype=dtype)
            if steps.shape[1:] != step_shape:
                raise ValueError(
                    f"pad_sequences: the steps of sequence {place} have shape {steps.shape[1:]}, "
                    f"those of the first {step_shape}"
                )
            padded[place, _PLACED[padding](len(steps), width)] = steps
    return padded


def _length(place: int, sequence: Any) -> int:
    try:
        return len(sequence)
    except TypeError:
        raise ValueError(f"pad_sequences: sequence {place} is {sequence!r}, which has no steps") from None
