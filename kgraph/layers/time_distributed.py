"""TimeDistributed: one layer, applied to each timestep."""

from __future__ import annotations

from typing import Any

from kgraph import dims, ops, tree
from kgraph.layers.input_spec import InputError, InputSpec
from kgraph.layers.layer import Layer, tree_of_shapes
from kgraph.layers.wrapper import Wrapper
from kgraph.ops.operands import to_shape
from kgraph.tensor import operand_type, take_slice


class TimeDistributed(Wrapper):
    """``layer`` of every timestep, with the same weights: ``(n, steps, ...) -> (n, steps, ...)``.

    The timesteps of all samples are given to ``layer`` as one batch of ``n * steps``. A layer that ``mixes_samples``,
    as ``BatchNormalization`` does, is called step by step in training instead, so that steps do not meet.

    The mask ``(n, steps)`` goes on unchanged; ``layer`` is given its part of it where it takes a mask.

    Args:
        layer: what is applied.

    Raises:
        ValueError: ``layer`` is no layer; or, when called, the inputs have fewer than 3 dimensions, the mask does not
            have a value for each timestep, or ``layer`` mixes samples and the number of timesteps is unknown or 0.
    """

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=3)

    def build(self, input_shape: Any = None) -> None:
        super().build(_shape_of_a_step(input_shape))

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if mask is not None and not _begins_like(mask, inputs):
            raise InputError(
                f"the mask must have a value for each timestep of inputs {inputs.shape}, but its shape is {mask.shape}"
            )
        inner_mask = mask if self.layer._takes_mask else None
        if not _mixes_samples(self.layer):
            return self._as_one_batch(inputs, inner_mask)
        steps = operand_type(inputs).shape[1]
        if not isinstance(steps, int) or not steps:
            raise InputError(f"{self.layer.name} mixes samples, so the number of timesteps must be known and not 0")
        return self._step_by_step(inputs, inner_mask, steps) if training else self._as_one_batch(inputs, inner_mask)

    def _as_one_batch(self, inputs: Any, mask: Any) -> Any:
        batch, steps = operand_type(inputs).shape[:2]
        joined = _with_first_axes_joined(inputs)
        if mask is not None:
            joined._keras_mask = _with_first_axes_joined(mask)
        return tree.map_structure(
            lambda output: to_shape(output, [batch, steps, *operand_type(output).shape[1:]]), self.layer(joined)
        )

    def _step_by_step(self, inputs: Any, mask: Any, steps: int) -> Any:
        outputs = []
        for step in range(steps):
            one = take_slice(inputs, (slice(None), step))
            if mask is not None:
                one._keras_mask = take_slice(mask, (slice(None), step))
            outputs.append(self.layer(one))
        return tree.map_structure(lambda *parts: ops.stack(parts, axis=1), *outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, steps = input_shape[:2]
        given = self.layer.compute_output_shape(_shape_of_a_step(input_shape))
        return tree_of_shapes(lambda shape: (batch, steps, *shape[1:]), given)


def _shape_of_a_step(shape: Any) -> tuple[int | None, ...]:
    if len(shape) < 3:
        raise InputError(f"takes inputs of at least 3 dimensions, not {len(shape)}: {tuple(shape)}")
    return (shape[0], *shape[2:])


def _with_first_axes_joined(x: Any) -> Any:
    batch, steps, *rest = operand_type(x).shape
    return to_shape(x, [dims.multiply(batch, steps), *rest])


def _begins_like(mask: Any, inputs: Any) -> bool:
    """Whether the first two dimensions of both agree, as far as they are known."""
    pairs = list(zip(operand_type(mask).shape[:2], operand_type(inputs).shape, strict=False))
    return len(pairs) == 2 and all(a == b or isinstance(a, str) or isinstance(b, str) for a, b in pairs)


def _mixes_samples(layer: Layer) -> bool:
    return layer.mixes_samples or any(map(_mixes_samples, layer.layers_inside))
