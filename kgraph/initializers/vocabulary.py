"""Initializers by name and by config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph import ops
from kgraph.initializers import drawn, fixed
from kgraph.registry import Identifier, Named, Vocabulary

_vocabulary: Final = Vocabulary(
    "initializer",
    "keras.initializers",
    (
        fixed.Zeros,
        fixed.Ones,
        fixed.Constant,
        fixed.Identity,
        fixed.STFT,
        drawn.RandomNormal,
        drawn.RandomUniform,
        drawn.TruncatedNormal,
        drawn.VarianceScaling,
        drawn.GlorotUniform,
        drawn.GlorotNormal,
        drawn.HeNormal,
        drawn.HeUniform,
        drawn.LecunNormal,
        drawn.LecunUniform,
        drawn.Orthogonal,
    ),
    aliases={
        "zero": fixed.Zeros,
        "one": fixed.Ones,
        "uniform": drawn.RandomUniform,
        "normal": drawn.RandomNormal,
        "IdentityInitializer": fixed.Identity,
        "STFTInitializer": fixed.STFT,
        "OrthogonalInitializer": drawn.Orthogonal,
    },
)


def get(identifier: Identifier) -> Any:
    """The initializer that a name, config, class, number or function means; ``None`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    is_value = ops.is_tensor(identifier) or isinstance(identifier, (int, float))
    return fixed.Constant(identifier) if is_value else _vocabulary.get(identifier)


def serialize(initializer: Any) -> Any:
    """The config of an initializer."""
    return _vocabulary.serialize(initializer)


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The initializer that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
