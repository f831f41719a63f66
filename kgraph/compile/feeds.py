"""What is fed for an output, made fit for its loss (row 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph import losses
from kgraph.broadcasting import shape_text
from kgraph.compile.losses import is_built_in, is_sparse, loss_function
from kgraph.compile.outputs import Output

#: Losses that want a column for each class: what else to use for class indices, and for an output of one column.
_OF_CLASSES: Final[Mapping[Any, tuple[str, str]]] = {
    losses.categorical_crossentropy: (
        "to_categorical, or sparse_categorical_crossentropy for class indices",
        "binary_crossentropy",
    ),
    losses.categorical_focal_crossentropy: ("to_categorical", "binary_focal_crossentropy"),
    losses.categorical_hinge: ("to_categorical", "hinge"),
}


def as_target(output: Output, given: Any) -> Any:
    """``given``, with a last axis of 1 where class indices ``(n, ...)`` lack it. The rest is checked as for inputs.

    Args:
        output: that the target is for.
        given: an array, or rows that are read later.

    Raises:
        ValueError: class indices for a loss that wants a column for each class.
    """
    prediction = output.prediction.type
    if is_sparse(output.loss) and given.ndim == prediction.rank - 1:
        return given.reshape(*given.shape, 1)
    function = loss_function(output.loss)
    if is_built_in(output.loss) and function in _OF_CLASSES:
        shape = given.shape
        if len(shape) == 1 or shape[-1:] == (1,):
            for_indices, for_one_column = _OF_CLASSES[function]
            hint = f"{for_one_column} for an output of one column" if prediction.shape[-1] == 1 else for_indices
            raise ValueError(
                f"output {output.name}: {function.__name__} wants a target of shape "
                f"{shape_text(prediction.shape)} with a column for each class, but got {shape}; use {hint}"
            )
    return given
