"""Layers that cut off the borders of sequences, pictures and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph.broadcasting import shape_text
from kgraph.layers.arguments import Pairs, PairsLike, along_axes, data_format_of, pairs_of_ints, tuple_of_ints
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.layer import Layer
from kgraph.tensor import operand_type, take_slice


class Cropping(Layer):
    """The base of the cropping layers.

    Args:
        pairs: what is cut off at the beginning and the end of each spatial axis.
        data_format: where the channels are.

    Raises:
        ValueError: when called, the inputs have another rank, or nothing would be left of an axis.
    """

    def __init__(self, pairs: Pairs, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self._pairs = pairs
        self.input_spec = InputSpec(ndim=len(pairs) + 2)

    def call(self, inputs: Any) -> Any:
        shape = operand_type(inputs).shape
        kept = []
        for size, (before, after) in zip(shape, along_axes(self.data_format, self._pairs, (0, 0)), strict=True):
            if isinstance(size, int) and size <= before + after and before + after > 0:
                raise InputError(f"cropping {self._pairs} leaves nothing of inputs of shape {shape_text(shape)}")
            kept.append(slice(before, -after or None))
        return take_slice(inputs, tuple(kept))


class Cropping1D(Cropping):
    """Sequences without their first and last steps: ``(n, steps, features) -> (n, steps - before - after, features)``.

    Args:
        cropping: ``(before, after)``, or an int for both.

    Raises:
        ValueError: ``cropping`` is not that; or, when called, no step would be left.
    """

    def __init__(self, cropping: int | Sequence[int] = (1, 1), **kwargs: Any) -> None:
        before, after = tuple_of_ints("cropping", cropping, 2)
        super().__init__(((before, after),), "channels_last", **kwargs)
        self.cropping = (before, after)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping}


class Cropping2D(Cropping):
    """Pictures without their borders.

    Shapes ``(n, rows, columns, channels)``, or ``(n, channels, rows, columns)`` with channels first.

    Args:
        cropping: ``((top, bottom), (left, right))``; an int in place of a pair holds for both sides, one alone for all.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ValueError: an argument is not that; or, when called, nothing would be left.
    """

    def __init__(self, cropping: PairsLike = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any) -> None:
        self.cropping = pairs_of_ints("cropping", cropping, 2)
        super().__init__(self.cropping, data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping, "data_format": self.data_format}


class Cropping3D(Cropping):
    """Volumes without their borders.

    Shapes ``(n, depth, rows, columns, channels)``, or ``(n, channels, depth, rows, columns)`` with channels first.

    Args:
        cropping: a pair ``(before, after)`` for each of the three axes; an int in place of a pair holds for both sides,
            one alone for all.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ValueError: an argument is not that; or, when called, nothing would be left.
    """

    def __init__(
        self, cropping: PairsLike = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        self.cropping = pairs_of_ints("cropping", cropping, 3)
        super().__init__(self.cropping, data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping, "data_format": self.data_format}
