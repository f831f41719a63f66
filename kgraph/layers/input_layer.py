"""The entry of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kgraph import config
from kgraph.layers.layer import Layer, symbolic
from kgraph.names import auto_name
from kgraph.tensor import RecordedCall, Tensor


class InputLayer(Layer):
    """Holds the symbolic tensor of one input.

    Args:
        shape: without the batch axis; ``None`` where a dimension varies.
        batch_size: where it never varies.
        dtype: of the data fed; the default float where not given.
        batch_shape: ``shape`` with the batch axis, in place of ``shape`` and ``batch_size``.
        name: of the input, by which data in dicts are fed.

    Raises:
        ValueError: neither or both of ``shape`` and ``batch_shape`` are given, or a dimension is no size.
    """

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: Any = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name or auto_name("input_layer"), dtype=dtype or config.floatx())
        if (shape is None) == (batch_shape is None):
            raise ValueError(f"input {self.name}: give either shape or batch_shape")
        if not isinstance(batch_shape if shape is None else shape, Sequence):
            raise ValueError(f"input {self.name}: a shape is written like (3,), not {batch_shape or shape!r}")
        given = (batch_size, *shape) if shape is not None else tuple(batch_shape or ())
        for dim in given:
            if dim is not None and (isinstance(dim, bool) or not isinstance(dim, (int, np.integer)) or dim < 0):
                raise ValueError(f"input {self.name}: {dim!r} in {given} is no size; use ints, or None where it varies")
        self.batch_shape = given
        self.built = True
        self._output = InputCall(self, given).outputs[0]

    @property
    def output(self) -> Tensor:
        """The symbolic tensor."""
        return self._output

    def call(self) -> Tensor:
        return self._output

    def get_config(self) -> dict[str, Any]:
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "name": self.name}


class InputCall(RecordedCall):
    """Where an input comes from: nowhere. A model puts data in its place."""

    def __init__(self, layer: InputLayer, shape: Sequence[int | None]) -> None:
        super().__init__()
        self.layer = layer
        self.inputs = ()
        tensor = symbolic(shape, layer.dtype, layer.name)
        tensor.call = self
        self.outputs = (tensor,)

    def replay(self, memo: dict[Tensor, Tensor]) -> None:
        raise ValueError(
            f"input {self.layer.name} is not an input of this model, but its outputs depend on it; add it to `inputs`"
        )


def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: Any = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
) -> Tensor:
    """The symbolic tensor that a functional model starts from; arguments as of ``InputLayer``."""
    return InputLayer(shape, batch_size, dtype, batch_shape, name).output
