"""BatchNormalization: inputs with the mean and variance of their batch taken out."""

from __future__ import annotations

from typing import Any

from kgraph import config, initializers, ops
from kgraph.arguments import number, one_axis
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.scale_and_shift import ScaleAndShift, axes_within, known_sizes
from kgraph.ops.normalization import as_matrix, column_moments, normalize_columns
from kgraph.ops.operands import to_shape
from kgraph.tensor import apply, cast, named, operand_type, spread, take_slice


class BatchNormalization(ScaleAndShift):
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
        TypeError: ``axis`` is no int.
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
        super().__init__(
            center=center,
            scale=scale,
            beta_initializer=beta_initializer,
            gamma_initializer=gamma_initializer,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
            **kwargs,
        )
        if synchronized:
            raise ValueError(f"layer {self.name}: synchronized=True needs several machines; there is one")
        self.axis = one_axis(axis)
        self.momentum = float(number("momentum", momentum))
        self.epsilon = float(number("epsilon", epsilon))
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.input_spec = InputSpec(min_ndim=self.axis + 1 if self.axis >= 0 else -self.axis)

    @property
    def mixes_samples(self) -> bool:
        return self.trainable

    def build(self, input_shape: Any) -> None:
        shape = known_sizes(axes_within(self.axis, input_shape), input_shape)
        self.add_scale_and_shift(shape, self.scale, self.center)
        self.moving_mean = self.add_weight(
            name="moving_mean", shape=shape, initializer=self.moving_mean_initializer, trainable=False
        )
        self.moving_variance = self.add_weight(
            name="moving_variance", shape=shape, initializer=self.moving_variance_initializer, trainable=False
        )
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: shape[0]})

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        dtype, rank = operand_type(self.moving_mean).dtype, operand_type(inputs).rank
        last = ops.moveaxis(cast(inputs, dtype), self.axis, -1)
        matrix = as_matrix(last)
        if mask is not None and operand_type(mask).rank != rank - 1:
            raise InputError(f"the mask must have {rank - 1} dimensions, one less than the inputs, not {mask.ndim}")
        # A batch without samples has no moments, and must not make NaN of the averages.
        if training and self.trainable and operand_type(matrix).shape[0] != 0:
            kept = None if mask is None else self._kept(mask, inputs)
            moments = column_moments(matrix) if kept is None else _moments_of_kept(matrix, kept)
            self._move(moments)
        else:
            moments = named(ops.stack([self.moving_mean, self.moving_variance]), "moments")
        outputs = normalize_columns(matrix, moments, self.gamma, self.beta, self.epsilon)
        return ops.moveaxis(to_shape(outputs, operand_type(last).shape), -1, self.axis)

    def _kept(self, mask: Any, inputs: Any) -> Any:
        """For each element of the matrix whether the mask keeps it."""
        spread_out = spread(ops.expand_dims(mask, -1), "bool", operand_type(inputs).shape)
        return as_matrix(ops.moveaxis(spread_out, self.axis, -1))

    def _move(self, moments: Any) -> None:
        """Moves the averages towards those of a batch."""
        for index, moving in enumerate((self.moving_mean, self.moving_variance)):
            batch = named(take_slice(moments, index), moving.name.removeprefix("moving_"))
            moving.assign(named(apply("moment", moving, batch, beta=self.momentum), f"next_{moving.name}"))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "moving_mean_initializer": initializers.serialize(self.moving_mean_initializer),
            "moving_variance_initializer": initializers.serialize(self.moving_variance_initializer),
            "synchronized": False,
        }


def _moments_of_kept(matrix: Any, kept: Any) -> Any:
    """The pair of means and variances of each column's kept elements; what is masked may be anything."""
    count = ops.sum(cast(kept, operand_type(matrix).dtype), 0) + config.epsilon()
    mean = named(ops.sum(ops.where(kept, matrix, 0.0), 0) / count, "kept_mean")
    squares = ops.square(ops.where(kept, matrix - mean, 0.0))
    return named(ops.stack([mean, named(ops.sum(squares, 0) / count, "kept_variance")]), "moments")
