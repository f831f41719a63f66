"""A loss of sequences whose alignment with their labels is not known (Graves et al. 2006)."""

from __future__ import annotations

from kgraph import ops
from kgraph.broadcasting import shape_text
from kgraph.ops.operands import TensorLike, rank_of, shape_of
from kgraph.tensor import named


def ctc(y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
    """``-log`` of the probability that the steps of ``y_pred`` spell the labels of ``y_true``; see ``ops.ctc_loss``.

    Shapes ``(n, labels), (n, steps, classes) -> (n)``.

    Args:
        y_true: class indices from 1 up, of any dtype; a row ends with zeros where it has fewer labels.
        y_pred: logits, all of whose steps count. The class 0 is the blank.

    Raises:
        ValueError: the shapes are not these.
        NodeError: when values come, a label is no class, or a row has more labels than its steps can spell.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if (rank_of(y_true), rank_of(y_pred)) != (2, 3):
        shapes = f"{shape_text(shape_of(y_true))} and {shape_text(shape_of(y_pred))}"
        raise ValueError(f"y_true and y_pred must have shapes (n, labels) and (n, steps, classes), not {shapes}")
    batch, steps, _ = ops.shape(y_pred)
    labels = named(ops.count_nonzero(y_true, axis=-1), "labels")
    lengths = named(ops.multiply(ops.ones((batch,), dtype="int32"), steps), "steps")
    return named(ops.ctc_loss(y_true, y_pred, labels, lengths), "per_sample")
