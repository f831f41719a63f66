"""Losses by name and by config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph.losses import (
    classes,
    crossentropy,
    focal,
    margin,
    overlap,
    probabilistic,
    regression,
    sequence,
    similarity,
)
from kgraph.losses.loss import Loss, LossFunctionWrapper
from kgraph.registry import Identifier, Named, Vocabulary

#: Further names of functions: Keras 3's short ones, and those of older code.
ALIASES: Final = {
    "mse": regression.mean_squared_error,
    "MSE": regression.mean_squared_error,
    "mae": regression.mean_absolute_error,
    "MAE": regression.mean_absolute_error,
    "mape": regression.mean_absolute_percentage_error,
    "MAPE": regression.mean_absolute_percentage_error,
    "msle": regression.mean_squared_logarithmic_error,
    "MSLE": regression.mean_squared_logarithmic_error,
    "bce": crossentropy.binary_crossentropy,
    "BCE": crossentropy.binary_crossentropy,
    "kld": probabilistic.kl_divergence,
    "KLD": probabilistic.kl_divergence,
    "kullback_leibler_divergence": probabilistic.kl_divergence,
    "logcosh": regression.log_cosh,
    "huber_loss": regression.huber,
    "cosine": regression.cosine_similarity,
    "cosine_proximity": regression.cosine_similarity,
}

_vocabulary: Final = Vocabulary(
    "loss",
    "keras.losses",
    (
        regression.mean_squared_error,
        regression.mean_absolute_error,
        regression.mean_absolute_percentage_error,
        regression.mean_squared_logarithmic_error,
        regression.cosine_similarity,
        regression.huber,
        regression.log_cosh,
        margin.hinge,
        margin.squared_hinge,
        margin.categorical_hinge,
        probabilistic.kl_divergence,
        probabilistic.poisson,
        crossentropy.binary_crossentropy,
        crossentropy.categorical_crossentropy,
        crossentropy.sparse_categorical_crossentropy,
        crossentropy.categorical_generalized_cross_entropy,
        focal.binary_focal_crossentropy,
        focal.categorical_focal_crossentropy,
        overlap.dice,
        overlap.tversky,
        similarity.circle,
        sequence.ctc,
        classes.MeanSquaredError,
        classes.MeanAbsoluteError,
        classes.MeanAbsolutePercentageError,
        classes.MeanSquaredLogarithmicError,
        classes.CosineSimilarity,
        classes.Huber,
        classes.LogCosh,
        classes.Hinge,
        classes.SquaredHinge,
        classes.CategoricalHinge,
        classes.KLDivergence,
        classes.Poisson,
        classes.BinaryCrossentropy,
        classes.BinaryFocalCrossentropy,
        classes.CategoricalCrossentropy,
        classes.CategoricalFocalCrossentropy,
        classes.SparseCategoricalCrossentropy,
        classes.CategoricalGeneralizedCrossEntropy,
        classes.Dice,
        classes.Tversky,
        classes.Circle,
        classes.CTC,
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
