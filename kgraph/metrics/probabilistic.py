"""Losses of probabilities averaged over batches. Formulas and options are those of the losses of the same names."""

from __future__ import annotations

from kgraph.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    kl_divergence,
    poisson,
    sparse_categorical_crossentropy,
)
from kgraph.metrics.reduction_metrics import MeanMetricWrapper, mean_of


class KLDivergence(MeanMetricWrapper):
    """The mean of ``losses.kl_divergence``."""

    __init__ = mean_of(kl_divergence)


class Poisson(MeanMetricWrapper):
    """The mean of ``losses.poisson``."""

    __init__ = mean_of(poisson)


class BinaryCrossentropy(MeanMetricWrapper):
    """The mean of ``losses.binary_crossentropy``."""

    __init__ = mean_of(binary_crossentropy, "name dtype from_logits label_smoothing")


class CategoricalCrossentropy(MeanMetricWrapper):
    """The mean of ``losses.categorical_crossentropy``."""

    __init__ = mean_of(categorical_crossentropy, "name dtype from_logits label_smoothing axis")


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """The mean of ``losses.sparse_categorical_crossentropy``; places of ``ignore_class`` do not count."""

    __init__ = mean_of(sparse_categorical_crossentropy, "name dtype from_logits ignore_class axis")
