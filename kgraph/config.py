"""Settings that hold for the whole process."""

from __future__ import annotations

import os
from typing import Final

from kgraph import _ops
from kgraph.arguments import one_of
from kgraph.dtype_policies import dtype_policy, floatx, set_dtype_policy, set_floatx
from kgraph.registry import enable_unsafe_deserialization

#: Where channels may be.
DATA_FORMATS: Final = ("channels_first", "channels_last")


class _Settings:
    epsilon = 1e-7
    image_data_format = "channels_last"
    disabled_passes = frozenset(filter(None, os.environ.get("KGRAPH_DISABLE_PASSES", "").split(",")))
    interactive_logging = True
    traceback_filtering = True


_settings = _Settings()


def backend() -> str:
    """What runs the graphs: ``"kgraph"``."""
    return "kgraph"


def epsilon() -> float:
    """The small number that keeps logarithms and quotients finite, 1e-7 by default."""
    return _settings.epsilon


def set_epsilon(value: float) -> None:
    """Sets ``epsilon``."""
    _settings.epsilon = float(value)


def image_data_format() -> str:
    """Where layers that are not told look for channels: ``"channels_last"``, unless it was set."""
    return _settings.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets where layers look for channels.

    Raises:
        ValueError: it is neither ``"channels_first"`` nor ``"channels_last"``.
    """
    _settings.image_data_format = one_of("image_data_format", data_format, DATA_FORMATS)


def disabled_passes() -> frozenset[str]:
    """The optional passes that programs made from now on leave out."""
    return _settings.disabled_passes


def disable_passes(*names: str) -> None:
    """Leaves out these passes, and no others, when a program is made: to compare, or to find one that is wrong.

    The environment variable ``KGRAPH_DISABLE_PASSES`` (names with commas between them) does it from the start. The
    names are those of ``kgraph.runtime.specialise.OPTIONAL_PASSES``, where choices of order and memory are among them;
    programs that exist are not changed.
    """
    _settings.disabled_passes = frozenset(names)


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


def is_interactive_logging_enabled() -> bool:
    """Whether ``verbose="auto"`` is a bar that is redrawn; else it is a line an epoch."""
    return _settings.interactive_logging


def enable_interactive_logging() -> None:
    """Makes ``verbose="auto"`` a bar that is redrawn, as it is from the start."""
    _settings.interactive_logging = True


def disable_interactive_logging() -> None:
    """Makes ``verbose="auto"`` one line an epoch, as suits the log of a job that nobody watches."""
    _settings.interactive_logging = False


def is_traceback_filtering_enabled() -> bool:
    """What was set last; tracebacks here are whole either way."""
    return _settings.traceback_filtering


def enable_traceback_filtering() -> None:
    """Accepted for Keras code; tracebacks here are always whole."""
    _settings.traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Accepted for Keras code; tracebacks here are always whole."""
    _settings.traceback_filtering = False


__all__ = [
    "backend",
    "disable_interactive_logging",
    "disable_passes",
    "disable_traceback_filtering",
    "disabled_passes",
    "dtype_policy",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_interactive_logging_enabled",
    "is_traceback_filtering_enabled",
    "num_threads",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_num_threads",
]
