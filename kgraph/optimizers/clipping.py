"""Keeping gradients small."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.arguments import number
from kgraph.tensor import named, scope


class Clipping:
    """Clips gradients in one of three ways, or not at all.

    Args:
        clipnorm: each gradient ``g`` becomes ``g * clipnorm / max(norm(g), clipnorm)``.
        clipvalue: each element is cut to ``[-clipvalue, clipvalue]``.
        global_clipnorm: as ``clipnorm``, with the norm of all gradients together.

    Raises:
        ValueError: more than one is given, or one is not positive.
    """

    def __init__(
        self, clipnorm: float | None = None, clipvalue: float | None = None, global_clipnorm: float | None = None
    ) -> None:
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        given = {name: value for name, value in self.get_config().items() if value is not None}
        if len(given) > 1:
            raise ValueError(f"only one of {', '.join(given)} can be given")
        for name, value in given.items():
            if not number(name, value) > 0:
                raise ValueError(f"{name} must be positive, not {value}")

    def get_config(self) -> dict[str, Any]:
        return {"clipnorm": self.clipnorm, "clipvalue": self.clipvalue, "global_clipnorm": self.global_clipnorm}

    def __call__(self, grads: Sequence[Any], scopes: Sequence[str]) -> list[Any]:
        """``grads`` clipped; what concerns one of them is put into its scope."""
        if all(limit is None for limit in self.get_config().values()):
            return list(grads)
        scale = None if self.global_clipnorm is None else _scale(grads, self.global_clipnorm)
        clipped = []
        for gradient, name in zip(grads, scopes, strict=True):
            with scope(name, absolute=True):
                clipped.append(named(self._clip(gradient, scale), "clipped"))
        return clipped

    def _clip(self, gradient: Any, global_scale: Any) -> Any:
        if self.clipvalue is not None:
            return ops.clip(gradient, -self.clipvalue, self.clipvalue)
        scale = global_scale if self.clipnorm is None else _scale([gradient], self.clipnorm)
        return gradient * ops.cast(scale, ops.dtype(gradient))


def _scale(grads: Sequence[Any], largest: float) -> Any:
    """What brings the norm of ``grads`` together down to ``largest``, at most 1."""
    total = ops.sum(ops.square(grads[0]))
    for gradient in grads[1:]:
        total = total + ops.sum(ops.square(gradient))
    norm = named(ops.sqrt(total), "norm")
    return named(largest / ops.maximum(norm, largest), "clip_scale")
