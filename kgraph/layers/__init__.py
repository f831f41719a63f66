"""Layers, in Keras 3's names, arguments, defaults, weight order and formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph.layers.activation import Activation
from kgraph.layers.batch_normalization import BatchNormalization
from kgraph.layers.cropping import Cropping1D, Cropping2D, Cropping3D
from kgraph.layers.dense import Dense
from kgraph.layers.dot import Dot, dot
from kgraph.layers.dropout import AlphaDropout, Dropout
from kgraph.layers.einsum_dense import EinsumDense
from kgraph.layers.embedding import Embedding
from kgraph.layers.group_normalization import GroupNormalization
from kgraph.layers.identity import ActivityRegularization, Identity
from kgraph.layers.input_layer import Input, InputLayer
from kgraph.layers.input_spec import InputSpec
from kgraph.layers.lambda_layer import Lambda
from kgraph.layers.layer import Layer
from kgraph.layers.layer_normalization import LayerNormalization
from kgraph.layers.masking import Masking
from kgraph.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)
from kgraph.layers.noise import GaussianDropout, GaussianNoise
from kgraph.layers.normalization import Normalization
from kgraph.layers.padding import ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
from kgraph.layers.rectifiers import ELU, LeakyReLU, PReLU, ReLU
from kgraph.layers.rescaling import Rescaling
from kgraph.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from kgraph.layers.rms_normalization import RMSNormalization
from kgraph.layers.softmax import Softmax
from kgraph.layers.spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from kgraph.layers.spectral_normalization import SpectralNormalization
from kgraph.layers.time_distributed import TimeDistributed
from kgraph.layers.unit_normalization import UnitNormalization
from kgraph.layers.upsampling import UpSampling1D, UpSampling2D, UpSampling3D
from kgraph.layers.wrapper import Wrapper
from kgraph.registry import Config, Identifier, Named, Vocabulary

_vocabulary = Vocabulary(
    "layer",
    "keras.layers",
    (
        Activation,
        ActivityRegularization,
        Add,
        AlphaDropout,
        Average,
        BatchNormalization,
        Concatenate,
        Cropping1D,
        Cropping2D,
        Cropping3D,
        Dense,
        Dot,
        Dropout,
        ELU,
        EinsumDense,
        Embedding,
        Flatten,
        GaussianDropout,
        GaussianNoise,
        GroupNormalization,
        Identity,
        InputLayer,
        Lambda,
        Layer,
        LayerNormalization,
        LeakyReLU,
        Masking,
        Maximum,
        Minimum,
        Multiply,
        Normalization,
        PReLU,
        Permute,
        RMSNormalization,
        ReLU,
        RepeatVector,
        Rescaling,
        Reshape,
        Softmax,
        SpatialDropout1D,
        SpatialDropout2D,
        SpatialDropout3D,
        SpectralNormalization,
        Subtract,
        TimeDistributed,
        UnitNormalization,
        UpSampling1D,
        UpSampling2D,
        UpSampling3D,
        Wrapper,
        ZeroPadding1D,
        ZeroPadding2D,
        ZeroPadding3D,
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
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "Dot",
    "Dropout",
    "ELU",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "get",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]
