"""The metrics of each output: which, under what names, and their nodes (rows 5.1 to 5.5)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kgraph import metrics as vocabulary
from kgraph.broadcasting import shape_text
from kgraph.compile.losses import is_sparse, loss_function
from kgraph.compile.outputs import MetricNode, Output
from kgraph.compile.values import compared, per_sample_values
from kgraph.compile.weighting import keras2
from kgraph.losses import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from kgraph.losses.reduction import apply_mask
from kgraph.tensor import lower, named, scope, wrap
from kgraph.trace import current_trace

_ACCURACY: Final = ("accuracy", "acc")
_CROSSENTROPY: Final = ("crossentropy", "ce")
#: What the two words mean for each kind of output.
_BY_KIND: Final[Mapping[str, Mapping[str, Any]]] = {
    "binary": {"accuracy": vocabulary.binary_accuracy, "crossentropy": binary_crossentropy},
    "sparse": {"accuracy": vocabulary.sparse_categorical_accuracy, "crossentropy": sparse_categorical_crossentropy},
    "categorical": {"accuracy": vocabulary.categorical_accuracy, "crossentropy": categorical_crossentropy},
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One metric of one output, as the user asked for it."""

    output: Output
    given: Any
    weighted: bool


def collect_metrics(given: Any, names: Sequence[str], what: str = "metrics") -> list[list[Any]]:
    """One list of metrics per output, from a flat list, a list of lists, or a dict by output name.

    Raises:
        ValueError: a dict names an unknown output, or a list of lists has the wrong length.
        TypeError: ``given`` is of no such kind.
    """
    if given is None:
        return [[] for _ in names]
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise ValueError(f"{what} names an unknown output {unknown[0]!r}; the outputs are {', '.join(names)}")
        return [_as_list(given.get(name)) for name in names]
    if isinstance(given, (list, tuple)):
        if not any(isinstance(entry, (list, tuple)) for entry in given):
            return [list(given) for _ in names]
        if len(given) != len(names):
            raise ValueError(f"{what} has {len(given)} lists for {len(names)} outputs ({', '.join(names)})")
        return [_as_list(entry) for entry in given]
    raise TypeError(f"{what} must be a list or a dict by output name, not {type(given).__name__}")


def _as_list(entry: Any) -> list[Any]:
    if entry is None:
        return []
    return list(entry) if isinstance(entry, (list, tuple)) else [entry]


def make_metrics(outputs: Sequence[Output], weighting: str) -> list[MetricNode]:
    """The nodes of all metrics, in the order of ``metrics_names``."""
    taken = {"loss", *(f"{output.name}_loss" for output in outputs)} if len(outputs) > 1 else {"loss"}
    seen: set[int] = set()
    nodes = []
    for wanted in _all_wanted(outputs):
        metric = _resolve(wanted.given, wanted.output)
        prefix = _prefix(wanted, several=len(outputs) > 1)
        name = _unique_name(prefix + _name(wanted.given, metric), taken)
        if isinstance(metric, vocabulary.Metric) and id(metric) in seen:
            metric = type(metric).from_config(metric.get_config())
        seen.add(id(metric))
        state = _with_state(metric, wanted, weighting, name)
        with scope(f"metrics/{name}"):
            value = _value(name, metric, state, wanted)
            if not isinstance(value, Mapping):
                nodes.append(_metric_node(name, value, state))
                continue
            taken.remove(name)
            nodes += [_metric_node(_unique_name(prefix + key, taken), value[key], state, key) for key in value]
    return nodes


def _all_wanted(outputs: Sequence[Output]) -> Iterator[_Wanted]:
    for output in outputs:
        if not output.is_skipped:
            for metrics, weighted in ((output.metrics, False), (output.weighted_metrics, True)):
                yield from (_Wanted(output, metric, weighted) for metric in metrics if metric is not None)


def _resolve(given: Any, output: Output) -> Any:
    """The function or ``Metric`` that ``given`` means for ``output`` (row 5.2)."""
    for words, meaning in ((_ACCURACY, "accuracy"), (_CROSSENTROPY, "crossentropy")):
        if isinstance(given, str) and given.lower() in words:
            return _BY_KIND[_kind(output)][meaning]
    return vocabulary.get(given)


def _kind(output: Output) -> str:
    if is_sparse(output.loss):
        return "sparse"
    one_value = output.prediction.type.shape[-1:] == (1,)
    return "binary" if one_value or loss_function(output.loss) is binary_crossentropy else "categorical"


def _prefix(wanted: _Wanted, several: bool) -> str:
    """What row 5.3 puts before a name."""
    return (f"{wanted.output.name}_" if several else "") + ("weighted_" if wanted.weighted else "")


def _name(given: Any, metric: Any) -> str:
    """The name as the user wrote it."""
    name = given if isinstance(given, str) else getattr(metric, "name", None) or getattr(metric, "__name__", None)
    return name or type(metric).__name__


def _unique_name(name: str, taken: set[str]) -> str:
    candidate, count = name, 0
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate)
    return candidate


def _with_state(metric: Any, wanted: _Wanted, weighting: str, name: str) -> Any:
    """The object that keeps the metric's state; ``None`` for a plain function whose batch values are averaged.

    Where the rule divides by the sum of weights over the epoch, a plain function needs state too.
    """
    if isinstance(metric, vocabulary.Metric):
        return metric
    sees_factors = wanted.weighted or wanted.output.prediction._keras_mask is not None
    return vocabulary.Mean(name=name) if sees_factors and weighting != "keras2" else None


def _value(name: str, metric: Any, state: Any, wanted: _Wanted) -> Any:
    """The node of a metric, or several by name."""
    weights = wanted.output.weights if wanted.weighted else None
    if state is metric:
        _update(metric, wanted.output, weights)
    else:
        values, mask = per_sample_values(metric, wanted.output, weights, f"metric {name}")
        if state is None:
            return keras2(values, mask, weights)
        state.update_state(values, apply_mask(weights, mask, values.type.dtype, reduction="sum"))
    return state.result()


def _metric_node(name: str, value: Any, state: Any, stem: str = "value") -> MetricNode:
    """What a step reports as ``name``: a tensor, or a variable of the metric's state.

    Raises:
        ValueError: the value has an axis of samples, or another whose size is not known.
    """
    trace = current_trace()
    assert trace is not None
    value = wrap(lower(trace, value))
    if not value.type.is_known:
        given = shape_text(value.type.shape)
        raise ValueError(f"metric {name} gives a value of shape {given}; every batch must give as many numbers")
    return MetricNode(name, named(value, stem), state)


def _update(metric: Any, output: Output, weights: Any) -> None:
    """Takes the batch into the state of ``metric``, under its mask and ``weights``.

    Raises:
        TypeError: there are weights, but ``metric`` takes none.
    """
    target, prediction = compared(output)
    factors = apply_mask(weights, output.prediction._keras_mask, output.prediction.type.dtype, reduction="sum")
    if _takes_weights(metric):
        metric.update_state(target, prediction, **({} if factors is None else {"sample_weight": factors}))
    elif weights is None:
        metric.update_state(target, prediction)
    else:
        raise TypeError(
            f"metric {metric.name} of output {output.name} cannot be weighted: its update_state takes no sample_weight"
        )


def _takes_weights(metric: Any) -> bool:
    parameters = inspect.signature(metric.update_state).parameters
    return "sample_weight" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())
