"""Dense: each output is a weighted sum of all inputs."""

from __future__ import annotations

from typing import Any

from kgraph import activations, ops
from kgraph.arguments import positive_int
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.layer import Layer
from kgraph.tensor import named, operand_type, spread


class Dense(Layer):
    """``activation(inputs @ kernel + bias)`` over the last axis.

    Shapes ``(..., features)`` of at least two dimensions ``-> (..., units)``. Weights ``kernel (features, units)``,
    ``bias (units,)``.

    Args:
        units: the size of the output's last axis.
        activation: a name or function; none where not given.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: penalties on the weights.
        activity_regularizer: a penalty on the output.
        kernel_constraint, bias_constraint: projections of the weights after each update.

    Raises:
        ValueError: ``units`` is no positive int; or, when called, the last axis is unknown or of another size than
            before.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = positive_int("units", units)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self._keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self._keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        if features is None:
            raise InputError(f"the last dimension of the inputs must be known, but their shape is {tuple(input_shape)}")
        self.kernel = self._add_weight_with_options("kernel", (features, self.units))
        self.bias = self._add_weight_with_options("bias", (self.units,)) if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})

    def call(self, inputs: Any) -> Any:
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            given = operand_type(x)
            x = x + named(spread(self.bias, given.dtype, given.shape), "bias_rows")
        return self.activation(x)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            **self._config_of_options("kernel", "bias"),
        }
