"""Learning rates that stay, and change at given steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.optimizers.schedules.schedule import BuiltInSchedule


class PiecewiseConstantDecay(BuiltInSchedule):
    """``values[0]`` up to the step ``boundaries[0]``, that one among them, then ``values[1]``, and so on.

    Args:
        boundaries: the last step of each value but the last; each larger than the one before.
        values: one more than there are boundaries.
        name: stands before the names of its nodes.

    Raises:
        ValueError: the numbers of boundaries and values do not fit, or the boundaries do not rise.
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        super().__init__(name)
        if len(values) != len(boundaries) + 1:
            raise ValueError(
                f"PiecewiseConstantDecay: {len(boundaries)} boundaries need {len(boundaries) + 1} values, "
                f"not {len(values)}"
            )
        if any(later <= earlier for earlier, later in zip(boundaries, boundaries[1:], strict=False)):
            raise ValueError(f"PiecewiseConstantDecay: boundaries must rise, but are {list(boundaries)}")
        self.boundaries = boundaries
        self.values = values

    def _rate(self, step: Any) -> Any:
        rate: Any = ops.full((), self.values[-1], "float64")
        for boundary, value in reversed(list(zip(self.boundaries, self.values, strict=False))):
            rate = ops.where(ops.less_equal(step, boundary), value, rate)
        return rate
