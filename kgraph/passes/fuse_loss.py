"""Loss fusion: the gradients of a crossentropy and of the sigmoid or softmax below it become one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kgraph.ir import Graph
from kgraph.node import Node
from kgraph.op import find_op
from kgraph.passes.dead_code import dead_code
from kgraph.passes.rewrite import rewrite

#: Gradient of the activation and gradient of the loss, and what they are together.
_FUSED: Final[Mapping[tuple[str, str], str]] = {
    ("sigmoid_grad", "binary_crossentropy_grad"): "sigmoid_binary_crossentropy_grad",
    ("softmax_grad", "categorical_crossentropy_grad"): "softmax_categorical_crossentropy_grad",
    ("softmax_grad", "sparse_categorical_crossentropy_grad"): "softmax_sparse_crossentropy_grad",
}


def fuse_loss(graph: Graph) -> Graph:
    """``activation_grad(y, loss_grad(t, y, dy))`` becomes one op, where ``y`` is the activation's own result.

    The adjoint of the logits has the name it had, and its value to rounding: where a probability is tiny it is closer
    to the truth, for no quotient by it is made.
    """

    def fuse(node: Node, kept: dict[str, Node]) -> Node | str:
        loss = kept[node.inputs[1]] if node.op in ("sigmoid_grad", "softmax_grad") else None
        fused = None if loss is None else _FUSED.get((node.op, loss.op))
        if loss is None or fused is None or not _is_of_activation(node, loss, kept):
            return node
        return replace(node, op=fused, inputs=loss.inputs, attrs=find_op(fused).bind_attrs(loss.attrs))

    return dead_code(rewrite(graph, fuse))


def _is_of_activation(node: Node, loss: Node, kept: Mapping[str, Node]) -> bool:
    """Whether the loss takes the very result that the activation's gradient is told, and that an activation made."""
    y = kept[node.inputs[0]]
    return loss.inputs[1] == y.name and y.op == node.op.removesuffix("_grad")
