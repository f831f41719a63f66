"""The placeholders of sample weights (rows 3.1 and 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kgraph.compile.outputs import Output, per_output
from kgraph.dimension import symbolic_shape
from kgraph.ops.operands import claim_shape
from kgraph.tensor import named, scope, wrap
from kgraph.trace import Trace
from kgraph.types import TensorType

_MODES = (None, "temporal")


def make_sample_weights(trace: Trace, outputs: Sequence[Output], sample_weight_mode: Any) -> None:
    """Gives every fed output a mode and a placeholder: ``(samples,)``, or ``(samples, steps)`` where it is temporal.

    Raises:
        ValueError: an output is unknown or missing, a list has the wrong length, a mode is no mode, or an output
            without steps is to have temporal weights.
    """
    names = [output.name for output in outputs]
    if isinstance(sample_weight_mode, Mapping):
        missing = [output.name for output in outputs if output.is_fed and output.name not in sample_weight_mode]
        if missing:
            raise ValueError(f"sample_weight_mode has no entry for output {missing[0]!r}")
    for output, mode in zip(outputs, per_output(sample_weight_mode, names, "sample_weight_mode"), strict=True):
        if mode not in _MODES:
            raise ValueError(f"sample_weight_mode of output {output.name} must be None or 'temporal', not {mode!r}")
        if not output.is_fed:
            continue
        output.weight_mode = mode
        name = f"{output.name}_sample_weights"
        shape = output.prediction.type.shape[:1]
        if mode == "temporal":
            shape += _steps(output, name)
        type = TensorType(output.prediction.type.dtype, shape)
        output.sample_weight = wrap(trace.builder.leaf("sample_weight", name, type))
        with scope(f"loss/{output.name}"):
            steps_known = output.prediction.type.shape[: len(shape)]
            output.weights = named(claim_shape(output.sample_weight, steps_known), "weights")


def _steps(output: Output, name: str) -> Any:
    if output.prediction.type.rank < 3:
        raise ValueError(
            f"output {output.name} has shape {output.prediction.shape}: temporal weights need (samples, steps, ...)"
        )
    steps = output.prediction.type.shape[1]
    return (steps,) if isinstance(steps, str) else symbolic_shape((None, None), name)[1:]
