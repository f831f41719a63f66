"""Random graphs and a small one, with storages and feeds."""

from __future__ import annotations

import numpy as np
from random_graphs import ROWS, RandomGraph

from kgraph.ir import Graph
from kgraph.passes import bind
from kgraph.runtime import Function, Storage

SEEDS = range(60)

STEP = """graph step
%w: f64[2] = param()
%m: f64[2] = state()
%g: f64[2] = square(%w)
%half_m: f64[2] = add(%m, %g)
%step: f64[2] = tanh(%half_m)
%next_w: f64[2] = sub(%w, %step)
output before = %w
output after = %next_w
update %m <- %half_m
update %w <- %next_w
"""

DENSE = """graph dense
%features: f32[N,4] = input()
%dense_3_target: f32[N,2] = target()
%dense_3_sample_weights: f32[N] = sample_weight()
%kernel: f32[4,2] = param()
%product: f32[N,2] = matmul(%features, %kernel)
%error: f32[N,2] = sub(%product, %dense_3_target)
%column: f32[N,1] = reshape(%dense_3_sample_weights){shape: ["N", 1]}
%weights: f32[N,2] = broadcast(%column){shape: ["N", 2]}
%weighted: f32[N,2] = mul(%error, %weights)
%corner: f32[1,1] = slice(%weighted){begin: [0, 0], shape: [1, 1], step: [1, 1]}
%first: f32[] = reshape(%corner){shape: []}
"""
KERNEL = np.arange(8, dtype=np.float32).reshape(4, 2)


def random_case(seed: int, nodes: int = 40) -> tuple[Graph, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A random graph with feeds and variables for it."""
    rng = np.random.default_rng(seed)
    graph = RandomGraph(rng).make(nodes)
    bound = bind(graph, {"N": ROWS})
    feeds = {node.name: rng.uniform(-1, 1, node.type.known_shape) for node in bound.leaves("input")}
    variables = {node.name: rng.uniform(-1, 1, node.type.known_shape) for node in bound.leaves("param", "state")}
    return graph, feeds, variables


def storages_of(variables: dict[str, np.ndarray]) -> dict[str, Storage]:
    return {name: Storage(value) for name, value in variables.items()}


def dense(**outputs: str) -> Function:
    graph = Graph.parse(DENSE).with_parts(outputs=outputs or {"weighted": "weighted"})
    return Function(graph, {"kernel": Storage(KERNEL)})


def dense_feeds(rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(rows)
    return {
        "features": rng.normal(size=(rows, 4)).astype(np.float32),
        "dense_3_target": rng.normal(size=(rows, 2)).astype(np.float32),
        "dense_3_sample_weights": rng.uniform(size=rows).astype(np.float32),
    }


def dense_expected(feeds: dict[str, np.ndarray]) -> np.ndarray:
    weights = feeds.get("dense_3_sample_weights", np.ones(1, np.float32))
    return (feeds["features"] @ KERNEL - feeds["dense_3_target"]) * weights[:, None]
