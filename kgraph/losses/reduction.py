"""How values of samples become one number: ranks, masks, weights, reductions.

A mask says which samples or timesteps count. It travels with a tensor as ``_keras_mask``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from kgraph import ops
from kgraph.arguments import one_of
from kgraph.ops.operands import TensorLike, as_float, rank_of, shape_of
from kgraph.tensor import cast, named, operand_type
from kgraph.types import short_dtype

#: What ``reduction=`` may be. ``"mean"`` is another word for ``"sum_over_batch_size"``.
REDUCTIONS: Final = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
#: Reductions that divide by the number of values, masked ones included.
_BY_COUNT: Final = ("sum_over_batch_size", "mean")


class MaskedArray(np.ndarray):
    """An array that carries a mask, as tensors do."""

    _keras_mask: Any = None


def mask_of(x: TensorLike) -> Any:
    """The mask that ``x`` carries, else ``None``."""
    return getattr(x, "_keras_mask", None)


def with_mask(x: TensorLike, mask: Any) -> TensorLike:
    """``x``, carrying ``mask``."""
    carrier: Any = x.view(MaskedArray) if isinstance(x, np.ndarray) else x
    carrier._keras_mask = mask
    return carrier


def both_masks(first: Any, second: Any) -> Any:
    """The mask of what both masks let count; ``None`` lets all count."""
    if first is None or second is None:
        return second if first is None else first
    return ops.logical_and(first, second)


def squeeze_or_expand_to_same_rank(
    x1: TensorLike, x2: TensorLike, expand_rank_1: bool = True
) -> tuple[TensorLike, TensorLike]:
    """``x1`` and ``x2`` with equal ranks, where one rank more comes from a last axis of 1; else unchanged.

    A vector gains that axis (unless ``expand_rank_1`` is false); otherwise the axis of 1 goes.
    """
    if rank_of(x1) == rank_of(x2) + 1:
        x1, x2 = _to_same_rank(x1, x2, expand_rank_1)
    elif rank_of(x2) == rank_of(x1) + 1:
        x2, x1 = _to_same_rank(x2, x1, expand_rank_1)
    return x1, x2


def _to_same_rank(long: TensorLike, short: TensorLike, expand_rank_1: bool) -> tuple[TensorLike, TensorLike]:
    if shape_of(long)[-1] != 1:
        return long, short
    if rank_of(short) == 1 and expand_rank_1:
        return long, ops.expand_dims(short, -1)
    return ops.squeeze(long, -1), short


def expand_to_rank(x: TensorLike, rank: int) -> TensorLike:
    """``x`` with axes of 1 at its end, so that a value for each sample meets values for each timestep."""
    for _ in range(rank - rank_of(x)):
        x = ops.expand_dims(x, -1)
    return x


def apply_mask(sample_weight: TensorLike | None, mask: Any, dtype: Any, reduction: str | None) -> Any:
    """Sample weights with the mask in them: ``w * m'``, or ``m'`` alone where there are no weights.

    ``m'`` is the mask as numbers. For the reductions that divide by the number of all values it is ``m / mean(m)``, so
    that they come out divided by the number of values that count; it is 0 where nothing counts.
    """
    if mask is None:
        return sample_weight
    dtype = short_dtype(dtype)
    weight = cast(mask, dtype)
    if reduction in _BY_COUNT:
        weight = ops.divide_no_nan(weight, named(ops.mean(weight), "kept_fraction"))
    weight = weight if weight is mask else named(weight, "mask_weight")
    if sample_weight is None:
        return weight
    weight, sample_weight = squeeze_or_expand_to_same_rank(weight, cast(sample_weight, dtype))
    rank = max(rank_of(weight), rank_of(sample_weight))
    return named(ops.multiply(expand_to_rank(sample_weight, rank), expand_to_rank(weight, rank)), "masked_weight")


def standardize_reduction(reduction: Any) -> str | None:
    """``reduction``, once it is known to be one.

    Raises:
        ValueError: it is not.
    """
    return one_of("reduction", reduction, REDUCTIONS)


def reduce_values(
    values: TensorLike, sample_weight: TensorLike | None = None, reduction: str | None = "sum_over_batch_size"
) -> TensorLike:
    """Weighted values as one number.

    ==============================  ========================================================
    ``"sum_over_batch_size"``       ``mean(values)``; ``"mean"`` too
    ``"mean_with_sample_weight"``   ``sum(values) / sum(sample_weight)``, 0 where that is 0
    ``"sum"``                       ``sum(values)``
    ``"none"``, ``None``            ``values``
    ==============================  ========================================================
    """
    if reduction in ("none", None) or not shape_of(values):
        return values
    if reduction == "sum":
        return named(ops.sum(values), "sum")
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        weights = ops.broadcast_to(sample_weight, ops.shape(values))
        return named(ops.divide_no_nan(ops.sum(values), named(ops.sum(weights), "sum_of_weights")), "weighted_mean")
    return named(ops.mean(values), "mean")


def reduce_weighted_values(
    values: TensorLike,
    sample_weight: TensorLike | None = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
) -> TensorLike:
    """Values times weights and mask, reduced: what ``Loss`` does with the result of its ``call``."""
    values = as_float(values)
    dtype = operand_type(values).dtype
    sample_weight = apply_mask(sample_weight, mask, dtype, reduction)
    if sample_weight is not None:
        values, sample_weight = squeeze_or_expand_to_same_rank(values, cast(sample_weight, dtype))
        sample_weight = expand_to_rank(sample_weight, rank_of(values))
        values = named(ops.multiply(values, sample_weight), "weighted")
    return reduce_values(values, sample_weight, reduction)
