"""What `compile` makes: the graph, and what its parts mean."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from kgraph.builder import Builder
from kgraph.compile.losses import resolve_losses
from kgraph.compile.metrics import collect_metrics, make_metrics
from kgraph.compile.outputs import MetricNode, Output, Reported
from kgraph.compile.targets import make_targets
from kgraph.compile.total import Penalty, make_output_losses, make_penalties, make_total_loss, resolve_loss_weights
from kgraph.compile.weighting import RULES
from kgraph.compile.weights import make_sample_weights
from kgraph.ir import Graph
from kgraph.passes import dead_code
from kgraph.tensor import Tensor, wrap
from kgraph.trace import Trace, TracedVariable
from kgraph.variable import Variable, trainable_changes

#: The outputs of the graph that are predictions are called ``prediction/<output>``.
PREDICTION: Final = "prediction/"


@dataclass(frozen=True, slots=True)
class CompileArguments:
    """The arguments of ``Model.compile`` that shape the graph; see there."""

    loss: Any = None
    metrics: Any = None
    loss_weights: Any = None
    sample_weight_mode: Any = None
    weighted_metrics: Any = None
    target_tensors: Any = None
    weighting: str = "keras2"


class Describable(Protocol):
    """What compile asks of a model."""

    name: str

    @property
    def symbolic_inputs(self) -> Sequence[Tensor]:
        """The inputs, named, with their types."""
        ...

    @property
    def output_names(self) -> list[str]: ...

    def describe(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Traces the model on ``inputs`` and gives its outputs, in order."""
        ...

    @property
    def weights(self) -> list[Variable]: ...

    @property
    def trainable_weights(self) -> list[Variable]: ...


@dataclass(slots=True)
class Compiled:
    """A compiled model.

    Attributes:
        graph: the one graph of which train, test and predict functions are prunings.
        outputs: one record each, in order.
        metrics: what a step reports after the losses.
        penalties: what the total has besides the losses of outputs.
        total_loss: the node of the total.
        trained: the weights that are trained, as of compile, in the order of layers.
        variables: every variable of the graph, by the name of its node.
        layer_updates: the variables that layers update, such as batch statistics.
        weighting: the rule of sample weights.
    """

    graph: Graph
    outputs: list[Output]
    metrics: list[MetricNode] = field(default_factory=list)
    penalties: list[Penalty] = field(default_factory=list)
    total_loss: Tensor | None = None
    trained: list[Variable] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    layer_updates: set[str] = field(default_factory=set)
    weighting: str = "keras2"
    trainable_changes_seen: int = -1
    warned_about_trainable: bool = False

    @property
    def metrics_names(self) -> list[str]:
        """``loss``, the output losses where there are several outputs, then the metrics (rows 4.2 and 5.3)."""
        return [each.name for each in self.reported]

    @property
    def metrics_tensors(self) -> list[Tensor]:
        """The nodes of ``metrics_names`` after ``loss``."""
        return [value for _, value in self._output_losses()] + [metric.value for metric in self.metrics]

    @property
    def reported(self) -> list[Reported]:
        """What a step reports, in the order of ``metrics_names``."""
        losses = ["loss", *(name for name, _ in self._output_losses())]
        kept = [Reported(m.name, m.value.type.known_shape, m.metric is not None) for m in self.metrics]
        return [Reported(name) for name in losses] + kept

    @property
    def stateful_metrics(self) -> list[Any]:
        """The metric objects, each once."""
        return list({id(m.metric): m.metric for m in self.metrics if m.metric is not None}.values())

    def _output_losses(self) -> list[tuple[str, Tensor]]:
        if len(self.outputs) == 1:
            return []
        return [(f"{output.name}_loss", output.value) for output in self.outputs if output.value is not None]

    def node_name(self, variable: TracedVariable) -> str | None:
        """The name of the variable's node, if the graph reads it."""
        return next((name for name, known in self.variables.items() if known is variable), None)


def describe_model(model: Describable, graph_name: str) -> tuple[Trace, Compiled]:
    """Traces the layers of ``model``: all that predictions need."""
    trace = Trace(Builder(graph_name))
    with trace.active():
        inputs = [wrap(trace.builder.leaf("input", given.name, given.type)) for given in model.symbolic_inputs]
        trace.memo.update(zip(model.symbolic_inputs, inputs, strict=True))
        predictions = model.describe(inputs)
    named_predictions = zip(model.output_names, predictions, strict=True)
    compiled = Compiled(trace.builder.finish(), [Output(name, prediction) for name, prediction in named_predictions])
    for output in compiled.outputs:
        assert output.prediction.value is not None
        trace.builder.output(PREDICTION + output.name, output.prediction.value)
    trace.apply_updates()
    compiled.layer_updates = {variable.name for variable in trace.builder.updates}
    return trace, compiled


def finish(trace: Trace, compiled: Compiled) -> Compiled:
    """Turns what was traced into the graph of ``compiled``."""
    trace.apply_updates()
    compiled.graph = dead_code(trace.builder.finish())
    leaves = ((value.name, variable) for variable, value in trace.leaves.items())
    compiled.variables = {name: variable for name, variable in leaves if name in compiled.graph}
    return compiled


def compile_prediction(model: Describable) -> Compiled:
    """The graph of a model that was never compiled: predictions only."""
    trace, compiled = describe_model(model, model.name)
    return finish(trace, compiled)


def compile_model(model: Describable, arguments: CompileArguments) -> Compiled:
    """The whole of compile, in the order of its steps.

    Raises:
        ValueError, TypeError: an argument does not fit the model; the message names the output.
    """
    if arguments.weighting not in RULES:
        raise ValueError(f"weighting must be one of {', '.join(RULES)}, not {arguments.weighting!r}")
    trace, compiled = describe_model(model, model.name)
    compiled.weighting = arguments.weighting
    outputs = compiled.outputs
    names = [output.name for output in outputs]
    with trace.active():
        resolve_losses(arguments.loss, outputs)
        resolve_loss_weights(arguments.loss_weights, outputs)
        make_targets(trace, outputs, arguments.target_tensors)
        make_sample_weights(trace, outputs, arguments.sample_weight_mode)
        make_output_losses(trace, outputs, arguments.weighting)
        compiled.trained = list(model.trainable_weights)
        compiled.penalties = make_penalties(trace, model.weights)
        compiled.total_loss = make_total_loss(outputs, compiled.penalties)
        plain = collect_metrics(arguments.metrics, names)
        weighted = collect_metrics(arguments.weighted_metrics, names, "weighted_metrics")
        for output, output_metrics, output_weighted in zip(outputs, plain, weighted, strict=True):
            output.metrics, output.weighted_metrics = output_metrics, output_weighted
        compiled.metrics = make_metrics(outputs, arguments.weighting)
    _report(trace, compiled)
    return finish(trace, compiled)


def _report(trace: Trace, compiled: Compiled) -> None:
    """Makes the loss and the metrics outputs of the graph."""
    assert compiled.total_loss is not None
    values = [compiled.total_loss, *compiled.metrics_tensors]
    for name, tensor in zip(compiled.metrics_names, values, strict=True):
        assert tensor.value is not None
        trace.builder.output(name, tensor.value)


def warn_if_trainable_changed(model: Any, compiled: Compiled) -> None:
    """Warns, once, where ``trainable`` was changed after compile (row 6.3), naming the layers that differ."""
    if compiled.trainable_changes_seen == trainable_changes():
        return
    compiled.trainable_changes_seen = trainable_changes()
    if compiled.warned_about_trainable:
        return
    now, then = ({id(v) for v in weights} for weights in (model.trainable_weights, compiled.trained))
    if now == then:
        return
    differing = [
        layer.name for layer in model.layers if any((id(v) in now) != (id(v) in then) for v in layer.weights)
    ]
    compiled.warned_about_trainable = True
    warnings.warn(
        f"`trainable` of {', '.join(differing)} has changed since the model was compiled; what is trained is what was "
        "trainable then. Compile again for the change to take effect.",
        stacklevel=4,
    )
