"""Metrics by name and by config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from kgraph.losses.regression import mean_absolute_error, mean_squared_error
from kgraph.losses.vocabulary import ALIASES
from kgraph.metrics import accuracy, confusion, crossentropy, regression
from kgraph.metrics.auc import AUC
from kgraph.metrics.metric import Metric
from kgraph.metrics.reduction_metrics import Mean, MeanMetricWrapper, Sum
from kgraph.registry import Identifier, Named, Vocabulary

_vocabulary: Final = Vocabulary(
    "metric",
    "keras.metrics",
    (
        mean_squared_error,
        mean_absolute_error,
        binary_crossentropy,
        categorical_crossentropy,
        sparse_categorical_crossentropy,
        accuracy.binary_accuracy,
        accuracy.categorical_accuracy,
        accuracy.sparse_categorical_accuracy,
        accuracy.top_k_categorical_accuracy,
        accuracy.sparse_top_k_categorical_accuracy,
        Metric,
        Mean,
        Sum,
        MeanMetricWrapper,
        accuracy.Accuracy,
        accuracy.BinaryAccuracy,
        accuracy.CategoricalAccuracy,
        accuracy.SparseCategoricalAccuracy,
        accuracy.TopKCategoricalAccuracy,
        accuracy.SparseTopKCategoricalAccuracy,
        AUC,
        confusion.Precision,
        confusion.Recall,
        confusion.TruePositives,
        confusion.FalsePositives,
        confusion.TrueNegatives,
        confusion.FalseNegatives,
        regression.MeanSquaredError,
        regression.MeanAbsoluteError,
        regression.RootMeanSquaredError,
        crossentropy.BinaryCrossentropy,
        crossentropy.CategoricalCrossentropy,
        crossentropy.SparseCategoricalCrossentropy,
    ),
    aliases=ALIASES,
)


def get(identifier: Identifier) -> Any:
    """The metric that a name, config, class or function means; ``None`` for ``None``.

    A name that a function has (``"mse"``, ``"binary_accuracy"``) means that function; the name of a class, also in
    snake case (``"AUC"``, ``"auc"``), a new instance.

    Raises:
        ValueError: it means none.
    """
    return _vocabulary.get(identifier)


def serialize(metric: Any) -> Any:
    """The config of a metric, without its state.

    Raises:
        TypeError: it cannot be described, as a lambda cannot.
    """
    return _vocabulary.serialize(metric)


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The metric that a config describes, or a name means.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
