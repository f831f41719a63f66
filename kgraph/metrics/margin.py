"""Hinge losses averaged over batches."""

from __future__ import annotations

from kgraph.losses import categorical_hinge, hinge, squared_hinge
from kgraph.metrics.reduction_metrics import MeanMetricWrapper, mean_of


class Hinge(MeanMetricWrapper):
    """The mean of ``losses.hinge``."""

    __init__ = mean_of(hinge)


class SquaredHinge(MeanMetricWrapper):
    """The mean of ``losses.squared_hinge``."""

    __init__ = mean_of(squared_hinge)


class CategoricalHinge(MeanMetricWrapper):
    """The mean of ``losses.categorical_hinge``."""

    __init__ = mean_of(categorical_hinge)
