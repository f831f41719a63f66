"""The weighted, masked objective: from a loss per sample to one number (rows 3.4 to 3.6).

With per-sample losses ``l``, mask ``m`` and weights ``w``, the rules are

* ``keras2``: ``l <- l m / mean(m)``; ``l <- mean of l over the axes that w lacks``; ``l <- l w / mean(w != 0)``; then
  ``mean(l)``.
* ``keras3``: ``sum(l w m') / count(l)`` with ``m' = m count(m) / sum(m)``.
* ``weighted_mean``: ``sum(l w m) / sum(w m)``.

A quotient by 0 (all weights zero, all masked) is 0, so that the loss and its gradients are 0 and not NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kgraph import ops
from kgraph.losses.reduction import apply_mask, expand_to_rank, reduce_weighted_values
from kgraph.tensor import cast, named, operand_type

#: ``rule(per_sample, mask, weights) -> scalar``; mask and weights may be ``None``.
Rule = Callable[[Any, Any, Any], Any]


def keras2(per_sample: Any, mask: Any, weights: Any) -> Any:
    """The rule of the Keras 2.2 line."""
    losses = per_sample
    if mask is not None:
        mask = cast(mask, operand_type(losses).dtype)
        masked = named(ops.multiply(losses, expand_to_rank(mask, operand_type(losses).rank)), "masked")
        kept_fraction = named(ops.mean(mask), "kept_fraction")
        losses = named(ops.divide_no_nan(masked, kept_fraction), "rescaled")
    if weights is not None:
        weight_rank = operand_type(weights).rank
        if operand_type(losses).rank > weight_rank:
            losses = named(ops.mean(losses, axis=tuple(range(weight_rank, operand_type(losses).rank))), "per_weight")
        weighted = named(ops.multiply(losses, weights), "weighted")
        nonzero = cast(ops.not_equal(weights, 0.0), operand_type(losses).dtype)
        active_fraction = named(ops.mean(named(nonzero, "active")), "active_fraction")
        losses = named(ops.divide_no_nan(weighted, active_fraction), "rescaled")
    return ops.mean(losses)


def keras3(per_sample: Any, mask: Any, weights: Any) -> Any:
    """The rule of Keras 3: a sum over all losses, divided by their number."""
    return reduction("sum_over_batch_size")(per_sample, mask, weights)


def weighted_mean(per_sample: Any, mask: Any, weights: Any) -> Any:
    """The mean of the losses under the weights."""
    if mask is None and weights is None:
        return ops.mean(per_sample)
    given = operand_type(per_sample)
    factors = expand_to_rank(apply_mask(weights, mask, given.dtype, reduction="sum"), given.rank)
    factors = named(ops.broadcast_to(factors, ops.shape(per_sample)), "factors")
    total = named(ops.sum(named(ops.multiply(per_sample, factors), "weighted")), "sum")
    return ops.divide_no_nan(total, named(ops.sum(factors), "sum_of_weights"))


def reduction(name: str | None) -> Rule:
    """The rule of a ``Loss`` with an explicit ``reduction=``. One that reduces nothing is averaged."""

    def reduce(per_sample: Any, mask: Any, weights: Any) -> Any:
        if mask is not None:
            weights = apply_mask(weights, mask, dtype=operand_type(per_sample).dtype, reduction=name)
        values = reduce_weighted_values(per_sample, sample_weight=weights, reduction=name)
        return ops.mean(values) if operand_type(values).rank else values

    return reduce


RULES: Final[Mapping[str, Rule]] = {"keras2": keras2, "keras3": keras3, "weighted_mean": weighted_mean}


def rule_name(loss: Any, weighting: str) -> dict[str, str | None]:
    """What reduces ``loss``, for the reader of a dump: its own ``reduction`` where explicit, else ``weighting``."""
    if getattr(loss, "explicit_reduction", False):
        return {"reduction": loss.reduction}
    return {"weighting": weighting}


def rule_of(loss: Any, weighting: str) -> Rule:
    """The rule that reduces ``loss``: its own where it has an explicit reduction, else the model's."""
    if getattr(loss, "explicit_reduction", False):
        return reduction(loss.reduction)
    return RULES[weighting]
