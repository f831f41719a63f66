"""A picture as a page to explore: sections that fold, a search, and what there is to know of each node."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kgraph.pictures.data import Pictured, page_data
from kgraph.pictures.svg import arrow, part, said

_CELL_HEIGHT: Final = 560
_BUTTONS: Final = (("fold", "Fold all"), ("open", "Open all"), ("fit", "Fit"), ("out", "−"), ("in", "+"))


def draw_page(graph: Pictured, values: Mapping[str, Any] | None = None, fold: bool | None = None) -> str:
    """``graph`` as an HTML page that needs nothing else, neither files nor a network.

    Args:
        graph: what to draw.
        values: arrays by the names of nodes, whose statistics the page shows. Names that the graph does not have are
            passed over: a run may know more nodes than the graph that it started from.
        fold: whether sections are folded at first; ``None`` folds graphs of more than 150 nodes.

    Raises:
        TypeError: a value is no array of numbers.
    """
    title = _title(graph)
    buttons = "".join(f'<button id="{name}">{said(label)}</button>' for name, label in _BUTTONS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{said(title)}</title>
<style>
{part("colours.css")}{part("page.css")}</style>
</head>
<body class="kgraph">
<header><h1>{said(title)}</h1>
<input id="search" type="search" placeholder="Name, op or layer" aria-label="Search by name, op or layer">
<span id="counted" role="status"></span>{buttons}</header>
<svg id="canvas" aria-label="{said(title)}">
<defs>{arrow("arrow")}{arrow("lit")}</defs><g id="view"></g></svg>
<aside id="panel" aria-live="polite"></aside>
<script type="application/json" id="graph">{_embedded(page_data(graph, title, values or {}, fold))}</script>
<script>
"use strict";
{part("placing.js")}{part("page.js")}</script>
</body>
</html>
"""


def draw_cell(graph: Pictured) -> str:
    """The page of ``graph`` for a notebook: in a frame of its own, whose style and script the notebook does not see."""
    page = draw_page(graph, fold=True).replace("&", "&amp;").replace("'", "&#39;")
    style = f"width: 100%; height: {_CELL_HEIGHT}px; border: 0"
    frame = f"<iframe sandbox='allow-scripts' style='{style}' srcdoc='{page}'></iframe>"
    return f"<p>{said(_title(graph))}</p>{frame}"


def _title(graph: Pictured) -> str:
    return f"Graph {graph.name}: {len(graph.nodes):,} nodes"


def _embedded(data: Mapping[str, Any]) -> str:
    """``data`` as JSON that no end tag in a name can cut short."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
