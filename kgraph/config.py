"""Settings that hold for the whole process."""

from __future__ import annotations

from typing import Final

_FLOATS: Final = ("float32", "float64")


class _Settings:
    floatx = "float32"
    epsilon = 1e-7


_settings = _Settings()


def floatx() -> str:
    """The default float dtype of weights, inputs and numbers: ``"float32"`` or ``"float64"``."""
    return _settings.floatx


def set_floatx(value: str) -> None:
    """Sets the default float dtype.

    Raises:
        ValueError: ``value`` is neither ``"float32"`` nor ``"float64"``.
    """
    if value not in _FLOATS:
        raise ValueError(f"floatx must be one of {', '.join(_FLOATS)}, not {value!r}")
    _settings.floatx = value


def epsilon() -> float:
    """The small number that keeps logarithms and quotients finite, 1e-7 by default."""
    return _settings.epsilon


def set_epsilon(value: float) -> None:
    """Sets ``epsilon``."""
    _settings.epsilon = float(value)
