"""``kgraph show``: a graph, or some of its nodes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Final

from kgraph.cli.command import FINE, Command, load_graph


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("graph", help="a .kg file, or - for standard input")
    parser.add_argument("pattern", nargs="*", help="show the nodes whose name or section matches, as 'loss/*'")
    parser.add_argument("--sources", action="store_true", help="show the line of code that made each node")
    parser.add_argument("--dot", action="store_true", help="write it in Graphviz's language")


def _run(arguments: Namespace) -> int:
    graph = load_graph(arguments.graph)
    if arguments.dot:
        print(graph.to_dot(), end="")
    else:
        graph.show(*arguments.pattern, sources=arguments.sources)
    return FINE


SHOW: Final = Command(
    name="show",
    summary="print a graph, or some of its nodes",
    details="Prints a graph: in colour and with long sections folded in a terminal, whole and plain elsewhere.",
    examples=(
        "kgraph show train.kg",
        "kgraph show train.kg 'loss/*' 'metrics/*'",
        "kgraph show train.kg 'grad/hidden/*' --sources",
        "kgraph show train.kg --dot | dot -Tsvg > train.svg",
    ),
    declare=_declare,
    run=_run,
)
