"""``kgraph html``: a graph as a page for a browser."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from kgraph.cli.command import FINE, Command, load_graph


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("graph", help="a .kg file, or - for standard input")
    parser.add_argument("-o", "--out", required=True, metavar="OUT.html", help="the page to write")


def _run(arguments: Namespace) -> int:
    page = load_graph(arguments.graph).to_html()
    Path(arguments.out).write_text(page, encoding="utf-8")
    return FINE


HTML: Final = Command(
    name="html",
    summary="draw a graph as a page for a browser",
    details="Writes one self-contained page: sections that fold, search, and a click on a node shows all about it.",
    examples=("kgraph html train.kg -o train.html",),
    declare=_declare,
    run=_run,
)
