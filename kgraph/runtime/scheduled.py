"""A program as a graph that a person can read: its nodes in the order of running, and what is known of each."""

from __future__ import annotations

from collections.abc import Mapping

from kgraph.costs import bytes_moved, flops
from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.runtime.plan import ARENA, CONSTANTS, Place, Plan
from kgraph.text import Remark


def scheduled_graph(plan: Plan) -> Graph:
    """The graph of ``plan`` with what kernels make in the order of running; the copies into variables are among it.

    Leaves and constants stand first, views behind what they are views of.
    """
    computed = {node.name for node in plan.order}
    nodes = {node.name: node for node in plan.graph.nodes if node.name not in computed and not node.inputs}
    left = [node for node in plan.graph.nodes if node.name not in computed and node.inputs]
    for node in [*plan.order, None]:
        _move(left, nodes)
        if node is not None:
            nodes[node.name] = node
    copies = {node.name.removesuffix("/new"): node.name for node in plan.order if node.name not in plan.graph}
    return plan.graph.with_parts(nodes=tuple(nodes.values()), updates={**plan.graph.updates, **copies})


def _move(views: list[Node], nodes: dict[str, Node]) -> None:
    """Moves the ``views`` whose operands are there to ``nodes``."""
    for view in list(views):
        if view.inputs[0] in nodes:
            nodes[view.name] = view
            views.remove(view)


def place_names(plan: Plan) -> Mapping[int, str]:
    """What the slots of a program are called: ``arena``, ``constants``, ``%features``, ``output risk``."""
    names = {ARENA: "arena", CONSTANTS: "constants"}
    names |= {slot: f"%{name}" for name, slot in plan.leaf_slots.items()}
    return names | {slot: f"output {name}" for name, slot in plan.result_slots.items()}


def kernel_remark(plan: Plan, graph: Graph, kernels: Mapping[str, str]) -> Remark:
    """What the scheduled ``graph`` says behind each node: kernel, places, bytes read and written, operations.

    Args:
        kernels: of each computed node.
    """
    names = place_names(plan)

    def place(name: str) -> str:
        return _shown(names, plan.places[name])

    def remark(node: Node) -> str:
        if node.name not in kernels:
            return "" if node.is_placeholder or node.is_variable else place(node.name)
        operands = ", ".join(map(place, node.inputs))
        call = f"{kernels[node.name]}({operands}) -> {place(node.name)}"
        return f"{call}, {bytes_moved(node, graph)} bytes, {flops(node, graph)} FLOPs"

    return remark


def _shown(names: Mapping[int, str], place: Place) -> str:
    return f"{names[place.slot]}+{place.offset}" if place.slot in (ARENA, CONSTANTS) else names[place.slot]
