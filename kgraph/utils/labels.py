"""Class labels as vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from kgraph import ops
from kgraph.ops.operands import TensorLike


def to_categorical(x: TensorLike, num_classes: int | None = None) -> Any:
    """One-hot vectors of class indices: ``(*s)`` or ``(*s, 1)`` -> ``(*s, num_classes)``, of the default float.

    Args:
        x: ints from 0 on; -1 is the last class.
        num_classes: one more than the largest index where not given, which a symbolic ``x`` does not allow.

    Raises:
        ValueError: an index is outside the classes.
    """
    if ops.is_keras_tensor(x):
        if num_classes is None:
            raise ValueError("to_categorical: a symbolic tensor needs num_classes")
        return ops.one_hot(ops.squeeze(x, -1) if ops.ndim(x) > 1 and ops.shape(x)[-1] == 1 else x, num_classes)
    labels = np.asarray(x).astype(np.int64)
    labels = labels[..., 0] if labels.ndim > 1 and labels.shape[-1] == 1 else labels
    classes = num_classes or int(labels.max(initial=-1)) + 1
    outside = labels[(labels < -classes) | (labels >= classes)]
    if outside.size:
        raise ValueError(f"to_categorical: label {outside[0]} is outside the {classes} classes")
    return ops.one_hot(np.where(labels < 0, labels + classes, labels), classes)
