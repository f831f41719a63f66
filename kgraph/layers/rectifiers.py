"""Activation layers that bend at a threshold."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from kgraph import activations, ops
from kgraph.arguments import ints, number, number_from
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.same_shape import SameShape


class ReLU(SameShape):
    """``x`` above ``threshold``, but at most ``max_value``; ``negative_slope * (x - threshold)`` below.

    Args:
        max_value: the largest output; no bound where not given.
        negative_slope: of the line below ``threshold``.
        threshold: where the line bends.

    Raises:
        ValueError: an argument is negative, or ``None`` where a number is needed.
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else number_from("max_value", max_value, 0)
        self.negative_slope = number_from("negative_slope", negative_slope, 0)
        self.threshold = number_from("threshold", threshold, 0)

    def call(self, inputs: Any) -> Any:
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        settings = {
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }
        return {**super().get_config(), **settings}


class LeakyReLU(SameShape):
    """``x`` above 0, ``negative_slope * x`` below.

    Args:
        negative_slope: of the line below 0; Keras 2's ``alpha`` is taken too.

    Raises:
        ValueError: the slope is no number of at least 0.
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        if "alpha" in kwargs:
            warnings.warn("LeakyReLU: alpha is now called negative_slope", stacklevel=2)
            negative_slope = kwargs.pop("alpha")
        super().__init__(**kwargs)
        self.negative_slope = number_from("negative_slope", negative_slope, 0)

    def call(self, inputs: Any) -> Any:
        return activations.leaky_relu(inputs, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(SameShape):
    """``x`` above 0, ``alpha * (exp(x) - 1)`` below.

    Args:
        alpha: what the output tends to, with its sign changed, far below 0.

    Raises:
        ValueError: ``alpha`` is no number.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = number("alpha", alpha)

    def call(self, inputs: Any) -> Any:
        return activations.elu(inputs, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class PReLU(SameShape):
    """``x`` above 0, ``alpha * x`` below, with a learned ``alpha`` for each place of a sample.

    Weight ``alpha``: the shape of a sample, with 1 along the shared axes.

    Args:
        alpha_initializer: how ``alpha`` begins.
        alpha_regularizer: a penalty on it.
        alpha_constraint: a projection of it after each update.
        shared_axes: axes along which it is the same; they count from 1, the batch being axis 0.

    Raises:
        TypeError: ``shared_axes`` is not made of ints.
        ValueError: ``shared_axes`` holds no such axes; or, when called, an axis that is not shared has an unknown size,
            or another than before.
    """

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._keep_options("alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        self.shared_axes = None if shared_axes is None else list(ints("shared_axes", shared_axes))
        if not all(axis > 0 for axis in self.shared_axes or ()):
            raise ValueError(f"shared_axes must count from 1, not be {shared_axes!r}")

    def build(self, input_shape: Any) -> None:
        sizes = dict(enumerate(input_shape))
        shared = set(self.shared_axes or ())
        if not shared <= sizes.keys():
            raise InputError(f"shared_axes {self.shared_axes} are not all axes of inputs {tuple(input_shape)}")
        own = {axis: size for axis, size in sizes.items() if axis and axis not in shared}
        self.alpha = self._add_weight_with_options("alpha", [own.get(axis, 1) for axis in range(1, len(sizes))])
        self.input_spec = InputSpec(ndim=len(sizes), axes=own)

    def call(self, inputs: Any) -> Any:
        below = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), below)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._config_of_options("alpha"), "shared_axes": self.shared_axes}
