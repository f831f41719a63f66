"""The dtypes that are taken where none is given: the default float, and the policy of layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kgraph.arguments import one_of
from kgraph.registry import Config, Identifier, Named, Names, deserialize_keras_object, serialize_keras_object
from kgraph.types import DTYPES, FLOATS, short_dtype

_FLOATS: Final = tuple(DTYPES[short] for short in FLOATS)


class _Defaults:
    floatx = "float32"
    policy: DTypePolicy | None = None


_defaults = _Defaults()


def floatx() -> str:
    """The default float dtype of weights, inputs and numbers: ``"float32"`` or ``"float64"``."""
    return _defaults.floatx


def set_floatx(value: str) -> None:
    """Sets the default float dtype.

    Raises:
        ValueError: ``value`` is neither ``"float32"`` nor ``"float64"``.
    """
    _defaults.floatx = one_of("floatx", value, _FLOATS)


class DTypePolicy:
    """The dtype in which a layer computes and keeps its weights; both are the same here.

    Args:
        name: ``"float32"``, ``"float64"``, or another dtype that graphs have; that of the policy in force where not
            given.

    Raises:
        TypeError: graphs have no such dtype, as they have none of 16 bits.
    """

    def __init__(self, name: str | None = None) -> None:
        self._name = dtype_policy().name if name is None else DTYPES[short_dtype(name)]

    @property
    def name(self) -> str:
        """The dtype."""
        return self._name

    @property
    def compute_dtype(self) -> str:
        """The dtype that float inputs are cast to."""
        return self._name

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights."""
        return self._name

    def get_config(self) -> Config:
        """``{"name": ...}``."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> DTypePolicy:
        """The policy that ``get_config`` describes."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DTypePolicy) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f'<DTypePolicy "{self._name}">'


Names("dtype policy", "keras.dtype_policies", (DTypePolicy,))
#: Configs of policies name the top of the package.
Names.homes[DTypePolicy] = "keras"


def dtype_policy() -> DTypePolicy:
    """The policy of layers that are given no dtype: the one set, else that of the default float."""
    return _defaults.policy or DTypePolicy(_defaults.floatx)


def set_dtype_policy(policy: str | DTypePolicy) -> None:
    """Sets the dtype of layers made from now on that are given none.

    Raises:
        ValueError: it is no ``DTypePolicy``, nor ``"float32"`` nor ``"float64"``.
    """
    name = policy.name if isinstance(policy, DTypePolicy) else policy
    _defaults.policy = DTypePolicy(one_of("the dtype policy", name, _FLOATS))


def get(identifier: Identifier) -> DTypePolicy:
    """The policy that a name, config, dtype or policy means; the one in force for ``None``.

    Raises:
        TypeError: it means none.
    """
    if isinstance(identifier, DTypePolicy):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    return DTypePolicy(identifier)


def serialize(dtype_policy: DTypePolicy) -> Config:
    """The config of a policy."""
    config: Config = serialize_keras_object(dtype_policy)
    return config


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> DTypePolicy:
    """The policy that a config describes.

    Raises:
        ValueError: it describes none.
    """
    made = deserialize_keras_object(config, custom_objects)
    if not isinstance(made, DTypePolicy):
        raise ValueError(f"{config!r} describes no dtype policy")
    return made


__all__ = ["DTypePolicy", "deserialize", "get", "serialize"]
