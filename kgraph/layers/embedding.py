"""Embedding: a learned vector for each index."""

from __future__ import annotations

from typing import Any

from kgraph import ops
from kgraph.arguments import positive_int
from kgraph.layers.layer import Layer
from kgraph.tensor import apply, cast, operand_type


class Embedding(Layer):
    """Row ``i`` of ``embeddings`` for each index ``i``.

    Shapes ``(...) -> (..., output_dim)``. Weight ``embeddings (input_dim, output_dim)``. Indices are ints, or floats
    that are whole.

    Args:
        input_dim: the number of indices, which go from 0 to ``input_dim - 1``.
        output_dim: the length of a vector.
        embeddings_initializer: how the vectors begin.
        embeddings_regularizer: a penalty on them.
        embeddings_constraint: a projection of them after each update.
        mask_zero: whether index 0 is padding, which the mask of the output leaves out.
        weights: the first value of ``embeddings``, or a list of it alone.

    Raises:
        ValueError: a size is no positive int, or ``weights`` do not fit.
        NodeError: when values come, an index is outside, or a float is no index.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("input_length", None)
        super().__init__(**kwargs)
        self.input_dim = positive_int("input_dim", input_dim)
        self.output_dim = positive_int("output_dim", output_dim)
        self._keep_options("embeddings", embeddings_initializer, embeddings_regularizer, embeddings_constraint)
        self.mask_zero = bool(mask_zero)
        self.supports_masking = self.mask_zero
        self.autocast = False
        if weights is not None:
            self.build(None)
            self.set_weights(weights if isinstance(weights, list) and len(weights) == 1 else [weights])

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        self.embeddings = self._add_weight_with_options("embeddings", (self.input_dim, self.output_dim))

    def call(self, inputs: Any) -> Any:
        return apply("gather", self.embeddings, self._indices(inputs))

    def _indices(self, inputs: Any) -> Any:
        """The inputs as ints: floats are checked to be indices when values come."""
        given = operand_type(inputs)
        if given.is_float:
            return apply("class_index", inputs, classes=self.input_dim)
        return cast(inputs, "i32") if given.dtype == "bool" else inputs

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape, self.output_dim)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            **self._config_of_options("embeddings"),
            "mask_zero": self.mask_zero,
        }
