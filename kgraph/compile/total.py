"""Each output's loss, and their sum with every penalty (rows 3.4 to 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple

from kgraph import ops
from kgraph.compile.losses import loss_name
from kgraph.compile.outputs import Output, per_output
from kgraph.compile.values import per_sample_values
from kgraph.compile.weighting import rule_name, rule_of
from kgraph.tensor import Tensor, cast, lower, named, scope, wrap
from kgraph.trace import Trace
from kgraph.variable import Variable


def resolve_loss_weights(loss_weights: Any, outputs: Sequence[Output]) -> None:
    """Gives every output its factor in the total (row 4.1).

    Raises:
        TypeError: ``loss_weights`` is no list, dict, or (for one output) number.
        ValueError: a dict names an unknown output, or a list has the wrong length.
    """
    names = [output.name for output in outputs]
    if isinstance(loss_weights, Mapping):
        loss_weights = {name: 1.0 if weight is None else weight for name, weight in loss_weights.items()}

    def is_one(given: Any) -> bool:
        return given is None or (_is_number(given) and len(names) == 1)

    weights = per_output(loss_weights, names, "loss_weights", default=1.0, is_one=is_one)
    for output, weight in zip(outputs, weights, strict=True):
        if weight is not None and not _is_number(weight):
            raise TypeError(f"the loss weight of output {output.name} must be a number, not {weight!r}")
        output.loss_weight = 1.0 if weight is None else float(weight)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def make_output_losses(trace: Trace, outputs: Sequence[Output], weighting: str) -> None:
    """Gives every output with a loss the node of that loss, and a line in the dump that says which and by what rule."""
    for output in outputs:
        if output.is_skipped:
            continue
        with scope(f"loss/{output.name}"):
            unreduced = getattr(output.loss, "unreduced", output.loss)
            output.per_sample, mask = per_sample_values(unreduced, output, output.weights, "the loss")
            output.mask = None if mask is None else wrap(lower(trace, mask))
            value = rule_of(output.loss, weighting)(output.per_sample, output.mask, output.weights)
            output.value = named(value, "value")
        rule = rule_name(output.loss, weighting)
        trace.builder.layers[f"loss/{output.name}"] = {"loss": loss_name(output.loss), **rule}


class Penalty(NamedTuple):
    """What the total has besides the outputs' losses.

    Attributes:
        name: of the layer that added it, or the path of the weight that a regularizer is of.
        value: its node.
        regularizer: of the weight.
    """

    name: str
    value: Tensor
    regularizer: Callable[[Any], Any] | None = None


def make_penalties(trace: Trace, weights: Sequence[Variable]) -> list[Penalty]:
    """What layers added to the loss, then the penalties of all ``weights``.

    Weights that are not trained keep theirs: the total is the same before and after layers are frozen.
    """
    added = [Penalty(scope_name, wrap(value)) for scope_name, value in trace.losses]
    return added + [_penalty(weight) for weight in weights if weight.regularizer is not None]


def make_total_loss(outputs: Sequence[Output], penalties: Sequence[Penalty]) -> Tensor:
    """The node of the total loss: weighted output losses, and the penalties.

    Raises:
        ValueError: there is nothing to add.
    """
    terms = [_weighted_value(output) for output in outputs if output.value is not None]
    terms += [penalty.value for penalty in penalties]
    if not terms:
        raise ValueError("no loss to optimize: give `loss`, or use layers that add losses or regularizers")
    total = terms[0]
    with scope("loss/total"):
        for term in terms[1:]:
            total = ops.add(total, cast(term, total.type.dtype))
        return named(total, "value") if len(terms) > 1 else total


def _weighted_value(output: Output) -> Any:
    assert output.value is not None
    if output.loss_weight == 1.0:
        return output.value
    with scope("loss/total"):
        return named(ops.multiply(output.value, output.loss_weight), output.name)


def _penalty(weight: Variable) -> Penalty:
    assert weight.regularizer is not None
    with scope(f"penalty/{weight.path}"):
        return Penalty(weight.path, named(weight.regularizer(weight), "value"), weight.regularizer)
