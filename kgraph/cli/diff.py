"""``kgraph diff``: what differs between two graphs."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Final

from kgraph.cli.command import FINE, FOUND, Command, load_graph


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("a", help="a .kg file")
    parser.add_argument("b", help="the .kg file to compare it with")
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing; the exit status says it")


def _run(arguments: Namespace) -> int:
    from kgraph.debug.differences import diff

    difference = diff(load_graph(arguments.a), load_graph(arguments.b))
    if not arguments.quiet:
        difference.show()
    return FOUND if difference else FINE


DIFF: Final = Command(
    name="diff",
    summary="say what differs between two graphs",
    details="Compares two graphs by name and meaning: nodes that were added, removed, rewired, retyped, re-attributed\n"
    "or renamed, and results that changed. Exit status 1 where they differ, 0 where they do not.",
    examples=(
        "kgraph diff before.kg after.kg",
        "kgraph diff dump/01-train/04-gradients.kg dump/01-train/05-optimizer.kg  # two stages of one compile",
        "kgraph diff --quiet before.kg after.kg || echo changed",
    ),
    declare=_declare,
    run=_run,
)
