"""The weighted, masked objective: from a loss per sample to one number (rows 3.4 to 3.6).

With per-sample losses ``l``, mask ``m`` and weights ``w``, the rules are

* ``keras2``: ``l <- l m / mean(m)``; ``l <- mean over the axes that w lacks``; ``l <- l w / mean(w != 0)``; then ``mean(l)``.
* ``keras3``: ``sum(l w m') / count(l)`` with ``m' = m count(m) / sum(m)``.
* ``weighted_mean``: ``sum(l w m) / sum(w m)``.

A divisor of 0 (all weights zero, all masked) counts as the smallest number that is not, so that the loss and its gradients
are 0 and not NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kgraph import ops
from kgraph.losses.reduction import apply_mask, reduce_weighted_values
from kgraph.tensor import cast, full_like, named, operand_type

#: Far below any mean or sum of weights that is not 0, and a number in float32.
_SMALLEST_DIVISOR: Final = 1e-30

#: ``rule(per_sample, mask, weights) -> scalar``; mask and weights may be ``None``.
Rule = Callable[[Any, Any, Any], Any]


def _divisor(x: Any) -> Any:
    return named(ops.maximum(x, _SMALLEST_DIVISOR), "divisor")


def _spread_over(x: Any, values: Any, what: str) -> Any:
    """``x`` with axes of 1 at its end, as many as ``values`` has more.

    Raises:
        ValueError: ``x`` has more axes than ``values``.
    """
    extra = operand_type(values).rank - operand_type(x).rank
    if extra < 0:
        raise ValueError(
            f"a {what} of {operand_type(x).rank} dimensions meets losses of {operand_type(values).rank}: the loss reduces "
            "more axes than its last one"
        )
    return ops.reshape(x, (*ops.shape(x), *[1] * extra)) if extra else x


def keras2(per_sample: Any, mask: Any, weights: Any) -> Any:
    """The rule of the Keras 2.2 line."""
    losses = per_sample
    if mask is not None:
        mask = cast(mask, operand_type(losses).dtype)
        masked = named(ops.multiply(losses, _spread_over(mask, losses, "mask")), "masked")
        kept_fraction = named(ops.mean(mask), "kept_fraction")
        losses = named(ops.divide(masked, _divisor(kept_fraction)), "rescaled")
    if weights is not None:
        weight_rank = operand_type(weights).rank
        _spread_over(weights, losses, "sample weight")
        if operand_type(losses).rank > weight_rank:
            losses = named(ops.mean(losses, axis=tuple(range(weight_rank, operand_type(losses).rank))), "per_weight")
        weighted = named(ops.multiply(losses, weights), "weighted")
        nonzero = cast(ops.not_equal(weights, 0.0), operand_type(losses).dtype)
        active_fraction = named(ops.mean(named(nonzero, "active")), "active_fraction")
        losses = named(ops.divide(weighted, _divisor(active_fraction)), "rescaled")
    return ops.mean(losses)


def keras3(per_sample: Any, mask: Any, weights: Any) -> Any:
    """The rule of Keras 3: a sum over all losses, divided by their number."""
    return reduction("sum_over_batch_size")(per_sample, mask, weights)


def weighted_mean(per_sample: Any, mask: Any, weights: Any) -> Any:
    """The mean of the losses under the weights."""
    factors = factors_of(per_sample, mask, weights)
    if factors is None:
        return ops.mean(per_sample)
    factors = named(factors, "factors")
    total = named(ops.sum(named(ops.multiply(per_sample, factors), "weighted")), "sum")
    return ops.divide(total, _divisor(named(ops.sum(factors), "sum_of_weights")))


def factors_of(values: Any, mask: Any, weights: Any) -> Any:
    """``weights`` times ``mask``, broadcast to the shape of ``values``; ``None`` where there is neither."""
    factors = None
    for part, what in ((mask, "mask"), (weights, "sample weight")):
        if part is not None:
            part = _spread_over(cast(part, operand_type(values).dtype), values, what)
            factors = part if factors is None else ops.multiply(factors, part)
    return None if factors is None else ops.multiply(full_like(values, 1.0), factors)


def reduction(name: str | None) -> Rule:
    """The rule of a ``Loss`` with an explicit ``reduction=``. One that reduces nothing is averaged."""

    def reduce(per_sample: Any, mask: Any, weights: Any) -> Any:
        if mask is not None:
            weights = apply_mask(weights, mask, dtype=operand_type(per_sample).dtype, reduction=name)
        values = reduce_weighted_values(per_sample, sample_weight=weights, reduction=name)
        return ops.mean(values) if operand_type(values).rank else values

    return reduce


RULES: Final[Mapping[str, Rule]] = {"keras2": keras2, "keras3": keras3, "weighted_mean": weighted_mean}


def rule_of(loss: Any, weighting: str) -> Rule:
    """The rule that reduces ``loss``: its own where it has an explicit reduction, else the model's."""
    if getattr(loss, "explicit_reduction", False):
        return reduction(loss.reduction)
    return RULES[weighting]
