"""Moving averages of the weights themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kgraph import ops
from kgraph.arguments import is_int, number
from kgraph.tensor import cast, named, scope
from kgraph.variable import Variable


def check_ema(momentum: float, overwrite_frequency: int | None) -> None:
    """Refuses arguments that mean no average.

    Raises:
        ValueError: ``momentum`` is not within 0 and 1, or ``overwrite_frequency`` is no number of steps.
    """
    if not 0 <= number("ema_momentum", momentum) <= 1:
        raise ValueError(f"ema_momentum must be between 0 and 1, not {momentum}")
    if overwrite_frequency and (not is_int(overwrite_frequency) or overwrite_frequency < 1):
        raise ValueError(f"ema_overwrite_frequency must be an int of at least 1, or None, not {overwrite_frequency!r}")


def follow(
    pairs: Iterable[tuple[Variable, Variable]], iteration: Any, momentum: float, overwrite_frequency: int | None
) -> None:
    """Moves each average towards its variable, after a step.

    ``average <- momentum·average + (1-momentum)·variable``; what the variable is at the first step. Every
    ``overwrite_frequency`` steps the variable then becomes its average.

    Args:
        pairs: variables, each with its average.
        iteration: how many steps were made before this one.
        momentum: how much of an average stays at each step.
        overwrite_frequency: steps from one overwriting to the next; ``None`` for none.
    """
    share = named(ops.where(ops.equal(iteration, 0), 1.0, 1.0 - momentum), "average_share")
    due = named(ops.equal(ops.mod(iteration + 1, overwrite_frequency), 0), "due") if overwrite_frequency else None
    for variable, average in pairs:
        with scope(f"update/{variable.path}", absolute=True):
            now = average.value
            average.assign(named(now + cast(share, variable.type.dtype) * (variable.value - now), "average"))
            if due is not None:
                variable.assign(named(ops.where(due, average.value, variable.value), "averaged"))


def overwrite(variables: Sequence[Variable], averages: Sequence[Variable]) -> None:
    """Makes each variable what its average is."""
    for variable, average in zip(variables, averages, strict=True):
        variable.assign(average.value)
