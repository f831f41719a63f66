"""SpectralNormalization: a layer whose kernel is divided by its largest singular value."""

from __future__ import annotations

from typing import Any

from kgraph import initializers, ops
from kgraph.arguments import positive_int
from kgraph.layers.input_spec import InputSpec
from kgraph.layers.wrapper import Wrapper
from kgraph.tensor import cast, named, operand_type


class SpectralNormalization(Wrapper):
    """``layer``, with its kernel divided in training by an estimate of its largest singular value.

    The kernel, as a matrix ``w`` of ``(..., units)``, is divided by ``sigma = v w uᵀ`` where, ``power_iterations``
    times over, ``v = unit(u wᵀ)`` and ``u = unit(v w)``; neither has a gradient. ``u`` is kept for the next step, and
    in a call on arrays the quotient takes the kernel's place. In a training step of a model the optimizer's step does,
    which starts from the kernel as it was. A kernel of zeros stays. Weights: the kernel, ``vector_u (1, units)``, and
    the others of ``layer``.

    Args:
        layer: has a ``kernel``, or ``embeddings``.
        power_iterations: how often the estimate is improved at each step.

    Raises:
        ValueError: ``layer`` is no layer, or ``power_iterations`` no positive int; or, when called, ``layer`` has
            neither of these weights.
    """

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = positive_int("power_iterations", power_iterations)

    def build(self, input_shape: Any = None) -> None:
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        names = [name for name in ("kernel", "embeddings") if hasattr(self.layer, name)]
        if not names:
            raise ValueError(f"layer {self.layer.name} ({type(self.layer).__name__}) has neither kernel nor embeddings")
        self.kernel = getattr(self.layer, names[0])
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            dtype=self.kernel.dtype,
            trainable=False,
        )

    def call(self, inputs: Any, training: bool | None = False) -> Any:
        if training:
            self._normalize_kernel()
        outputs, given = self.layer(inputs), operand_type(inputs)
        return cast(outputs, given.dtype) if given.is_float else outputs

    def _normalize_kernel(self) -> None:
        kernel = ops.convert_to_tensor(self.kernel)
        matrix = ops.reshape(kernel, (-1, self.kernel.shape[-1]))
        estimated = ops.stop_gradient(matrix)
        u = ops.convert_to_tensor(self.vector_u)
        for _ in range(self.power_iterations):
            v = ops.normalize(ops.matmul(u, ops.transpose(estimated)), axis=None)
            u = ops.normalize(ops.matmul(v, estimated), axis=None)
        sigma = named(ops.sum(ops.matmul(v, matrix) * u), "sigma")
        vanishes = ops.equal(sigma, 0.0)
        self.vector_u.assign(named(ops.where(vanishes, self.vector_u, u), "next_vector_u"))
        self.kernel.assign(named(kernel / ops.where(vanishes, 1.0, sigma), "normalized_kernel"))

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "power_iterations": self.power_iterations}
