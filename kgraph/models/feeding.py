"""From what users pass to `fit` to one checked array per placeholder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kgraph.compile.compiled import Compiled
from kgraph.compile.feeds import check_targets
from kgraph.compile.outputs import Output
from kgraph.data import (
    check_sample_counts,
    class_weights_by_output,
    class_weights_to_sample_weights,
    standardize,
    standardize_weights,
)
from kgraph.models.network import Network
from kgraph.tensor import Tensor


def feed_inputs(network: Network | None, inputs: Sequence[Tensor], x: Any) -> dict[str, np.ndarray]:
    """Checked arrays by input name.

    Raises:
        ValueError, TypeError: an input is missing, unknown, or does not fit; the message names it.
    """
    if network is not None and isinstance(x, Mapping) and isinstance(network.inputs, Mapping):
        x = network.match_inputs(x) if set(x) == set(network.inputs) else x
    types = {tensor.name: tensor.type for tensor in inputs}
    arrays = standardize(list(types), types, x, "input")
    check_sample_counts(input=arrays)
    return arrays


def feed_targets(
    compiled: Compiled, y: Any, sample_weight: Any = None, class_weight: Any = None
) -> dict[str, np.ndarray]:
    """Checked targets and weights by placeholder name.

    Raises:
        ValueError, TypeError: a target or weight is missing, unknown, or does not fit; the message names the output.
    """
    fed = [output for output in compiled.outputs if output.is_fed]
    names = [output.name for output in fed]
    types = {output.name: output.target.type for output in fed if output.target is not None}
    targets = standardize(names, types, _without_skipped(compiled.outputs, y), "target")
    arrays = {f"{name}_target": array for name, array in targets.items()}
    check_targets(fed, arrays)
    arrays.update(_feed_weights(fed, targets, sample_weight, class_weight))
    return arrays


def _without_skipped(outputs: Sequence[Output], y: Any) -> Any:
    """``y`` without entries for outputs that take no target."""
    if isinstance(y, (list, tuple)) and len(y) == len(outputs) > 1:
        pairs = zip(outputs, y, strict=True)
        return [array for output, array in pairs if output.is_fed]
    if isinstance(y, Mapping):
        skipped = {output.name for output in outputs if not output.is_fed}
        return {name: array for name, array in y.items() if name not in skipped}
    return [] if y is None and not any(output.is_fed for output in outputs) else y


def _feed_weights(
    fed: Sequence[Output], targets: Mapping[str, np.ndarray], sample_weight: Any, class_weight: Any
) -> dict[str, np.ndarray]:
    names = [output.name for output in fed]
    types = {output.name: output.sample_weight.type for output in fed if output.sample_weight is not None}
    if len(names) == 1 and isinstance(sample_weight, list) and not any(np.ndim(entry) for entry in sample_weight):
        sample_weight = np.asarray(sample_weight)
    weights = standardize_weights(names, types, sample_weight)
    if class_weight is not None and sample_weight is not None:
        warnings.warn("both sample_weight and class_weight are given: class_weight is ignored", stacklevel=5)
    elif class_weight is not None:
        weights = {
            name: class_weights_to_sample_weights(targets[name], by_class, name).astype(types[name].numpy_dtype)
            for name, by_class in class_weights_by_output(names, class_weight).items()
        }
    check_sample_counts(target=targets, sample_weight=weights)
    return {f"{name}_sample_weights": array for name, array in weights.items()}
