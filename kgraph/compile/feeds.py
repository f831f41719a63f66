"""What is fed for an output, made fit for its loss (row 2.5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from kgraph import losses
from kgraph.broadcasting import shape_text
from kgraph.compile.losses import is_sparse, loss_function
from kgraph.compile.outputs import Output


def as_target(output: Output, given: Any) -> Any:
    """``given``, with a last axis of 1 where class indices ``(n, ...)`` lack it. The rest is checked as for inputs.

    Raises:
        ValueError: class indices for a loss that wants a column for each class.
    """
    prediction = output.prediction.type
    if is_sparse(output.loss) and np.ndim(given) == prediction.rank - 1:
        return np.expand_dims(given, -1)
    if loss_function(output.loss) is losses.categorical_crossentropy:
        shape = np.shape(given)
        if len(shape) == 1 or shape[-1:] == (1,):
            hint = "to_categorical, or sparse_categorical_crossentropy for class indices"
            hint = "binary_crossentropy for an output of one column" if prediction.shape[-1] == 1 else hint
            raise ValueError(
                f"output {output.name}: categorical_crossentropy wants a target of shape "
                f"{shape_text(prediction.shape)} with a column for each class, but got {shape}; use {hint}"
            )
    return given
