"""What the layers share that normalise, then scale by ``gamma`` and shift by ``beta``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kgraph import constraints, initializers, regularizers
from kgraph.layers.arguments import is_int
from kgraph.layers.input_spec import InputError
from kgraph.layers.layer import Layer

#: One axis, or several.
AxesLike = int | Sequence[int]


class ScaleAndShift(Layer):
    """A layer with a ``gamma`` and a ``beta``, each of which may be left out.

    Args:
        center, scale: whether there is a ``beta``, a ``gamma``.
        beta_initializer, gamma_initializer: how the weights begin.
        beta_regularizer, gamma_regularizer: penalties on them.
        beta_constraint, gamma_constraint: projections of them after each update.
    """

    def __init__(
        self,
        *,
        center: bool,
        scale: bool,
        beta_initializer: Any,
        gamma_initializer: Any,
        beta_regularizer: Any,
        gamma_regularizer: Any,
        beta_constraint: Any,
        gamma_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.center = bool(center)
        self.scale = bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.supports_masking = True

    def add_scale_and_shift(self, shape: tuple[int, ...], scale: bool, center: bool) -> None:
        """Makes ``gamma`` where there is to be a ``scale``, ``beta`` where a ``center``; else they are ``None``."""
        self.gamma = self.beta = None
        if scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
        }


def axes_argument(axis: Any) -> int | list[int]:
    """The argument ``axis`` as an int or a list of ints.

    Raises:
        TypeError: it is neither an int nor a list or tuple of ints.
    """
    if is_int(axis):
        return int(axis.__index__())
    if isinstance(axis, Iterable) and not isinstance(axis, str):
        axes = list(axis)
        if all(map(is_int, axes)):
            return [one.__index__() for one in axes]
    raise TypeError(f"axis must be an int or a list or tuple of ints, not {axis!r}")


def axes_within(axis: AxesLike, shape: Sequence[int | None]) -> list[int]:
    """The axes counted from the front, ascending.

    Raises:
        ValueError: inputs of that shape have no such axis, or one is named twice.
    """
    rank, given = len(shape), [axis] if isinstance(axis, int) else list(axis)
    outside = [one for one in given if not -rank <= one < rank]
    if outside:
        raise InputError(f"axis {outside[0]} does not exist in inputs of {rank} dimensions: {tuple(shape)}")
    axes = sorted(one % rank for one in given)
    if len(set(axes)) < len(axes):
        raise InputError(f"axis {given} names an axis of the inputs twice: they have {rank} dimensions")
    return axes


def known_sizes(axes: Sequence[int], shape: Sequence[int | None]) -> tuple[int, ...]:
    """The sizes along ``axes``.

    Raises:
        ValueError: one is not known.
    """
    sizes = [shape[axis] for axis in axes]
    known = tuple(size for size in sizes if size is not None)
    if len(known) < len(sizes):
        unknown = axes[sizes.index(None)]
        raise InputError(f"axis {unknown} of the inputs must be known, but their shape is {tuple(shape)}")
    return known
