"""Checks of the arguments that users give: one of each kind, so that like things are refused in like words."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, TypeVar

Word = TypeVar("Word")


def one_of(name: str, given: Word, known: Iterable[Any]) -> Word:
    """``given``, once it is one of the ``known`` words.

    Raises:
        ValueError: it is not.
    """
    words = list(known)
    if not any(isinstance(given, type(word)) and given == word for word in words):
        raise ValueError(f"{name} must be one of {', '.join(map(repr, words))}, not {given!r}")
    return given


def is_int(value: Any) -> bool:
    """Whether ``value`` is an int, of Python or of numpy; a bool is none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether ``value`` is a real number, of Python or of numpy; a bool is none."""
    return isinstance(value, Real) and not isinstance(value, bool)


def positive_int(name: str, value: Any) -> int:
    """``value`` as an int of at least 1, for the argument called ``name``.

    Raises:
        ValueError: it is not one.
    """
    if not is_int(value) or value < 1:
        raise ValueError(f"{name} must be a positive int, not {value!r}")
    return int(value)


def number(name: str, value: Any) -> Any:
    """``value``, once it is a number, for the argument called ``name``.

    Raises:
        ValueError: it is none.
    """
    if not is_number(value):
        raise ValueError(f"{name} must be a number, not {value!r}")
    return value


def number_from(name: str, value: Any, least: float) -> Any:
    """``value``, once it is a number of at least ``least``, for the argument called ``name``.

    Raises:
        ValueError: it is not one.
    """
    if not is_number(value) or not value >= least:
        raise ValueError(f"{name} must be a number of at least {least:g}, not {value!r}")
    return value


def ints(name: str, value: Any) -> tuple[int, ...]:
    """``value``, an int or a list or tuple of them, as ints, for the argument called ``name``.

    Raises:
        TypeError: it is neither.
    """
    given = some_axes(value, name)
    return (given,) if isinstance(given, int) else tuple(given)


def one_axis(value: Any) -> int:
    """The argument ``axis`` as an int.

    Raises:
        TypeError: it is none.
    """
    if not is_int(value):
        raise TypeError(f"axis must be an int, not {value!r}")
    return int(value)


def some_axes(value: Any, name: str = "axis") -> int | list[int]:
    """``value`` as an int or a list of ints, for the argument called ``name``.

    Raises:
        TypeError: it is neither an int nor a list or tuple of ints.
    """
    if is_int(value):
        return int(value)
    axes = list(value) if isinstance(value, Iterable) else []
    if not isinstance(value, Iterable) or not all(map(is_int, axes)):
        raise TypeError(f"{name} must be an int or a list or tuple of ints, not {value!r}")
    return [int(axis) for axis in axes]
