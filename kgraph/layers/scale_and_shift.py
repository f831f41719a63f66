"""What the layers share that normalise, then scale by ``gamma`` and shift by ``beta``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph.layers.input_spec import InputError
from kgraph.layers.same_shape import SameShape

#: One axis, or several.
AxesLike = int | Sequence[int]


class ScaleAndShift(SameShape):
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
        self._keep_options("beta", beta_initializer, beta_regularizer, beta_constraint)
        self._keep_options("gamma", gamma_initializer, gamma_regularizer, gamma_constraint)

    def add_scale_and_shift(self, shape: tuple[int, ...], scale: bool, center: bool) -> None:
        """Makes ``gamma`` where there is to be a ``scale``, ``beta`` where a ``center``; else they are ``None``."""
        self.gamma = self._add_weight_with_options("gamma", shape) if scale else None
        self.beta = self._add_weight_with_options("beta", shape) if center else None

    def get_config(self) -> dict[str, Any]:
        options = self._config_of_options("beta", "gamma")
        return {**super().get_config(), "center": self.center, "scale": self.scale, **options}


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
