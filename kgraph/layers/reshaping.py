"""Layers that change the shape of each sample, or repeat it, and compute nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import dims, ops
from kgraph.arguments import ints, positive_int
from kgraph.broadcasting import shape_text
from kgraph.dims import Dim, Shape
from kgraph.layers.arguments import data_format_of
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.layer import Layer
from kgraph.ops.operands import to_shape
from kgraph.tensor import operand_type, spread


class Flatten(Layer):
    """Each sample as a vector: ``(n, *dims) -> (n, product of dims)``; ``(n,) -> (n, 1)``.

    Args:
        data_format: with ``"channels_first"`` the second axis is moved to the end first.

    Raises:
        ValueError: ``data_format`` is another word.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        if self.data_format == "channels_first" and operand_type(inputs).rank > 1:
            inputs = ops.moveaxis(inputs, 1, -1)
        shape = operand_type(inputs).shape
        return to_shape(inputs, (shape[0], dims.product(shape[1:])))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(Layer):
    """Each sample in another shape of as many elements: ``(n, *dims) -> (n, *target_shape)``.

    Args:
        target_shape: without the batch axis; one entry may be -1, which takes what is left.

    Raises:
        TypeError: ``target_shape`` is not made of ints.
        ValueError: ``target_shape`` is no such shape; or, when called, samples do not fit it.
    """

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = ints("target_shape", target_shape)
        if any(dim < -1 for dim in self.target_shape) or self.target_shape.count(-1) > 1:
            raise ValueError(f"target_shape must hold sizes and at most one -1, not {self.target_shape}")
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        batch, *sample = operand_type(inputs).shape
        return to_shape(inputs, (batch, *self._sample_shape(tuple(sample))))

    def _sample_shape(self, sample: Shape) -> Shape:
        """``target_shape`` for samples of that shape, with -1 replaced."""
        size, known = dims.product(sample), dims.product(tuple(dim for dim in self.target_shape if dim != -1))
        left = dims.divide_exactly(size, known)
        misfit = left is None if -1 in self.target_shape else size != known
        if misfit and isinstance(size, int):
            relation = "a multiple of " if -1 in self.target_shape else ""
            raise InputError(
                f"cannot reshape samples of shape {shape_text(sample)} to {shape_text(self.target_shape)}: "
                f"{size} elements are not {relation}{known}"
            )
        filler: Dim = left if left is not None else dims.floor_divide(size, max(int(known), 1))
        return tuple(filler if dim == -1 else dim for dim in self.target_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Each sample with its axes in another order.

    Args:
        dims: for each axis of the output, the axis of the inputs that comes there; both count from 1, the batch being
            axis 0. ``(2, 1)`` makes ``(n, a, b)`` into ``(n, b, a)``.

    Raises:
        TypeError: ``dims`` is not made of ints.
        ValueError: ``dims`` does not name every axis once; or, when called, samples have another number of axes.
    """

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = ints("dims", dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"dims must hold each of 1 to {len(self.dims)} once, not {self.dims}")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        return ops.transpose(inputs, (0, *self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Each sample ``n`` times: ``(batch, features) -> (batch, n, features)``.

    Args:
        n: how often.

    Raises:
        ValueError: ``n`` is no positive int; or, when called, samples are no vectors.
    """

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = positive_int("n", n)
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        given = operand_type(inputs)
        batch, features = given.shape
        return spread(to_shape(inputs, [batch, 1, features]), given.dtype, (batch, self.n, features))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
