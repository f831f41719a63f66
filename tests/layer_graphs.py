"""Symbolic layers as graphs, and those graphs run in one phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.passes import resolve_phase
from kgraph.runtime.function import Function
from kgraph.tensor import Tensor, lower, wrap
from kgraph.trace import Trace
from kgraph.variable import Variable


class Traced:
    """The graph between ``inputs`` and ``outputs``, as a model would lower it.

    Attributes:
        graph: with its phases unresolved; verified, and the same when printed and parsed.
        variables: by their names in the graph.
        losses: the scope of each loss that a layer added.
        masks: for each output, whether it came with a mask.
    """

    def __init__(self, inputs: list[Tensor], outputs: list[Tensor]) -> None:
        trace = Trace(Builder("traced"))
        with trace.active():
            for tensor in inputs:
                trace.memo[tensor] = wrap(trace.builder.leaf("input", tensor.name, tensor.type))
            for index, output in enumerate(outputs):
                trace.builder.output(str(index), lower(trace, output))
            for index, (_, loss) in enumerate(trace.losses):
                trace.builder.output(f"loss_{index}", loss)
            self.masks = [trace.memo[output]._keras_mask is not None for output in outputs]
        trace.apply_updates()
        self.losses = [scope for scope, _ in trace.losses]
        self.graph = trace.builder.finish().verify()
        self.variables = {trace.leaves[v].name: v for v in trace.leaves if isinstance(v, Variable)}
        assert str(Graph.parse(str(self.graph))) == str(self.graph)

    def run(self, training: bool, **feeds: np.ndarray) -> list[np.ndarray]:
        """The outputs, then the losses, in one phase; variables are updated."""
        graph = resolve_phase(self.graph, training)
        function = Function(graph, {name: variable.storage for name, variable in self.variables.items()})
        results: Mapping[str, Any] = function({name: feeds[name] for name in feeds if name in graph})
        return list(results.values())
