"""What a layer expects of its inputs, checked before it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kgraph import tree
from kgraph.broadcasting import shape_text
from kgraph.dims import Shape
from kgraph.tensor import operand_type
from kgraph.types import DTYPES


class InputError(ValueError):
    """Inputs that a layer cannot take."""


@dataclass(frozen=True)
class InputSpec:
    """A rule for one input.

    Args:
        dtype: a numpy name.
        shape: the whole shape, batch axis included; ``None`` where any size goes.
        ndim: the number of dimensions.
        max_ndim: the most dimensions.
        min_ndim: the fewest dimensions.
        axes: the sizes of some axes; negative axes count from the end.
    """

    dtype: str | None = None
    shape: Sequence[int | None] | None = None
    ndim: int | None = None
    max_ndim: int | None = None
    min_ndim: int | None = None
    axes: Mapping[int, int | None] = field(default_factory=dict)

    def complaints(self, dtype: str, shape: Shape) -> Iterator[str]:
        """What is wrong with an input of ``dtype`` (a numpy name) and ``shape``, most telling first."""
        rank, given = len(shape), shape_text(shape)
        wanted_rank = self.ndim if self.shape is None else len(self.shape)
        if wanted_rank is not None and rank != wanted_rank:
            yield f"expects inputs of {wanted_rank} dimensions, not {rank}: {given}"
        elif self.min_ndim is not None and rank < self.min_ndim:
            yield f"expects inputs of at least {self.min_ndim} dimensions, not {rank}: {given}"
        elif self.max_ndim is not None and rank > self.max_ndim:
            yield f"expects inputs of at most {self.max_ndim} dimensions, not {rank}: {given}"
        else:
            yield from self._wrong_sizes(shape)
        if self.dtype is not None and dtype != self.dtype:
            yield f"expects inputs of dtype {self.dtype}, not {dtype}"

    def _wrong_sizes(self, shape: Shape) -> Iterator[str]:
        for axis, wanted in {**dict(enumerate(self.shape or ())), **self.axes}.items():
            if not -len(shape) <= axis < len(shape):
                yield f"expects inputs with an axis {axis}, not of shape {shape_text(shape)}"
                continue
            have = shape[axis]
            if wanted is not None and isinstance(have, int) and have != wanted:
                where = "last dimension" if axis == -1 else f"dimension {axis}"
                yield f"expects inputs whose {where} is {wanted}, not {have}"


def check_inputs(spec: Any, inputs: Any) -> None:
    """Checks ``inputs`` (tensors, in any structure) against one spec, or against a structure of specs like theirs.

    Raises:
        InputError: the first thing that does not fit.
    """
    tensors = [leaf for leaf in tree.flatten(inputs) if leaf is not None]
    specs = [spec] * len(tensors) if isinstance(spec, InputSpec) else tree.flatten(spec)
    if len(specs) != len(tensors):
        raise InputError(f"expects {len(specs)} inputs, not {len(tensors)}")
    for index, (rule, tensor) in enumerate(zip(specs, tensors, strict=True)):
        given = operand_type(tensor)
        for complaint in rule.complaints(DTYPES[given.dtype], given.shape) if rule is not None else ():
            raise InputError(complaint if len(tensors) == 1 else f"input {index}: {complaint}")
