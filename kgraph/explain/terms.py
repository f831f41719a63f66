"""The terms of a total loss: one for each loss of each output, and the penalties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np

from kgraph.explain.rules import Rule
from kgraph.regularizers import L1L2


class OutputTerms(NamedTuple):
    """The losses of one output, and what becomes of them. Arrays are float64, of the shape of ``raw``.

    Attributes:
        output: its name.
        loss: what its loss is called.
        rule_name: ``weighting keras2``, or ``reduction sum`` of a loss that has its own.
        rule: what that means.
        raw: what the loss function gave, a value for each sample (and timestep).
        mask: 1 where a loss counts, else 0; ``None`` where there is no mask.
        weights: as they were given; ``None`` where none were.
        divisors: by name, what the sum is divided by: the number of losses, and nodes of the graph.
        loss_weight: the factor in the total.
        value: the loss of this output, as the graph has it.
    """

    output: str
    loss: str
    rule_name: str
    rule: Rule
    raw: np.ndarray
    mask: np.ndarray | None
    weights: np.ndarray | None
    divisors: Mapping[str, float]
    loss_weight: float
    value: float

    @property
    def divisor(self) -> float:
        return prod(self.divisors.values())

    @property
    def contributions(self) -> np.ndarray:
        """What each loss adds to the loss of this output."""
        weighed = self.raw * (1.0 if self.mask is None else self.mask) * (1.0 if self.weights is None else self.weights)
        if self.divisor:
            return weighed / self.divisor
        return weighed * 0.0 if self.rule.keeps_nan else np.zeros_like(weighed)

    @property
    def terms(self) -> np.ndarray:
        """What each loss adds to the total."""
        return self.contributions * self.loss_weight

    @property
    def formula(self) -> str:
        text = self.rule.formula(self.mask is not None, self.weights is not None)
        return f"{self.loss_weight!r} * {text} [{self.output}]"

    def place(self, index: int) -> tuple[int | None, str | None]:
        """The sample of a loss, and its place in the sample, by the loss's number among all."""
        place = [int(axis) for axis in np.unravel_index(index, self.raw.shape)] if self.raw.ndim else []
        return (place[0] if place else None), (", ".join(map(str, place[1:])) or None)


class PenaltyTerm(NamedTuple):
    """A term of the total that is no output's.

    Attributes:
        name: of the layer that added it, or the path of the weight that a regularizer is of.
        what: ``0.01*sum(kernel^2)``, ``activity`` or ``add_loss``.
        value: of the term.
    """

    name: str
    what: str
    value: float

    @property
    def formula(self) -> str:
        """With the layer that it comes from."""
        layer = self.name.rpartition("/")[0] if "(" in self.what else ""
        return f"{self.what} [{layer or self.name}]"


#: The name that the base of layers gives to the penalties of its ``activity_regularizer``.
_ACTIVITY: Final = "activity"


def describe_penalty(weight_path: str, regularizer: Callable[[Any], Any]) -> str:
    """The formula of a regularizer of the weight at ``weight_path``; its name where it is none that is known."""
    symbol = weight_path.rpartition("/")[2]
    if isinstance(regularizer, L1L2):
        parts = ((regularizer.l1, f"sum(abs({symbol}))"), (regularizer.l2, f"sum({symbol}^2)"))
        return " + ".join(f"{factor:g}*{text}" for factor, text in parts if factor) or f"0*sum({symbol})"
    name = getattr(regularizer, "__name__", None) or type(regularizer).__name__
    return f"{name}({symbol})"


def describe_added(node_name: str) -> str:
    """What a layer added to the loss, by the name of its node."""
    stem = node_name.rpartition("/")[2]
    return _ACTIVITY if stem.rstrip("0123456789").rstrip("_") == _ACTIVITY else "add_loss"
