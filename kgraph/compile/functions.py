"""The three functions of a compiled model: prunings of its one graph (rows 6.1 and 6.2)."""

from __future__ import annotations

from typing import Any

from kgraph.autodiff import gradients
from kgraph.builder import Builder
from kgraph.compile.compiled import PREDICTION, Compiled
from kgraph.ir import Graph
from kgraph.passes import cse, dead_code, fold, keep, resolve_phase
from kgraph.runtime.function import Function
from kgraph.runtime.storage import pack
from kgraph.stages import Making
from kgraph.tensor import wrap
from kgraph.trace import Trace


def predict_function(compiled: Compiled) -> Function:
    """Predictions alone: no targets, no weights, no loss."""
    making = Making("predict")
    graph = _in_phase(compiled, making, training=False)
    predictions = [output for output in graph.outputs if output.startswith(PREDICTION)]
    updates = {v: value for v, value in graph.updates.items() if v in compiled.layer_updates}
    return _function(keep(graph, predictions, updates, "predict"), compiled.variables, making)


def test_function(compiled: Compiled) -> Function:
    """Loss and metrics, and the updates of metric state: no gradients, no optimizer."""
    making = Making("test")
    graph = _in_phase(compiled, making, training=False)
    return _function(keep(graph, compiled.metrics_names, graph.updates, "test"), compiled.variables, making)


def train_function(compiled: Compiled, optimizer: Any) -> Function:
    """Loss and metrics, gradients of the trained weights, the optimizer's updates, and all other updates.

    The trained weights move into one contiguous buffer, and each kind of optimizer slot into another.
    """
    assert compiled.total_loss is not None
    making = Making("train")
    graph = _in_phase(compiled, making, training=True)
    graph = making.stage("keep", keep(graph, compiled.metrics_names, graph.updates, "train"))
    if not optimizer.built:
        optimizer.build(compiled.trained)
    trained = {name: v for v in compiled.trained if (name := compiled.node_name(v)) is not None and name in graph}
    graph, scaled_loss, variables = _with_scaled_loss(graph, compiled.variables, optimizer)
    graph = making.stage("gradients", gradients(graph, scaled_loss, list(trained)))
    graph, variables = _with_optimizer(graph, variables, trained, optimizer)
    making.stage("optimizer", graph)
    graph = dead_code(graph.with_parts(outputs={name: graph.outputs[name] for name in compiled.metrics_names}))
    pack([variable.storage for variable in compiled.trained])
    for slots in optimizer.slot_groups:
        pack([slot.storage for slot in slots])
    return _function(graph, variables, making)


def _with_scaled_loss(graph: Graph, variables: dict[str, Any], optimizer: Any) -> tuple[Graph, str, dict[str, Any]]:
    """``graph`` with the loss as the optimizer wants it differentiated, that node, and the variables of the graph."""
    trace = _tracing(graph, variables)
    with trace.active(), trace.builder.scope("loss"):
        scaled = optimizer.scale_loss(wrap(trace.builder.values[graph.outputs["loss"]]))
    return trace.builder.finish(), scaled.value.name, _variables(trace)


def _with_optimizer(
    graph: Graph, variables: dict[str, Any], trained: dict[str, Any], optimizer: Any
) -> tuple[Graph, dict[str, Any]]:
    """``graph`` with the updates that the optimizer makes of the gradients, and its variables."""
    trace = _tracing(graph, variables)
    adjoints = [trace.builder.outputs.get(f"grad/{name}") for name in trained]
    with trace.active():
        optimizer.apply([None if value is None else wrap(value) for value in adjoints], list(trained.values()))
    trace.apply_updates()
    return trace.builder.finish(), _variables(trace)


def _tracing(graph: Graph, variables: dict[str, Any]) -> Trace:
    """A trace that goes on where ``graph`` ends, and knows the variables behind its leaves."""
    trace = Trace(Builder.extending(graph, graph.name), training=True)
    trace.leaves.update({v: trace.builder.values[name] for name, v in variables.items() if name in graph})
    return trace


def _variables(trace: Trace) -> dict[str, Any]:
    return {value.name: variable for variable, value in trace.leaves.items()}


def _without_absent_layers(graph: Graph) -> Graph:
    """``graph`` without the lines of layers and losses that have no node in it."""
    present = {prefix for node in graph.nodes for prefix in _scopes(node.name)}
    return graph.with_parts(layers={name: line for name, line in graph.layers.items() if name in present})


def _scopes(name: str) -> list[str]:
    """The scopes around a node: ``a/b/c`` is in ``a`` and ``a/b``."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _in_phase(compiled: Compiled, making: Making, training: bool) -> Graph:
    making.stage("compiled", compiled.graph)
    return making.stage("resolve_phase", resolve_phase(compiled.graph, training))


def _function(graph: Graph, variables: dict[str, Any], making: Making) -> Function:
    """``graph``, simplified, over the storages of ``variables``."""
    making.stage("keep", graph)
    graph = making.stage("cse", cse(graph))
    graph = making.stage("fold", fold(graph))
    graph = making.stage("dead_code", _without_absent_layers(dead_code(graph)))
    return Function(graph, {name: variable.storage for name, variable in variables.items() if name in graph})
