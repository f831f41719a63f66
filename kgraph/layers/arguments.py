"""Checks of the arguments that several layers take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from kgraph import config
from kgraph.arguments import is_int, one_of

#: ``(before, after)`` for each spatial axis.
Pairs: TypeAlias = "tuple[tuple[int, int], ...]"
#: What such an argument may be: one int, an int an axis, or a pair an axis.
PairsLike: TypeAlias = "int | Sequence[int | Sequence[int]]"


def tuple_of_ints(name: str, value: Any, count: int, least: int = 0) -> tuple[int, ...]:
    """``value``, an int or ``count`` of them, as ``count`` ints of at least ``least``, for the argument of that name.

    Raises:
        ValueError: it is not that.
    """
    given = (value,) * count if is_int(value) else tuple(value) if isinstance(value, Sequence) else ()
    if len(given) != count or not all(is_int(one) and one >= least for one in given):
        raise ValueError(f"{name} must be an int or {count} ints of at least {least}, not {value!r}")
    return tuple(int(one) for one in given)


def pairs_of_ints(name: str, value: Any, count: int) -> Pairs:
    """``value`` as ``count`` pairs ``(before, after)``, for the argument called ``name``.

    Args:
        name: what the message calls it.
        value: an int for every side, an int for both sides of each axis, or a pair for each axis.
        count: the number of axes.

    Raises:
        ValueError: it is none of these, or an int is negative.
    """
    given = (value,) * count if is_int(value) else tuple(value) if isinstance(value, Sequence) else ()
    if len(given) != count:
        raise ValueError(f"{name} must be an int, {count} ints, or {count} pairs of ints, not {value!r}")
    pairs = [tuple_of_ints(f"entry {index} of {name}", one, 2) for index, one in enumerate(given)]
    return tuple((before, after) for before, after in pairs)


def data_format_of(value: str | None) -> str:
    """Where the channels are: where ``config.image_data_format`` says, if ``value`` is ``None``.

    Raises:
        ValueError: ``value`` is another word.
    """
    return config.image_data_format() if value is None else one_of("data_format", value, config.DATA_FORMATS)


def along_axes(data_format: str, spatial: Sequence[Any], other: Any) -> list[Any]:
    """One entry an axis: those of ``spatial`` in order for the spatial axes, ``other`` for batch and channels."""
    return [other, other, *spatial] if data_format == "channels_first" else [other, *spatial, other]
