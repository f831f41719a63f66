"""Metrics by name and by config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph import losses
from kgraph.losses.vocabulary import ALIASES
from kgraph.metrics import (
    accuracy,
    best_at,
    confusion,
    correlation,
    f_score,
    iou,
    margin,
    probabilistic,
    r2_score,
    regression,
)
from kgraph.metrics.auc import AUC
from kgraph.metrics.metric import Metric
from kgraph.metrics.reduction_metrics import Mean, MeanMetricWrapper, Sum
from kgraph.registry import Identifier, Named, Vocabulary

_vocabulary: Final = Vocabulary(
    "metric",
    "keras.metrics",
    (
        losses.mean_squared_error,
        losses.mean_absolute_error,
        losses.mean_absolute_percentage_error,
        losses.mean_squared_logarithmic_error,
        losses.huber,
        losses.log_cosh,
        losses.hinge,
        losses.squared_hinge,
        losses.categorical_hinge,
        losses.kl_divergence,
        losses.poisson,
        losses.binary_crossentropy,
        losses.binary_focal_crossentropy,
        losses.categorical_crossentropy,
        losses.categorical_focal_crossentropy,
        losses.sparse_categorical_crossentropy,
        regression.cosine_similarity,
        correlation.pearson_correlation,
        correlation.concordance_correlation,
        accuracy.binary_accuracy,
        accuracy.categorical_accuracy,
        accuracy.sparse_categorical_accuracy,
        accuracy.top_k_categorical_accuracy,
        accuracy.sparse_top_k_categorical_accuracy,
        Metric,
        Mean,
        Sum,
        MeanMetricWrapper,
        regression.MeanSquaredError,
        regression.RootMeanSquaredError,
        regression.MeanAbsoluteError,
        regression.MeanAbsolutePercentageError,
        regression.MeanSquaredLogarithmicError,
        regression.CosineSimilarity,
        regression.LogCoshError,
        r2_score.R2Score,
        correlation.PearsonCorrelation,
        correlation.ConcordanceCorrelation,
        margin.Hinge,
        margin.SquaredHinge,
        margin.CategoricalHinge,
        probabilistic.KLDivergence,
        probabilistic.Poisson,
        probabilistic.BinaryCrossentropy,
        probabilistic.CategoricalCrossentropy,
        probabilistic.SparseCategoricalCrossentropy,
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
        best_at.SensitivityAtSpecificity,
        best_at.SpecificityAtSensitivity,
        best_at.PrecisionAtRecall,
        best_at.RecallAtPrecision,
        f_score.F1Score,
        f_score.FBetaScore,
        iou.IoU,
        iou.BinaryIoU,
        iou.MeanIoU,
        iou.OneHotIoU,
        iou.OneHotMeanIoU,
    ),
    # The losses' further names, but for those of what is the other way round as a metric.
    aliases={**ALIASES, "cosine": regression.cosine_similarity, "cosine_proximity": regression.cosine_similarity},
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
