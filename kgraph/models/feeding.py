"""From what users pass to `fit` to the checked samples of each placeholder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

import numpy as np

from kgraph.compile.compiled import Compiled
from kgraph.compile.feeds import as_target
from kgraph.compile.outputs import Output
from kgraph.data import (
    Samples,
    as_samples,
    by_name,
    check_sample_counts,
    class_weights_by_output,
    class_weights_to_sample_weights,
    standardize,
    standardize_weights,
)
from kgraph.models.network import Network
from kgraph.tensor import Tensor
from kgraph.types import TensorType


def feed_inputs(network: Network | None, inputs: Sequence[Tensor], x: Any) -> dict[str, Samples]:
    """Checked samples by input name.

    Raises:
        ValueError, TypeError: an input is missing, unknown, or does not fit; the message names it.
    """
    if network is not None and _is_nested_alike(network.inputs, x):
        x = network.match_inputs(x)
    types = {tensor.name: any_samples(tensor.type) for tensor in inputs}
    samples = standardize(list(types), types, x, "input")
    check_sample_counts(input=samples)
    return samples


def _is_nested_alike(inputs: Any, x: Any) -> bool:
    """Whether ``x`` is nested as the inputs are, rather than a plain list or a dict by input name."""
    if isinstance(inputs, Mapping):
        return isinstance(x, Mapping) and set(x) == set(inputs)
    is_nested = isinstance(inputs, (list, tuple)) and any(isinstance(part, (list, tuple, Mapping)) for part in inputs)
    return is_nested and isinstance(x, (list, tuple)) and len(x) == len(inputs)


def any_samples(type: TensorType) -> TensorType:
    """``type`` for all of the data: any number of samples, also where a batch has a fixed one."""
    return TensorType(type.dtype, ("N", *type.shape[1:]))


def feed_targets(compiled: Compiled, y: Any, sample_weight: Any = None) -> dict[str, Samples]:
    """Checked targets and weights by placeholder name.

    Raises:
        ValueError, TypeError: a target or weight is missing, unknown, or does not fit; the message names the output.
    """
    fed = [output for output in compiled.outputs if output.is_fed]
    names = [output.name for output in fed]
    types = {output.name: any_samples(output.target.type) for output in fed if output.target is not None}
    given = by_name(names, _without_skipped(compiled.outputs, y), "target")
    present = [output for output in fed if given.get(output.name) is not None]
    fitting = {o.name: as_target(o, as_samples(f"target {o.name!r}", given[o.name])) for o in present}
    targets = standardize(names, types, fitting, "target")
    weights = _weights(fed, _without_skipped(compiled.outputs, sample_weight))
    if targets:
        check_sample_counts(target=targets, sample_weight=weights)
    samples = {output.target.name: targets[output.name] for output in fed if output.target is not None}
    weighted = [output for output in fed if output.name in weights]
    return samples | {o.sample_weight.name: weights[o.name] for o in weighted if o.sample_weight is not None}


def weigh_classes(compiled: Compiled, feeds: Mapping[str, Samples], class_weight: Any) -> dict[str, Samples]:
    """``feeds`` with the weights of classes as sample weights. Those that are there stay, with a warning.

    Raises:
        ValueError, TypeError: ``class_weight`` does not fit the outputs, or a class in the data has no weight.
    """
    fed = {output.name: output for output in compiled.outputs if output.is_fed}
    by_class = class_weights_by_output(list(fed), _without_skipped(compiled.outputs, class_weight))
    weighted = dict(feeds)
    both = []
    for name, weights in by_class.items():
        target, placeholder = fed[name].target, fed[name].sample_weight
        assert target is not None and placeholder is not None
        if placeholder.name in feeds:
            both.append(name)
            continue
        one_each = class_weights_to_sample_weights(feeds[target.name], weights, name)
        fitting = standardize_weights([name], {name: any_samples(placeholder.type)}, one_each)
        weighted[placeholder.name] = fitting[name]
    if both:
        message = f"both sample_weight and class_weight are given for {', '.join(both)}: class_weight is ignored"
        warnings.warn(message, stacklevel=5)
    return weighted


def _without_skipped(outputs: Sequence[Output], y: Any) -> Any:
    """``y`` without entries for outputs that take no target."""
    if isinstance(y, (list, tuple)) and len(y) == len(outputs) > 1:
        pairs = zip(outputs, y, strict=True)
        return [array for output, array in pairs if output.is_fed]
    if isinstance(y, Mapping):
        skipped = {output.name for output in outputs if not output.is_fed}
        return {name: array for name, array in y.items() if name not in skipped}
    return [] if y is None and not any(output.is_fed for output in outputs) else y


def _weights(fed: Sequence[Output], sample_weight: Any) -> dict[str, Samples]:
    """The sample weights of those outputs that have some, by output name; one array is that of each output."""
    names = [output.name for output in fed]
    types = {output.name: any_samples(output.sample_weight.type) for output in fed if output.sample_weight is not None}
    if len(names) == 1 and isinstance(sample_weight, list) and not any(np.ndim(entry) for entry in sample_weight):
        sample_weight = np.asarray(sample_weight)
    if len(names) > 1 and not isinstance(sample_weight, (list, tuple, Mapping, NoneType)):
        sample_weight = dict.fromkeys(names, sample_weight)
    return standardize_weights(names, types, sample_weight)
