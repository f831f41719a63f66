"""Schedules: learning rates that depend on the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from kgraph.optimizers.schedules.decays import ExponentialDecay, InverseTimeDecay, PolynomialDecay
from kgraph.optimizers.schedules.piecewise import PiecewiseConstantDecay
from kgraph.optimizers.schedules.schedule import LearningRateSchedule
from kgraph.registry import Config, Named, Vocabulary

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]

_vocabulary: Final = Vocabulary(
    "learning rate schedule",
    "keras.optimizers.schedules",
    (
        CosineDecay,
        CosineDecayRestarts,
        ExponentialDecay,
        InverseTimeDecay,
        LearningRateSchedule,
        PiecewiseConstantDecay,
        PolynomialDecay,
    ),
)


def serialize(learning_rate_schedule: LearningRateSchedule) -> Config:
    """The config of a schedule."""
    config: Config = _vocabulary.serialize(learning_rate_schedule)
    return config


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The schedule that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
