"""What nodes cost, by hand."""

from __future__ import annotations

import pytest

from kgraph import Graph
from kgraph.costs import bytes_moved, flops
from kgraph.op import all_ops

LEAVES = {
    "x": "f32[8,12]",
    "w": "f32[12,5]",
    "wt": "f32[5,12]",
    "b": "f32[5]",
    "tall": "f32[8,5]",
    "stack": "f64[3,8,12]",
    "stack_w": "f64[3,12,5]",
    "c": "bool[8,12]",
    "i": "i64[4]",
    "rate": "f32[]",
}
#: The node, its operations, the bytes that it reads and those that it writes.
CASES = [
    ("f32[8,5] = matmul(%x, %w)", 2 * 8 * 5 * 12, 4 * (96 + 60), 4 * 40),
    ("f32[8,5] = matmul_nt(%x, %wt)", 2 * 8 * 5 * 12, 4 * (96 + 60), 4 * 40),
    ("f32[12,5] = matmul_tn(%x, %tall)", 2 * 12 * 5 * 8, 4 * (96 + 40), 4 * 60),
    ("f64[3,8,5] = matmul(%stack, %stack_w)", 3 * 2 * 8 * 5 * 12, 8 * (288 + 180), 8 * 120),
    ('f32[8,5] = dense(%x, %w, %b){activation: "relu"}', 2 * 40 * 12 + 2 * 40, 4 * (96 + 60 + 5), 4 * 40),
    ("f32[8,12] = mul(%x, %x)", 96, 4 * 96, 4 * 96),
    ("f32[8,12] = exp(%x)", 96, 4 * 96, 4 * 96),
    ("f32[] = sum(%x){axes: [0, 1]}", 96, 4 * 96, 4),
    ("f32[8,12] = softmax(%x)", 4 * 96, 4 * 96, 4 * 96),
    ("f32[8,12] = sgd_step(%x, %x, %rate)", 2 * 96, 4 * 97, 4 * 96),
    ("f32[12,8] = transpose(%x){perm: [1, 0]}", 0, 4 * 96, 4 * 96),
    ("f32[2,12] = slice(%x){begin: [0, 0], shape: [2, 12], step: [1, 1]}", 0, 4 * 24, 4 * 24),
    ("f32[4,12] = gather(%x, %i)", 0, 4 * 48 + 8 * 4, 4 * 48),
    ("f32[7,8,12] = broadcast(%x){shape: [7, 8, 12]}", 0, 4 * 96, 4 * 672),
    ("f32[8,12] = select(%c, %x, %x)", 0, 96 + 4 * 96, 4 * 96),
    ("f32[96] = reshape(%x)", 0, 0, 0),
    ("f32[100] = full(){value: 1.0}", 0, 0, 400),
]


@pytest.mark.parametrize(
    ("statement", "operations", "read", "written"), CASES, ids=lambda case: str(case).split("(")[0]
)
def test_a_node_costs_what_its_shapes_say(statement: str, operations: int, read: int, written: int) -> None:
    leaves = "".join(f"%{name}: {type} = input()\n" for name, type in LEAVES.items())
    graph = Graph.parse(f"graph f\n{leaves}%y: {statement}\noutput y = %y\n")
    assert flops(graph["y"], graph) == operations
    assert bytes_moved(graph["y"], graph) == read + written
    assert flops(graph["x"], graph) == bytes_moved(graph["x"], graph) == 0


def test_a_shape_with_a_symbol_has_no_cost_yet() -> None:
    graph = Graph.parse("graph f\n%x: f32[N] = input()\n%y: f32[N] = neg(%x)\noutput y = %y\n")
    for cost in (flops, bytes_moved):
        with pytest.raises(ValueError, match="has a symbol where a number is needed"):
            cost(graph["y"], graph)


def test_every_product_declares_its_operations() -> None:
    products = [op for op in all_ops() if op.name.split("_")[0] in ("matmul", "dense")]
    assert len(products) >= 5
    assert not [op.name for op in products if op.flops is None]
