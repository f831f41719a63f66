"""Dropout of whole features: all steps, pixels or voxels of one go together."""

from __future__ import annotations

from typing import Any

from kgraph.layers.arguments import along_axes, data_format_of
from kgraph.layers.dropout import Dropout
from kgraph.layers.input_spec import InputSpec


class SpatialDropout(Dropout):
    """The base: a ``Dropout`` whose noise has one element for each feature of each sample.

    Args:
        spatial_rank: how many axes lie beside batch and features.
        rate: from 0 to 1.
        data_format: where the features are.
        seed: where the random numbers begin; drawn where not given.
        name, dtype: as of every layer.
    """

    def __init__(
        self,
        spatial_rank: int,
        rate: float,
        data_format: str | None,
        seed: int | None,
        name: str | None,
        dtype: Any,
    ) -> None:
        self.data_format = data_format_of(data_format)
        noise_shape = along_axes(self.data_format, [1] * spatial_rank, None)
        super().__init__(rate, noise_shape, seed, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=spatial_rank + 2)

    def get_config(self) -> dict[str, Any]:
        """What the constructors take, which is less than other layers take."""
        return {"rate": self.rate, "seed": self.seed, "name": self.name, "dtype": self.dtype}


class SpatialDropout1D(SpatialDropout):
    """In training, drops features of sequences ``(n, steps, features)`` in all steps at once.

    Args:
        rate: from 0 to 1.
        seed: where the random numbers begin; drawn where not given.
        name, dtype: as of every layer.

    Raises:
        ValueError: ``rate`` is not so; or, when called, the inputs have another rank.
    """

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(1, rate, "channels_last", seed, name, dtype)


class SpatialDropout2D(SpatialDropout):
    """In training, drops channels of pictures ``(n, rows, columns, channels)`` in all pixels at once.

    Args:
        rate: from 0 to 1.
        data_format: with ``"channels_first"`` pictures are ``(n, channels, rows, columns)``.
        seed: where the random numbers begin; drawn where not given.
        name, dtype: as of every layer.

    Raises:
        ValueError: an argument is not so; or, when called, the inputs have another rank.
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, rate, data_format, seed, name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}


class SpatialDropout3D(SpatialDropout):
    """In training, drops channels of volumes ``(n, depth, rows, columns, channels)`` in all voxels at once.

    Args:
        rate: from 0 to 1.
        data_format: with ``"channels_first"`` volumes are ``(n, channels, depth, rows, columns)``.
        seed: where the random numbers begin; drawn where not given.
        name, dtype: as of every layer.

    Raises:
        ValueError: an argument is not so; or, when called, the inputs have another rank.
    """

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(3, rate, data_format, seed, name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
