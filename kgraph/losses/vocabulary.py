"""Losses by name and by config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph.losses.classes import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from kgraph.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from kgraph.losses.loss import Loss, LossFunctionWrapper
from kgraph.losses.regression import mean_absolute_error, mean_squared_error
from kgraph.registry import Identifier, Named, Vocabulary

#: Short names of the functions.
ALIASES: Final = {
    "mse": mean_squared_error,
    "MSE": mean_squared_error,
    "mae": mean_absolute_error,
    "MAE": mean_absolute_error,
    "bce": binary_crossentropy,
    "BCE": binary_crossentropy,
}

_vocabulary: Final = Vocabulary(
    "loss",
    "keras.losses",
    (
        mean_squared_error,
        mean_absolute_error,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
        MeanSquaredError,
        MeanAbsoluteError,
        BinaryCrossentropy,
        CategoricalCrossentropy,
        SparseCategoricalCrossentropy,
        LossFunctionWrapper,
        Loss,
    ),
    aliases=ALIASES,
)


def get(identifier: Identifier) -> Any:
    """The loss that a name, config, class or function means; ``None`` for ``None``.

    A name in snake case (``"mse"``, ``"binary_crossentropy"``) means a function, the name of a class an instance.

    Raises:
        ValueError: it means none.
    """
    return _vocabulary.get(identifier)


def serialize(loss: Any) -> Any:
    """The config of a loss.

    Raises:
        TypeError: it cannot be described, as a lambda cannot.
    """
    return _vocabulary.serialize(loss)


def deserialize(name: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The loss that a config describes, or a name means.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(name, custom_objects)
