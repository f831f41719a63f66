"""Optimizers: how weights follow their gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph.optimizers.adam import Adam
from kgraph.optimizers.optimizer import Optimizer
from kgraph.optimizers.rmsprop import RMSprop
from kgraph.optimizers.sgd import SGD
from kgraph.registry import Config, Identifier, Named, Vocabulary

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "deserialize", "get", "serialize"]

_vocabulary: Final = Vocabulary("optimizer", "keras.optimizers", (SGD, RMSprop, Adam), aliases={"rmsprop": RMSprop})


def get(identifier: Identifier) -> Any:
    """The optimizer that a name, config, class or optimizer means.

    Raises:
        ValueError: it means none.
    """
    found = _vocabulary.get(identifier)
    if not isinstance(found, Optimizer):
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
