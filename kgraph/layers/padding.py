"""Layers that put zeros around sequences, pictures and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import ops
from kgraph.layers.arguments import Pairs, PairsLike, along_axes, data_format_of, pairs_of_ints, tuple_of_ints
from kgraph.layers.input_spec import InputSpec
from kgraph.layers.layer import Layer


class ZeroPadding(Layer):
    """The base of the padding layers.

    Args:
        pairs: how many zeros come before and after along each spatial axis.
        data_format: where the channels are.

    Raises:
        ValueError: when called, the inputs have another rank.
    """

    def __init__(self, pairs: Pairs, data_format: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_of(data_format)
        self._pairs = pairs
        self.input_spec = InputSpec(ndim=len(pairs) + 2)

    def call(self, inputs: Any) -> Any:
        return ops.pad(inputs, along_axes(self.data_format, self._pairs, (0, 0)))


class ZeroPadding1D(ZeroPadding):
    """Sequences between steps of zeros: ``(n, steps, features) -> (n, before + steps + after, features)``.

    Args:
        padding: ``(before, after)``, or an int for both.
        data_format: with ``"channels_first"`` the steps are the last axis.

    Raises:
        ValueError: an argument is not that.
    """

    def __init__(self, padding: int | Sequence[int] = 1, data_format: str | None = None, **kwargs: Any) -> None:
        before, after = tuple_of_ints("padding", padding, 2)
        super().__init__(((before, after),), data_format, **kwargs)
        self.padding = (before, after)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}


class ZeroPadding2D(ZeroPadding):
    """Pictures in a frame of zeros.

    Shapes ``(n, rows, columns, channels)``, or ``(n, channels, rows, columns)`` with channels first.

    Args:
        padding: ``((top, bottom), (left, right))``; an int in place of a pair holds for both sides, one alone for all.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ValueError: an argument is not that.
    """

    def __init__(self, padding: PairsLike = (1, 1), data_format: str | None = None, **kwargs: Any) -> None:
        self.padding = pairs_of_ints("padding", padding, 2)
        super().__init__(self.padding, data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}


class ZeroPadding3D(ZeroPadding):
    """Volumes in a shell of zeros.

    Shapes ``(n, depth, rows, columns, channels)``, or ``(n, channels, depth, rows, columns)`` with channels first.

    Args:
        padding: a pair ``(before, after)`` for each of the three axes; an int in place of a pair holds for both sides,
            one alone for all.
        data_format: ``"channels_last"`` or ``"channels_first"``.

    Raises:
        ValueError: an argument is not that.
    """

    def __init__(
        self, padding: PairsLike = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any
    ) -> None:
        self.padding = pairs_of_ints("padding", padding, 3)
        super().__init__(self.padding, data_format, **kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}
