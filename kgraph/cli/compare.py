"""``kgraph compare``: two graphs side by side on the same feeds."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Final

from kgraph.cli.command import FINE, FOUND, Command, load_arrays, load_graph


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("a", help="a .kg file")
    parser.add_argument("b", help="the .kg file to compare it with")
    parser.add_argument(
        "--feeds", required=True, metavar="X.npz", help="an array for every placeholder, parameter and state, by name"
    )
    parser.add_argument("--rtol", type=float, default=1e-5, help="how much values may differ, relatively (1e-5)")
    parser.add_argument("--atol", type=float, default=1e-6, help="how much they may differ beside that (1e-6)")


def _run(arguments: Namespace) -> int:
    from kgraph.debug import compare

    graphs = load_graph(arguments.a), load_graph(arguments.b)
    report = compare(*graphs, load_arrays(arguments.feeds), arguments.rtol, arguments.atol)
    print(report)
    return FOUND if report else FINE


COMPARE: Final = Command(
    name="compare",
    summary="run two graphs side by side and find where their values part",
    details="Runs two graphs on the same arrays and reports the first node whose values differ.\n"
    "Exit status 1 where some do, 0 where all agree.",
    examples=("kgraph compare before.kg after.kg --feeds batch.npz",),
    declare=_declare,
    run=_run,
)
