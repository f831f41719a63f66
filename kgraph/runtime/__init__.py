"""The runtime: from a graph to results.

``Function`` runs a graph on arrays, with one ``Program`` for each set of shapes. A program is planned by ``schedule``
(what is computed when) and ``plan`` (where it lies); ``Storage`` holds the variables. Importing the package gives
``Graph.run`` its runner.
"""

import kgraph.dumps
import kgraph.opset  # noqa: F401  (registers every op that a graph may hold)
from kgraph.ir import Graph
from kgraph.runtime.eager import apply
from kgraph.runtime.errors import NodeError
from kgraph.runtime.function import Function
from kgraph.runtime.graph_run import run_graph
from kgraph.runtime.program import Instruction, Program
from kgraph.runtime.storage import Storage, pack
from kgraph.runtime.tracing import trace

__all__ = ["Function", "Instruction", "NodeError", "Program", "Storage", "apply", "pack"]

Graph.runner = run_graph
Function.tracer = staticmethod(trace)
