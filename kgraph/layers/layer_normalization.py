"""LayerNormalization: each sample with its own mean and variance taken out."""

from __future__ import annotations

from typing import Any

from kgraph import ops
from kgraph.arguments import number, some_axes
from kgraph.layers.scale_and_shift import AxesLike, ScaleAndShift, axes_within, known_sizes


class LayerNormalization(ScaleAndShift):
    """``(inputs - mean) / sqrt(variance + epsilon) * gamma + beta``, with mean and variance over ``axis``.

    Weights ``gamma, beta``, each of the shape of these axes. Inputs have any shape; the output has the same.

    Args:
        axis: one or several, over which mean and variance are taken.
        epsilon: keeps the quotient finite.
        center, scale: whether there is a ``beta``, a ``gamma``.
        beta_initializer, gamma_initializer: how the weights begin.
        beta_regularizer, gamma_regularizer: penalties on them.
        beta_constraint, gamma_constraint: projections of them after each update.
        rms_scaling: deprecated by Keras: the mean is not taken off, there is a ``gamma`` and no ``beta``. For the root
            of the mean of squares see ``RMSNormalization``.

    Raises:
        TypeError: ``axis`` is not made of ints.
        ValueError: when called, the inputs lack one of the axes, or its size is unknown.
    """

    def __init__(
        self,
        axis: AxesLike = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        rms_scaling = bool(kwargs.pop("rms_scaling", False))
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
        self.axis = some_axes(axis)
        self.rms_scaling = rms_scaling
        self.epsilon = float(number("epsilon", epsilon))

    def build(self, input_shape: Any) -> None:
        axes = axes_within(self.axis, input_shape)
        sizes, plain = known_sizes(axes, input_shape), not self.rms_scaling
        self.add_scale_and_shift(sizes, scale=self.scale or not plain, center=self.center and plain)
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)

    def call(self, inputs: Any) -> Any:
        return ops.layer_normalization(
            inputs, self.gamma, self.beta, self.axis, self.epsilon, rms_scaling=self.rms_scaling
        )

    def get_config(self) -> dict[str, Any]:
        settings = {"axis": self.axis, "epsilon": self.epsilon, "rms_scaling": self.rms_scaling}
        return {**super().get_config(), **settings}
