"""What fed targets and weights must look like (row 2.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from kgraph import losses
from kgraph.broadcasting import shape_text
from kgraph.compile.losses import loss_function
from kgraph.compile.outputs import Output

#: Losses that compare place by place, where a target of another shape is a mistake.
_SAME_SHAPE: Final = (
    losses.mean_squared_error,
    losses.mean_absolute_error,
    losses.binary_crossentropy,
    losses.categorical_crossentropy,
)


def check_targets(outputs: Sequence[Output], targets: Mapping[str, np.ndarray]) -> None:
    """Checks fed targets against the loss of their output.

    Args:
        outputs: the fed ones.
        targets: arrays by placeholder name (``<output>_target``).

    Raises:
        ValueError: a shape that the loss refuses; the message names the output, the shape wanted and the shape given.
    """
    for output in outputs:
        function = loss_function(output.loss)
        array = targets[f"{output.name}_target"]
        if function is losses.categorical_crossentropy and array.shape[-1:] == (1,):
            raise ValueError(
                f"output {output.name}: categorical_crossentropy needs one column per class, but the target has shape "
                f"{array.shape}; use to_categorical, or sparse_categorical_crossentropy for class indices"
            )
        wanted = output.prediction.type.shape
        if function in _SAME_SHAPE and not _fits(array.shape, wanted):
            raise ValueError(
                f"output {output.name}: {function.__name__} wants a target of shape {shape_text(wanted)}, but got "
                f"{array.shape}"
            )


def _fits(given: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    pairs = zip(given, wanted, strict=False)
    return len(given) == len(wanted) and all(isinstance(want, str) or have == want for have, want in pairs)
