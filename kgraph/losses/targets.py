"""Targets made to fit predictions."""

from __future__ import annotations

from kgraph import ops
from kgraph.broadcasting import shape_text
from kgraph.dims import Shape
from kgraph.losses.reduction import squeeze_or_expand_to_same_rank
from kgraph.ops.operands import TensorLike, as_float, claim_shape, shape_of
from kgraph.tensor import cast, named, operand_type


def paired(y_true: TensorLike, y_pred: TensorLike) -> tuple[TensorLike, TensorLike]:
    """Target and prediction of one float dtype (the prediction's) and one shape.

    A last axis of 1 is added or dropped where only one of them has it.

    Raises:
        ValueError: the shapes differ otherwise.
    """
    y_pred = as_float(ops.convert_to_tensor(y_pred))
    y_true = cast(ops.convert_to_tensor(y_true), operand_type(y_pred).dtype)
    y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
    return with_shape("y_true", y_true, shape_of(y_pred)), y_pred


def with_shape(name: str, x: TensorLike, wanted: Shape) -> TensorLike:
    """``x``, known to have the shape ``wanted``; where dimensions are unknown that is claimed, and checked with data.

    Raises:
        ValueError: a known dimension differs.
    """
    given = shape_of(x)
    pairs = zip(given, wanted, strict=False)
    contradicted = any(isinstance(a, int) and isinstance(b, int) and a != b for a, b in pairs)
    if len(given) != len(wanted) or contradicted:
        raise ValueError(f"{name} has shape {shape_text(given)}, but for y_pred it must have {shape_text(wanted)}")
    return claim_shape(x, wanted)


def number_of_classes(y_pred: TensorLike, axis: int) -> int:
    """The size of ``axis``.

    Raises:
        ValueError: it is not known.
    """
    shape = shape_of(y_pred)
    if not isinstance(shape[axis], int):
        text = shape_text(shape)
        raise ValueError(f"y_pred has shape {text}, but the number of classes, on axis {axis}, must be known")
    return int(shape[axis])


def smoothed(y_true: TensorLike, label_smoothing: float, share: float) -> TensorLike:
    """``y_true * (1 - label_smoothing) + label_smoothing * share``; ``y_true`` itself without smoothing."""
    if not label_smoothing:
        return y_true
    return named(ops.add(ops.multiply(y_true, 1.0 - label_smoothing), label_smoothing * share), "smoothed_target")
