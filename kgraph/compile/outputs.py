"""One record per model output, filled in step by step as compile goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kgraph.tensor import Tensor


class Reported(NamedTuple):
    """A value that a step reports.

    Attributes:
        name: as in ``metrics_names``.
        shape: ``()`` for one number.
        is_kept: whether it is computed of state, so that the last step has the value for the epoch.
    """

    name: str
    shape: tuple[int, ...] = ()
    is_kept: bool = False


@dataclass(slots=True)
class MetricNode:
    """One value that a step reports besides the loss.

    Attributes:
        name: as in ``metrics_names``.
        value: its node.
        metric: the object that keeps its state, or ``None`` for a plain function, whose batch values are averaged.
    """

    name: str
    value: Tensor
    metric: Any = None


@dataclass(slots=True)
class Output:
    """What compile knows of one output.

    Attributes:
        name: of the output.
        prediction: its node, with the mask that travelled to it.
        loss: a function or ``Loss``; ``None`` where the output is skipped.
        loss_weight: its factor in the total loss.
        target: the node that the loss compares with.
        is_fed: whether ``target`` is a placeholder.
        weight_mode: ``None`` or ``"temporal"``.
        sample_weight: the placeholder of the weights, where the target is fed.
        weights: the same, with the output's own number of steps: what losses and metrics meet.
        per_sample: the node of its losses, one for each sample (and timestep).
        mask: which of those count, where not all do.
        value: the node of the output's loss.
        metrics, weighted_metrics: as the user gave them.
    """

    name: str
    prediction: Tensor
    loss: Any = None
    loss_weight: float = 1.0
    target: Tensor | None = None
    is_fed: bool = False
    weight_mode: str | None = None
    sample_weight: Tensor | None = None
    weights: Tensor | None = None
    per_sample: Tensor | None = None
    mask: Tensor | None = None
    value: Tensor | None = None
    metrics: list[Any] = field(default_factory=list)
    weighted_metrics: list[Any] = field(default_factory=list)

    @property
    def is_skipped(self) -> bool:
        return self.loss is None


def per_output(
    given: Any, names: Sequence[str], what: str, default: Any = None, is_one: Callable[[Any], bool] = lambda _: True
) -> list[Any]:
    """One entry of ``given`` per output.

    Args:
        given: one for all, a list in output order, or a dict by output name.
        names: of the outputs.
        what: the argument's name, for messages.
        default: for an output that a dict leaves out.
        is_one: whether something that is neither a list nor a dict may stand for all outputs.

    Raises:
        ValueError: a dict names an unknown output, or a list has another length.
        TypeError: ``given`` is of no such kind.
    """
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ValueError(f"{what} names an unknown output {unknown[0]!r}; the outputs are {', '.join(names)}")
        return [given.get(name, default) for name in names]
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(f"{what} has {len(given)} entries for {len(names)} outputs ({', '.join(names)})")
        return list(given)
    if not is_one(given):
        raise TypeError(f"{what} must be a list or a dict by output name, not {type(given).__name__}")
    return [given] * len(names)
