"""Settings that hold for the whole process."""

from __future__ import annotations

import os
from typing import Final

from kgraph import _ops

_FLOATS: Final = ("float32", "float64")


class _Settings:
    floatx = "float32"
    epsilon = 1e-7
    disabled_passes = frozenset(filter(None, os.environ.get("KGRAPH_DISABLE_PASSES", "").split(",")))


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


def disabled_passes() -> frozenset[str]:
    """The optional passes that programs made from now on leave out."""
    return _settings.disabled_passes


def disable_passes(*names: str) -> None:
    """Leaves out these passes, and no others, when a program is made: to compare, or to find one that is wrong.

    The environment variable ``KGRAPH_DISABLE_PASSES`` (names with commas between them) does it from the start. The
    names are those of ``kgraph.runtime.specialise.OPTIONAL_PASSES``; programs that exist are not changed.
    """
    _settings.disabled_passes = frozenset(names)


def epsilon() -> float:
    """The small number that keeps logarithms and quotients finite, 1e-7 by default."""
    return _settings.epsilon


def set_epsilon(value: float) -> None:
    """Sets ``epsilon``."""
    _settings.epsilon = float(value)


def num_threads() -> int:
    """The number of threads that a program runs on, the calling one among them.

    Unless it was set, that is ``KGRAPH_NUM_THREADS``, or the number of cores that this process may use.

    Raises:
        ValueError: ``KGRAPH_NUM_THREADS`` is no number of threads.
    """
    return _ops.num_threads()


def set_num_threads(value: int) -> None:
    """Sets the number of threads that programs run on, from their next run on. Results do not depend on it.

    Small programs run on the calling thread whatever is set, and so does a program that runs while another one has the
    other threads.

    Raises:
        ValueError: ``value`` is less than 1 or more than 256.
    """
    _ops.set_num_threads(value)
