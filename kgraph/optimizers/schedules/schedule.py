"""The base of learning rate schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph import config
from kgraph.arguments import number
from kgraph.registry import Configurable
from kgraph.tensor import cast, named, scope
from kgraph.types import short_dtype


class LearningRateSchedule(Configurable):
    """A function ``step -> learning rate`` that a config can describe.

    A subclass writes ``__call__`` over ``kgraph.ops``, and keeps its arguments as attributes of the same names or
    writes ``get_config``. ``step`` is an integer scalar: 0 for the first step.
    """

    def __call__(self, step: Any) -> Any:
        """The learning rate of ``step``, a scalar.

        Raises:
            NotImplementedError: a subclass has not said.
        """
        raise NotImplementedError(f"schedule {type(self).__name__} has no __call__(step)")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """The schedule that ``get_config`` described."""
        return super().from_config(config)


class BuiltInSchedule(LearningRateSchedule):
    """A schedule that is computed in float64, where every step has a number of its own, and given as default float.

    Args:
        name: stands before the names of its nodes.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, step: Any) -> Any:
        with scope(self.name):
            rate = self._rate(cast(step, "f64"))
            return named(cast(rate, short_dtype(config.floatx())), "rate")

    def _rate(self, step: Any) -> Any:
        """The learning rate of a step; both float64."""
        raise NotImplementedError


def check_steps(owner: str, argument: str, steps: float) -> None:
    """Refuses a number of steps that is not positive.

    Raises:
        ValueError: it is not.
    """
    if not number(f"{owner}: {argument}", steps) > 0:
        raise ValueError(f"{owner}: {argument} must be positive, not {steps}")
