"""What the functions of an output give for its target and prediction, made fit for masks and weights (row 1.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kgraph import ops
from kgraph.compile.outputs import Output
from kgraph.losses.reduction import both_masks, mask_of
from kgraph.tensor import Tensor, cast, named, operand_type


def compared(output: Output) -> tuple[Any, Any]:
    """Target and prediction of ``output``; those of shape ``(n,)`` as ``(n, 1)``: there is a last axis to reduce."""
    target, prediction = output.target, output.prediction
    if prediction.type.rank != 1:
        return target, prediction
    column = named(ops.expand_dims(prediction, -1), "prediction")
    column._keras_mask = prediction._keras_mask
    return named(ops.expand_dims(target, -1), "target"), column


def per_sample_values(function: Callable[..., Any], output: Output, weights: Any, what: str) -> tuple[Any, Any]:
    """What ``function(y_true, y_pred)`` gives for ``output``, and the mask of that (``None`` where all counts).

    The mask is that of the prediction, and that which the values carry themselves. A function that reduces the samples
    too gives every sample, or every place that a mask or ``weights`` tell apart, the one value.

    Args:
        function: a loss or metric.
        output: what it is of.
        weights: the sample weights that the values are going to meet, or ``None``.
        what: the function, for messages: ``"the loss"``.

    Raises:
        ValueError: it gives no tensor, or the mask or the weights have more axes than the values.
    """
    values = function(*compared(output))
    if not isinstance(values, Tensor):
        raise ValueError(f"{what} of output {output.name} gives {type(values).__name__}, not a tensor; use kgraph.ops")
    mask = both_masks(output.prediction._keras_mask, mask_of(values))
    values = named(cast(values, output.prediction.type.dtype), "per_sample")
    meets = {
        name: part
        for name, part in (("mask has shape", mask), ("sample weights have shape", weights))
        if part is not None
    }
    if not values.type.rank and meets:
        finest = max(meets.values(), key=lambda part: operand_type(part).rank)
        return named(ops.broadcast_to(values, ops.shape(finest)), "per_sample"), mask
    for name, part in meets.items():
        if operand_type(part).rank > values.type.rank:
            raise ValueError(
                f"{what} of output {output.name} gives values of shape {values.shape}, but their {name} {part.shape}: "
                "it may reduce the last axis of the output only"
            )
    return values, mask
