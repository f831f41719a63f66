"""What each rule of weights and masks divides by, and its formula.

Under every rule the loss of an output is the sum of ``l m w / d`` over its losses ``l``, with masks ``m``, weights
``w`` and one divisor ``d``, which is a product: the number of losses, and nodes that the rule has named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

KEPT_FRACTION: Final = "kept_fraction"
ACTIVE_FRACTION: Final = "active_fraction"
SUM_OF_WEIGHTS: Final = "sum_of_weights"


class Rule(NamedTuple):
    """How losses become one number.

    Attributes:
        is_mean: whether the divisor has the number of losses in it.
        divisors: the names of nodes, in the scope of the output's loss, that it has in it where they are there.
        keeps_nan: whether a loss that is NaN stays so where all are masked: 0 times NaN is NaN, a quotient by 0 is 0.
    """

    is_mean: bool
    divisors: tuple[str, ...] = ()
    keeps_nan: bool = False

    def formula(self, masked: bool, weighted: bool) -> str:
        """The rule in text, for losses with or without a mask and weights that are not all 1."""
        factors = [symbol for symbol, is_there in (("m", masked), ("w", weighted)) if is_there]
        if SUM_OF_WEIGHTS in self.divisors and not factors:
            return "mean(l)"
        total = f"{'mean' if self.is_mean else 'sum'}({'*'.join(['l', *factors])})"
        texts = {
            KEPT_FRACTION: "mean(m)" if masked else "",
            ACTIVE_FRACTION: "mean(w != 0)" if weighted else "",
            SUM_OF_WEIGHTS: f"sum({'*'.join(factors)})",
        }
        below = [texts[name] for name in self.divisors if texts[name]]
        divisor = below[0] if len(below) == 1 else f"({'*'.join(below)})"
        return f"{total}/{divisor}" if below else total


_MEAN: Final = Rule(is_mean=True, divisors=(KEPT_FRACTION,), keeps_nan=True)
_WEIGHTED_MEAN: Final = Rule(is_mean=False, divisors=(SUM_OF_WEIGHTS,))

#: By the weighting of the model; see ``kgraph.compile.weighting``.
WEIGHTINGS: Final[Mapping[str, Rule]] = {
    "keras2": Rule(is_mean=True, divisors=(KEPT_FRACTION, ACTIVE_FRACTION)),
    "keras3": _MEAN,
    "weighted_mean": _WEIGHTED_MEAN,
}

#: By the reduction of a loss that has one of its own; see ``kgraph.losses.reduction``.
REDUCTIONS: Final[Mapping[str | None, Rule]] = {
    "sum_over_batch_size": _MEAN,
    "mean": _MEAN,
    "mean_with_sample_weight": _WEIGHTED_MEAN,
    "sum": Rule(is_mean=False),
    "none": Rule(is_mean=True),
    None: Rule(is_mean=True),
}
