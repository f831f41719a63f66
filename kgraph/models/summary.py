"""The table that `model.summary()` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kgraph.broadcasting import shape_text
from kgraph.layers.calls import LayerCall
from kgraph.layers.input_layer import InputCall
from kgraph.variable import Variable

_HEADINGS = ("Layer (type)", "Output shape", "Params", "Connected to")


def summarise(model: Any, line_length: int | None = None) -> str:
    """A line a layer: name and class, output shape, number of parameters, and the layers before it."""
    rows = [_HEADINGS, *_rows(model)]
    columns = len(_HEADINGS) if _branches(model) else len(_HEADINGS) - 1
    widths = [max(len(row[column]) for row in rows) for column in range(columns)]
    if line_length is not None:
        widths[-1] += max(0, line_length - sum(widths) - 2 * (columns - 1))
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
    rule = "-" * max(sum(widths) + 2 * (columns - 1), 1)
    return "\n".join([f'Model "{model.name}"', rule, lines[0], rule, *lines[1:], rule, *_totals(model)])


def _totals(model: Any) -> Iterable[str]:
    for title, weights in (
        ("Parameters", model.weights),
        ("Trainable", model.trainable_weights),
        ("Not trainable", model.non_trainable_weights),
    ):
        yield f"{title}: {_count(weights):,} ({_size(weights)})"


def _count(weights: Iterable[Variable]) -> int:
    return sum(int(np.prod(weight.shape, dtype=np.int64)) for weight in weights)


def _size(weights: Iterable[Variable]) -> str:
    size = float(sum(weight.storage.array.nbytes for weight in weights))
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"


def _calls(model: Any) -> list[Any]:
    if model._network is None:
        return []
    return [call for call in model._network.calls if isinstance(call, (LayerCall, InputCall))]


def _rows(model: Any) -> list[tuple[str, ...]]:
    calls = _calls(model)
    return [_row(layer, [call for call in calls if call.layer is layer]) for layer in _shown_layers(model)]


def _shown_layers(model: Any) -> list[Any]:
    return model.layers if model._network is None else model._network.layers


def _row(layer: Any, calls: list[Any]) -> tuple[str, ...]:
    shapes = [shape_text(tensor.type.shape) for call in calls[:1] for tensor in call.outputs]
    before = [tensor.name for call in calls for tensor in call.inputs]
    title = f"{layer.name} ({type(layer).__name__})"
    return title, ", ".join(shapes) or "?", f"{layer.count_params():,}", ", ".join(before)


def _branches(model: Any) -> bool:
    """Whether some layer has other than one input, or is called more than once."""
    calls = [call for call in _calls(model) if isinstance(call, LayerCall)]
    many_inputs = any(len(call.inputs) != 1 for call in calls)
    return many_inputs or len({call.layer for call in calls}) < len(calls)
