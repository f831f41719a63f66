"""What pickle and ``copy.deepcopy`` take of a model.

Weights, the optimizer with its state and the arguments of ``compile`` go along. Graphs and programs do not: a copy
makes its own when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from kgraph import tree
from kgraph.compile.compiled import CompileArguments
from kgraph.portable import packed, unpacked

#: What a copy makes anew.
_MADE_ANEW: Final = (
    "_made",
    "_known_feeds",
    "_known_inputs",
    "train_function",
    "test_function",
    "predict_function",
)


def portable_state(state: dict[str, Any], trained: list[Any] | None) -> dict[str, Any]:
    """``state`` (the attributes of a model) without what a copy makes anew.

    Args:
        state: the calls between inputs and outputs among them, which are moved to the front: taken from first to last
            they never lead deep into each other.
        trained: the weights that are trained, as of compile; ``None`` where the model is not compiled.
    """
    kept = {name: value for name, value in state.items() if name not in _MADE_ANEW}
    # The arguments have it too.
    kept.pop("loss", None)
    arguments = _each_argument(packed, state.get("_arguments"))
    return {"_network": state.get("_network"), **kept, "_arguments": arguments, "_trained_before": trained}


def restored_state(state: dict[str, Any]) -> dict[str, Any]:
    """The attributes that ``portable_state`` made ``state`` of."""
    arguments = _each_argument(unpacked, state["_arguments"])
    return {**state, "_arguments": arguments, "loss": None if arguments is None else arguments.loss}


def _each_argument(function: Callable[[Any], Any], arguments: CompileArguments | None) -> CompileArguments | None:
    """``arguments`` with ``function`` of every leaf of each."""
    if arguments is None:
        return None
    given = {field.name: getattr(arguments, field.name) for field in fields(arguments)}
    return CompileArguments(**{name: tree.map_structure(function, value) for name, value in given.items()})
