"""Reads the terms of the total loss from the graph, run on one batch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kgraph.compile.compiled import Compiled
from kgraph.compile.losses import loss_name
from kgraph.compile.outputs import Output
from kgraph.compile.total import Penalty
from kgraph.compile.weighting import rule_name
from kgraph.explain.explanation import Explanation
from kgraph.explain.rules import REDUCTIONS, WEIGHTINGS
from kgraph.explain.terms import OutputTerms, PenaltyTerm, describe_added, describe_penalty
from kgraph.ir import Graph
from kgraph.passes import dead_code, resolve_phase
from kgraph.runtime.function import Function
from kgraph.tensor import Tensor

_TOTAL = "loss"


def explain(compiled: Compiled, feeds: Mapping[str, np.ndarray], training: bool = False) -> Explanation:
    """The terms of the total loss of ``compiled`` on one batch. Nothing changes: no update of the graph is made.

    Args:
        compiled: what compile made.
        feeds: an array for each placeholder; sample weights that are not given are ones.
        training: whether layers act as in training. What they draw is what the next training step will draw.
    """
    graph = _watched(compiled, training)
    function = Function(graph, {name: v.storage for name, v in compiled.variables.items() if name in graph})
    values = function({name: array for name, array in feeds.items() if name in graph})
    outputs = [output for output in compiled.outputs if output.value is not None]
    return Explanation(
        outputs=[_output_terms(compiled, output, feeds, values) for output in outputs],
        penalties=[_penalty_term(graph, each, values, place) for place, each in enumerate(compiled.penalties)],
        value=float(values[_TOTAL]),
        epsilon=float(np.finfo(values[_TOTAL].dtype).eps),
        training=training,
    )


def _watched(compiled: Compiled, training: bool) -> Graph:
    """The graph of the loss alone, with all that is to be looked at among its outputs."""
    wanted = {_TOTAL: compiled.graph.outputs[_TOTAL]}
    for output in compiled.outputs:
        wanted |= _watched_of_output(compiled.graph, output)
    wanted |= {_penalty_key(place): _node_name(each.value) for place, each in enumerate(compiled.penalties)}
    graph = compiled.graph.with_parts(name="explain", outputs=wanted, updates={})
    return dead_code(resolve_phase(dead_code(graph), training))


def _watched_of_output(graph: Graph, output: Output) -> dict[str, str]:
    parts = {"raw": output.per_sample, "mask": output.mask, "weights": output.weights, "value": output.value}
    nodes = {part: _node_name(tensor) for part, tensor in parts.items() if tensor is not None}
    divisors = {divisor for rule in (*WEIGHTINGS.values(), *REDUCTIONS.values()) for divisor in rule.divisors}
    named = {divisor: f"loss/{output.name}/{divisor}" for divisor in divisors}
    nodes |= {divisor: name for divisor, name in named.items() if name in graph}
    return {_key(output, part): name for part, name in nodes.items()} if output.value is not None else {}


def _node_name(tensor: Tensor) -> str:
    assert tensor.value is not None
    return tensor.value.name


def _key(output: Output, part: str) -> str:
    return f"{part}/{output.name}"


def _penalty_key(place: int) -> str:
    return f"penalty/{place}"


def _output_terms(
    compiled: Compiled, output: Output, feeds: Mapping[str, np.ndarray], values: Mapping[str, np.ndarray]
) -> OutputTerms:
    (kind, word), *_ = rule_name(output.loss, compiled.weighting).items()
    rule = WEIGHTINGS[str(word)] if kind == "weighting" else REDUCTIONS[word]
    raw = values[_key(output, "raw")].astype(np.float64)
    found = {divisor: values.get(_key(output, divisor)) for divisor in rule.divisors}
    divisors = {divisor: float(value) for divisor, value in found.items() if value is not None}
    counted = {"losses": float(raw.size)} if rule.is_mean or (rule.divisors and not divisors) else {}
    weighted = output.sample_weight is not None and output.sample_weight.name in feeds
    return OutputTerms(
        output=output.name,
        loss=loss_name(output.loss),
        rule_name=f"{kind} {word}",
        rule=rule,
        raw=raw,
        mask=_spread(values.get(_key(output, "mask")), raw.shape),
        weights=_spread(values[_key(output, "weights")], raw.shape) if weighted else None,
        divisors=counted | divisors,
        loss_weight=output.loss_weight,
        value=float(values[_key(output, "value")]),
    )


def _spread(part: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray | None:
    """Values for samples as values for every place of ``shape``, which has those samples first."""
    if part is None:
        return None
    upright = part.astype(np.float64).reshape(part.shape + (1,) * (len(shape) - part.ndim))
    return np.broadcast_to(upright, shape)


def _penalty_term(graph: Graph, penalty: Penalty, values: Mapping[str, np.ndarray], place: int) -> PenaltyTerm:
    key = _penalty_key(place)
    if penalty.regularizer is not None:
        what = describe_penalty(penalty.name, penalty.regularizer)
    else:
        what = describe_added(graph.outputs[key])
    return PenaltyTerm(penalty.name, what, float(values[key]))
