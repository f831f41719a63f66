"""Optimizers: how weights follow their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph.optimizers import schedules
from kgraph.optimizers.adadelta import Adadelta
from kgraph.optimizers.adafactor import Adafactor
from kgraph.optimizers.adagrad import Adagrad
from kgraph.optimizers.adam import Adam
from kgraph.optimizers.adamax import Adamax
from kgraph.optimizers.adamw import AdamW
from kgraph.optimizers.ftrl import Ftrl
from kgraph.optimizers.lamb import Lamb
from kgraph.optimizers.lion import Lion
from kgraph.optimizers.loss_scale_optimizer import LossScaleOptimizer
from kgraph.optimizers.muon import Muon
from kgraph.optimizers.nadam import Nadam
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rmsprop import RMSprop
from kgraph.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from kgraph.optimizers.sgd import SGD
from kgraph.registry import Config, Identifier, Named, Vocabulary, get_registered_object

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

_OPTIMIZERS: Final = (
    SGD,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    AdamW,
    Adamax,
    Ftrl,
    Lamb,
    Lion,
    LossScaleOptimizer,
    Muon,
    Nadam,
    RMSprop,
    ScheduleFreeAdamW,
)


class _Optimizers(Vocabulary):
    """Optimizers, which are found by their names in capitals or small letters."""

    def find(self, name: str, custom_objects: Mapping[str, Named] | None = None) -> Named:
        known = name in self.names or get_registered_object(name, custom_objects) is not None
        return super().find(name if known or name.lower() not in self.names else name.lower(), custom_objects)


_vocabulary: Final = _Optimizers(
    "optimizer", "keras.optimizers", _OPTIMIZERS, aliases={cls.__name__.lower(): cls for cls in _OPTIMIZERS}
)


def get(identifier: Identifier) -> Any:
    """The optimizer that a name, config, class or optimizer means; ``None`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    found = _vocabulary.get(identifier)
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(f"{identifier!r} is no optimizer: give a name, a config or an Optimizer")
    return found


def serialize(optimizer: Optimizer) -> Config:
    """The config of an optimizer."""
    config: Config = _vocabulary.serialize(optimizer)
    return config


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The optimizer that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
