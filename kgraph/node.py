"""The one node type of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kgraph.types import TensorType

#: The leaves that a caller feeds, and those that a model keeps.
PLACEHOLDERS: Final = ("input", "target", "sample_weight")
VARIABLES: Final = ("param", "state")
LEAVES: Final = (*PLACEHOLDERS, *VARIABLES, "const")


@dataclass(frozen=True, slots=True)
class Node:
    """``%name: type = op(inputs){attrs}``. Inputs are names; attributes are JSON, complete and in declared order.

    ``source`` is ``file:line`` of the user's code that made it, empty where that is not known. Nodes that differ in
    nothing else are equal.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: Mapping[str, Any] = field(hash=False)
    type: TensorType
    source: str = field(default="", compare=False)

    @property
    def scope(self) -> str:
        """The name without its last part: the layer, loss, metric, gradient or update that made the node."""
        return self.name.rpartition("/")[0]

    @property
    def is_placeholder(self) -> bool:
        return self.op in PLACEHOLDERS

    @property
    def is_variable(self) -> bool:
        return self.op in VARIABLES

    @property
    def is_leaf(self) -> bool:
        return self.op in LEAVES
