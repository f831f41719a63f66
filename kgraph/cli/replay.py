"""``kgraph replay``: the step that went wrong, once more."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Final

from kgraph.cli.command import FINE, FOUND, Command


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("bundle", help="the directory that a NaN report names")


def _run(arguments: Namespace) -> int:
    from kgraph.debug import replay

    report = replay(arguments.bundle)
    print(f"{arguments.bundle}: every value is finite" if report is None else report)
    return FINE if report is None else FOUND


REPLAY: Final = Command(
    name="replay",
    summary="run the step of a NaN report again",
    details="Runs the step in a bundle that a NaN report saved, and reports the node that makes a NaN or infinity.\n"
    "Exit status 1 where one does, 0 where every value is finite.",
    examples=("kgraph replay kgraph-nan/",),
    declare=_declare,
    run=_run,
)
