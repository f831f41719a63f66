"""Layers that enlarge sequences, pictures and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kgraph import dims
from kgraph.arguments import one_of, positive_int
from kgraph.layers.arguments import along_axes, data_format_of, tuple_of_ints
from kgraph.layers.input_spec import InputSpec
from kgraph.layers.interpolation import KERNELS, enlarge
from kgraph.layers.layer import Layer
from kgraph.ops.operands import to_shape
from kgraph.tensor import operand_type, spread

#: How new points are found, by the argument ``interpolation``.
INTERPOLATIONS: Final = ("nearest", *KERNELS)


class UpSampling1D(Layer):
    """Each step ``size`` times in a row: ``(n, steps, features) -> (n, size * steps, features)``.

    Args:
        size: how often.

    Raises:
        ValueError: ``size`` is no positive int.
    """

    def __init__(self, size: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = positive_int("size", size)
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Any) -> Any:
        return _repeat(inputs, [1, self.size, 1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


class UpSampling2D(Layer):
    """Pictures with ``size`` times as many rows and columns.

    Shapes ``(n, rows, columns, channels)``, or ``(n, channels, rows, columns)`` with channels first.

    Args:
        size: the factors of rows and columns, or one for both.
        data_format: ``"channels_last"`` or ``"channels_first"``.
        interpolation: ``"nearest"`` repeats pixels; ``"bilinear"``, ``"bicubic"``, ``"lanczos3"`` and ``"lanczos5"``
            weigh the nearest 2, 4, 6 or 10 along each axis. Pixels are squares: the new ones lie at their centres.

    Raises:
        ValueError: an argument is not that.
    """

    def __init__(
        self,
        size: int | Sequence[int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = tuple_of_ints("size", size, 2, least=1)
        self.data_format = data_format_of(data_format)
        self.interpolation = one_of("interpolation", str(interpolation).lower(), INTERPOLATIONS)
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Any) -> Any:
        factors = along_axes(self.data_format, self.size, 1)
        if self.interpolation == "nearest":
            return _repeat(inputs, factors)
        for axis, factor in enumerate(factors):
            inputs = enlarge(inputs, axis, factor, self.interpolation)
        return inputs

    def get_config(self) -> dict[str, Any]:
        settings = {"size": self.size, "data_format": self.data_format, "interpolation": self.interpolation}
        return {**super().get_config(), **settings}


class UpSampling3D(Layer):
    """Volumes with each element ``size`` times along the three axes.

    Shapes ``(n, depth, rows, columns, channels)``, or ``(n, channels, depth, rows, columns)`` with channels first.

    Args:
        size: the factors of depth, rows and columns, or one for all.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ValueError: an argument is not that.
    """

    def __init__(
        self, size: int | Sequence[int] = (2, 2, 2), data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.size = tuple_of_ints("size", size, 3, least=1)
        self.data_format = data_format_of(data_format)
        self.input_spec = InputSpec(ndim=5)

    def call(self, inputs: Any) -> Any:
        return _repeat(inputs, along_axes(self.data_format, self.size, 1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}


def _repeat(x: Any, factors: Sequence[int]) -> Any:
    """``x`` with each slice along axis ``i`` ``factors[i]`` times in a row, all axes in one step."""
    given = operand_type(x)
    apart, wide = [], []
    for dim, factor in zip(given.shape, factors, strict=True):
        apart += [dim] if factor == 1 else [dim, 1]
        wide += [dim] if factor == 1 else [dim, factor]
    repeated = spread(to_shape(x, apart), given.dtype, tuple(wide))
    return to_shape(repeated, [dims.multiply(dim, factor) for dim, factor in zip(given.shape, factors, strict=True)])
