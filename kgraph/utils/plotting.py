"""A picture of a model, in a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from kgraph.files import replacing

_KINDS = (".svg", ".html")


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Any:
    """Draws the layers of ``model`` into a file.

    Args:
        model: one that is built.
        to_file: ``*.svg``, or ``*.html``. Nothing here makes pixels, so that ``*.png`` is refused.
        show_shapes, show_dtype: of what goes into every layer and comes out of it.
        show_layer_names: beside the classes.
        rankdir: which way edges run: ``"TB"`` down, ``"BT"`` up, ``"LR"`` right, ``"RL"`` left.
        expand_nested: whether to show the layers of models inside of the model.
        dpi: of no effect: these files hold lines, which have no resolution.
        show_layer_activations: of the layers that have one.
        show_trainable: whether the weights of each layer are trained.
        splines: how edges are drawn: ``"ortho"``, ``"curved"``, ``"spline"``, ``"polyline"`` or ``"line"``.

    Returns:
        In a notebook the picture of an ``*.svg``, to be shown; else ``None``.

    Raises:
        TypeError: ``model`` is none.
        ValueError: the model is not built, the file would be of another kind, or an argument has no such choice.
    """
    from kgraph.models.model import Model
    from kgraph.models.picture import Shown, draw_model

    if not isinstance(model, Model):
        raise TypeError(f"plot_model draws a model, not {model!r}")
    path = Path(to_file)
    if path.suffix.lower() not in _KINDS:
        raise ValueError(f"plot_model draws {' and '.join(_KINDS)} files, not {path.name!r}; use to_file='model.svg'")
    shown = Shown(
        show_shapes,
        show_dtype,
        show_layer_names,
        rankdir,
        expand_nested,
        show_layer_activations,
        show_trainable,
        splines,
    )
    picture = draw_model(model, shown)
    text = picture if path.suffix.lower() == ".svg" else f'<!DOCTYPE html>\n<meta charset="utf-8">\n{picture}'
    with replacing(path) as temporary:
        Path(temporary).write_text(text, encoding="utf-8")
    display = getattr(sys.modules.get("IPython"), "display", None)
    return display.SVG(data=picture) if display is not None and path.suffix.lower() == ".svg" else None
