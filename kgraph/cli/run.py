"""``kgraph run``: a graph on arrays."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Final

from kgraph.cli.command import FINE, FOUND, Command, load_arrays, load_graph

if TYPE_CHECKING:
    import numpy as np

#: Larger results are printed as statistics.
_MOST_PRINTED: Final = 8


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("graph", help="a .kg file")
    parser.add_argument(
        "--feeds", required=True, metavar="X.npz", help="an array for every placeholder, parameter and state, by name"
    )
    parser.add_argument("--out", metavar="Y.npz", help="write the outputs, and the new values of variables, here")


def _run(arguments: Namespace) -> int:
    import numpy as np

    from kgraph.debug.archives import write_arrays

    results = load_graph(arguments.graph).run(load_arrays(arguments.feeds))
    for name, value in results.items():
        print(f"{name}: {value.dtype}{list(value.shape)} {_summary(value)}")
    if arguments.out:
        write_arrays(arguments.out, results)
    spoilt = [name for name, value in results.items() if value.dtype.kind == "f" and not np.isfinite(value).all()]
    if spoilt:
        print(f"kgraph run: not finite: {', '.join(spoilt)}", file=sys.stderr)
    return FOUND if spoilt else FINE


def _summary(value: np.ndarray) -> str:
    if value.size <= _MOST_PRINTED:
        return str(value.tolist())
    return f"min {value.min():.6g}, mean {value.mean():.6g}, max {value.max():.6g}"


RUN: Final = Command(
    name="run",
    summary="run a graph on arrays",
    details="Runs a graph once, in its test phase, on the arrays of an .npz file, and prints the results.\n"
    "Sample weights that are not given are ones. Exit status 1 where a result is not finite.",
    examples=(
        "kgraph run predict.kg --feeds batch.npz",
        "kgraph run train.kg --feeds batch.npz --out results.npz",
    ),
    declare=_declare,
    run=_run,
)
