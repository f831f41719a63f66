"""What each loss compares with: placeholders, or tensors given in their place (rows 2.1 to 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import losses
from kgraph.broadcasting import shape_text
from kgraph.compile.losses import is_built_in, is_sparse, loss_function
from kgraph.compile.outputs import Output, per_output
from kgraph.dimension import symbolic_shape
from kgraph.dims import Shape
from kgraph.tensor import Tensor, as_array, cast, is_symbolic, lower, wrap
from kgraph.trace import Trace
from kgraph.types import TensorType


def make_targets(trace: Trace, outputs: Sequence[Output], target_tensors: Any) -> None:
    """Gives every output with a loss its target.

    Raises:
        ValueError: ``target_tensors`` names an unknown output, has the wrong length, or a tensor has another rank.
    """
    names = [output.name for output in outputs]
    given = per_output(target_tensors, names, "target_tensors", is_one=lambda one: one is None or len(names) == 1)
    for output, tensor in zip(outputs, given, strict=True):
        if output.is_skipped:
            continue
        output.is_fed = tensor is None
        output.target = _placeholder(trace, output) if tensor is None else _given(trace, output, tensor)


def _placeholder(trace: Trace, output: Output) -> Tensor:
    type = TensorType(output.prediction.type.dtype, target_shape(output))
    return wrap(trace.builder.leaf("target", f"{output.name}_target", type))


def target_shape(output: Output) -> Shape:
    """The shape a target must have.

    That of the output; with a last dimension of 1 where the loss takes labels, and with any number of labels where it
    takes those of a sequence. A loss that is not built in may compare targets of any shape of the same rank: all but
    the number of samples is unknown.
    """
    shape = output.prediction.type.shape
    if loss_function(output.loss) is losses.ctc:
        return shape[:1] + symbolic_shape((None, None), f"{output.name}_target")[1:]
    if is_sparse(output.loss):
        return (*shape[:-1], 1)
    if is_built_in(output.loss):
        return shape
    return shape[:1] + symbolic_shape((None,) * len(shape), f"{output.name}_target")[1:]


def _given(trace: Trace, output: Output, tensor: Any) -> Tensor:
    target = wrap(lower(trace, tensor if is_symbolic(tensor) or hasattr(tensor, "leaf_op") else as_array(tensor)))
    wanted = target_shape(output)
    if target.type.rank != len(wanted):
        raise ValueError(
            f"the target tensor of output {output.name} has shape {target.shape}, which has not as many dimensions as "
            f"the {shape_text(wanted)} that its loss compares with the output"
        )
    return cast(target, output.prediction.type.dtype)
