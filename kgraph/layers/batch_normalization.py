"""BatchNormalization: inputs with the mean and variance of their batch taken out."""

from __future__ import annotations

from typing import Any

from kgraph import config, constraints, initializers, ops, regularizers
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.layer import Layer
from kgraph.tensor import cast, named, operand_type, spread


class BatchNormalization(Layer):
    """``gamma * (inputs - mean) / sqrt(variance + epsilon) + beta`` for each feature of ``axis``.

    In training, mean and variance are those of the batch, over all axes but ``axis``, and move the averages:
    ``moving = moving * momentum + batch * (1 - momentum)``. Otherwise, and where the layer is frozen
    (``trainable = False``), they are the moving averages. Masked timesteps do not count. Weights ``gamma, beta,
    moving_mean, moving_variance``, each ``(features,)``.

    Args:
        axis: of the features.
        momentum: how slowly the averages move.
        epsilon: keeps the quotient finite.
        center, scale: whether there is a ``beta``, a ``gamma``.
        beta_initializer, gamma_initializer: how the weights begin.
        moving_mean_initializer, moving_variance_initializer: how the averages begin.
        beta_regularizer, gamma_regularizer: penalties on them.
        beta_constraint, gamma_constraint: projections of them after each update.
        synchronized: must be ``False``: there is one machine.

    Raises:
        ValueError: ``synchronized``; or, when called, the number of features is unknown or another than before, or the
            mask does not have one dimension less than the inputs.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if synchronized:
            raise ValueError(f"layer {self.name}: synchronized=True needs several machines; there is one")
        self.axis = int(axis)
        self.momentum = float(momentum)
        self.epsilon = float(epsilon)
        self.center = bool(center)
        self.scale = bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=self.axis + 1 if self.axis >= 0 else -self.axis)

    def build(self, input_shape: Any) -> None:
        features = input_shape[self.axis]
        if features is None:
            raise InputError(f"axis {self.axis} of the inputs must be known, but their shape is {tuple(input_shape)}")
        shape = (features,)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self.moving_mean = self.add_weight(
            name="moving_mean", shape=shape, initializer=self.moving_mean_initializer, trainable=False
        )
        self.moving_variance = self.add_weight(
            name="moving_variance", shape=shape, initializer=self.moving_variance_initializer, trainable=False
        )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: features})

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        dtype, rank = operand_type(self.moving_mean).dtype, operand_type(inputs).rank
        inputs = cast(inputs, dtype)
        if mask is not None and operand_type(mask).rank != rank - 1:
            raise InputError(f"the mask must have {rank - 1} dimensions, one less than the inputs, not {mask.ndim}")
        if training and self.trainable:
            mean, variance = self._moments(inputs, mask)
            self._move(mean, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        factor = ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor = factor * self.gamma
        factor = named(factor, "factor")
        outputs = (inputs - self._along_axis(mean, inputs)) * self._along_axis(factor, inputs)
        return outputs if self.beta is None else outputs + self._along_axis(self.beta, inputs)

    def _along_axis(self, vector: Any, inputs: Any) -> Any:
        """A value for each feature, spread over ``inputs``."""
        given = operand_type(inputs)
        shape = [1] * given.rank
        shape[self.axis] = self.moving_mean.shape[0]
        flat = self.axis in (-1, given.rank - 1)
        return spread(vector if flat else ops.reshape(vector, shape), given.dtype, given.shape)

    def _moments(self, inputs: Any, mask: Any) -> tuple[Any, Any]:
        """Mean and variance of each feature, ``(features,)``; with a mask, of the timesteps that it keeps."""
        given = operand_type(inputs)
        axes = [axis for axis in range(given.rank) if axis != self.axis % given.rank]
        if mask is None:
            mean = named(ops.mean(inputs, axes), "mean")
            return mean, named(ops.mean(self._squares(inputs, mean), axes), "variance")
        weights = spread(ops.expand_dims(cast(mask, given.dtype), -1), given.dtype, given.shape)
        count = ops.sum(weights, axes) + config.epsilon()
        mean = named(ops.sum(inputs * weights, axes) / count, "mean")
        return mean, named(ops.sum(self._squares(inputs, mean) * weights, axes) / count, "variance")

    def _squares(self, inputs: Any, mean: Any) -> Any:
        return ops.square(inputs - self._along_axis(mean, inputs))

    def _move(self, mean: Any, variance: Any) -> None:
        """Moves the averages towards those of a batch."""
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(named(moving * self.momentum + batch * (1.0 - self.momentum), f"next_{moving.name}"))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": initializers.serialize(self.beta_initializer),
            "gamma_initializer": initializers.serialize(self.gamma_initializer),
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "beta_regularizer": regularizers.serialize(self.beta_regularizer),
            "gamma_regularizer": regularizers.serialize(self.gamma_regularizer),
            "beta_constraint": constraints.serialize(self.beta_constraint),
            "gamma_constraint": constraints.serialize(self.gamma_constraint),
            "synchronized": False,
        }
