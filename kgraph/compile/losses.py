"""Which loss each output has (rows 1.1 to 1.5)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kgraph import losses
from kgraph.compile.outputs import Output, per_output


def resolve_losses(loss: Any, outputs: Sequence[Output]) -> None:
    """Gives every output its loss: a function ``(y_true, y_pred)`` or a ``Loss``; ``None`` where it is skipped.

    Raises:
        ValueError: an unknown output or loss is named, or a list has the wrong length.
    """
    names = [output.name for output in outputs]
    is_config = isinstance(loss, Mapping) and "class_name" in loss
    entries = [loss] * len(names) if is_config else per_output(loss, names, "loss")
    if len(entries) == 1 and isinstance(entries[0], (list, tuple)) and len(entries[0]) == 1:
        entries = list(entries[0])
    for output, entry in zip(outputs, entries, strict=True):
        output.loss = None if entry is None else losses.get(entry)
    skipped = [output.name for output in outputs if output.is_skipped]
    if skipped and loss is not None:
        warnings.warn(
            f"no loss is given for {', '.join(skipped)}: it gets no target, no weights and no metrics", stacklevel=4
        )


def loss_function(loss: Any) -> Callable[..., Any]:
    """The plain function behind a loss, by which built-in ones are recognised."""
    return getattr(loss, "fn", loss)


#: Losses that take a label where the prediction has a value for each class, or an embedding.
_OF_LABELS: Final = (
    losses.sparse_categorical_crossentropy,
    losses.categorical_generalized_cross_entropy,
    losses.circle,
)


def is_sparse(loss: Any) -> bool:
    """Whether the loss takes labels where others take a vector."""
    return loss_function(loss) in _OF_LABELS


def is_built_in(loss: Any) -> bool:
    """Whether the loss is one of ours, which all compare values place by place."""
    return getattr(loss_function(loss), "__module__", "").startswith("kgraph.losses")


def loss_name(loss: Any) -> str:
    """What a dump calls the loss: the name of its function or class."""
    return getattr(loss, "__name__", None) or type(loss).__name__
