"""The circle loss (Sun et al. 2020): embeddings of one label drawn together, and those of others apart."""

from __future__ import annotations

import math

from kgraph import ops
from kgraph.losses.reduction import with_mask
from kgraph.ops.operands import TensorLike, as_float, rank_of
from kgraph.tensor import named


def circle(
    y_true: TensorLike,
    y_pred: TensorLike,
    ref_labels: TensorLike | None = None,
    ref_embeddings: TensorLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> TensorLike:
    """``softplus(logsumexp(gamma * a * (d - margin)) + logsumexp(gamma * b * (1 - margin - d)))`` for each sample.

    ``d = max(1 - cosine, 0)`` is the distance from a sample to a reference. The first sum is over the references of its
    own label, with ``a = max(margin + d, 0)``; the second over all others, with ``b = max(1 + margin - d, 0)``.

    Shapes ``(n) or (n, 1), (n, d) -> (n)``.

    Args:
        y_true: labels, whole numbers.
        y_pred: embeddings of norm 1.
        ref_labels: the labels of the references; ``y_true`` where not given.
        ref_embeddings: their embeddings; ``y_pred`` where not given.
        remove_diagonal: whether sample ``i`` is not compared with reference ``i``, which is the same where references
            are not given.
        gamma: the scale.
        margin: how near samples of one label are to come.

    Returns:
        The losses. Their mask leaves out those that are 0, samples with nothing left to learn, from a mean.
    """
    y_pred = as_float(ops.convert_to_tensor(y_pred))
    labels, references = _column(y_true), _column(y_true if ref_labels is None else ref_labels)
    cosine = named(ops.matmul(y_pred, ops.transpose(y_pred if ref_embeddings is None else ref_embeddings)), "cosine")
    distance = named(ops.maximum(ops.subtract(1.0, cosine), 0.0), "distance")
    own = named(ops.equal(labels, ops.transpose(references)), "same_label")
    other = ops.logical_not(own)
    if remove_diagonal:
        rows, columns = ops.shape(own)
        own = ops.logical_and(own, ops.not_equal(ops.expand_dims(ops.arange(rows), -1), ops.arange(columns)))
    pull = ops.multiply(ops.maximum(ops.add(distance, margin), 0.0), ops.subtract(distance, margin))
    push = ops.multiply(ops.maximum(ops.subtract(1.0 + margin, distance), 0.0), ops.subtract(1.0 - margin, distance))
    total = ops.add(_soft_maximum(pull, own, gamma), _soft_maximum(push, other, gamma))
    values = named(ops.softplus(total), "per_sample")
    return with_mask(values, named(ops.greater(values, 0.0), "counts"))


def _column(labels: TensorLike) -> TensorLike:
    labels = ops.cast(labels, "int32")
    return ops.expand_dims(labels, -1) if rank_of(labels) == 1 else labels


def _soft_maximum(scores: TensorLike, counted: TensorLike, gamma: float) -> TensorLike:
    return ops.logsumexp(ops.where(counted, ops.multiply(scores, float(gamma)), -math.inf), axis=1)
