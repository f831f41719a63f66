"""Layers, in Keras 3's names, arguments, defaults, weight order and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph.layers.activation import Activation
from kgraph.layers.batch_normalization import BatchNormalization
from kgraph.layers.dense import Dense
from kgraph.layers.dropout import Dropout
from kgraph.layers.embedding import Embedding
from kgraph.layers.input_layer import Input, InputLayer
from kgraph.layers.input_spec import InputSpec
from kgraph.layers.lambda_layer import Lambda
from kgraph.layers.layer import Layer
from kgraph.layers.masking import Masking
from kgraph.layers.merging import Add, Concatenate, Multiply, add, concatenate, multiply
from kgraph.layers.reshaping import Flatten, Reshape
from kgraph.registry import Config, Identifier, Named, Vocabulary

_vocabulary = Vocabulary(
    "layer",
    "keras.layers",
    (
        Activation,
        Add,
        BatchNormalization,
        Concatenate,
        Dense,
        Dropout,
        Embedding,
        Flatten,
        InputLayer,
        Lambda,
        Layer,
        Masking,
        Multiply,
        Reshape,
    ),
)


def get(identifier: Identifier) -> Any:
    """The layer that a name, config, class or object means; ``None`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    return _vocabulary.get(identifier)


def serialize(layer: Layer) -> Config:
    """The config of a layer."""
    config: Config = _vocabulary.serialize(layer)
    return config


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The layer that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)


__all__ = [
    "Activation",
    "Add",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "Masking",
    "Multiply",
    "Reshape",
    "add",
    "concatenate",
    "deserialize",
    "get",
    "multiply",
    "serialize",
]
