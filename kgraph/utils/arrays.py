"""Arrays scaled to a norm of 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from kgraph import ops
from kgraph.tensor import Tensor
from kgraph.variable import Variable


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """``x / norm(x, order)`` along ``axis``; what has norm 0 stays 0.

    Args:
        x: an array, or a tensor.
        axis: along which the norm is taken.
        order: of the norm: 2 for the Euclidean one.
    """
    if isinstance(x, (Tensor, Variable)):
        return ops.normalize(x, axis=axis, order=order)
    array = np.asarray(x)
    norms = np.linalg.norm(array, order, axis, keepdims=True)
    return array / np.where(norms == 0, 1, norms)
