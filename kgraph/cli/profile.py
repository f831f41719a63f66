"""``kgraph profile``: a script, and where its time went."""

from __future__ import annotations

import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from collections.abc import Callable
from traceback import print_exc
from typing import Final

from kgraph.cli.command import FINE, FOUND, CliError, Command

_BY: Final = ("node", "op", "layer")


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("--by", choices=_BY, default="node", help="what a row stands for (node where not given)")
    parser.add_argument("--top", type=int, default=40, metavar="N", help="rows shown one by one (40 where not given)")
    parser.add_argument("--trace", metavar="OUT.json", help="write a trace for ui.perfetto.dev or chrome://tracing")
    parser.add_argument("script", help="a Python file")
    parser.add_argument("arguments", nargs=REMAINDER, metavar="...", help="the arguments of the script")


def _run(arguments: Namespace) -> int:
    import os
    import runpy

    import kgraph

    if not os.path.isfile(arguments.script):
        raise CliError(f"{arguments.script}: there is no such file")
    if arguments.top < 0:
        raise CliError(f"--top is {arguments.top}; it must be at least 0")
    before = sys.argv, sys.path[0]
    sys.argv = [arguments.script, *arguments.arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(arguments.script))
    try:
        with kgraph.profile() as profile:
            status = _status_of(runpy.run_path, arguments.script)
    finally:
        sys.argv, sys.path[0] = before
    print(profile.table(by=arguments.by, top=arguments.top))
    if arguments.trace:
        profile.save(arguments.trace)
    return status


def _status_of(run_path: Callable[..., object], script: str) -> int:
    """Runs ``script``, and gives the exit status that it asks for."""
    try:
        run_path(script, run_name="__main__")
    except SystemExit as asked:
        if asked.code is None or isinstance(asked.code, int):
            return asked.code or FINE
        print(asked.code, file=sys.stderr)
        return FOUND
    except Exception:
        # The script's own error, and not one of this command's input.
        print_exc()
        return FOUND
    return FINE


PROFILE: Final = Command(
    name="profile",
    summary="run a script and show where its time goes",
    details="Runs a Python script as `python script.py ...` does, and prints the time of the graphs that it ran.\n"
    "The options of this command stand before the script, those of the script behind it.",
    examples=(
        "kgraph profile train.py --epochs 3",
        "kgraph profile --by layer --trace trace.json train.py",
    ),
    declare=_declare,
    run=_run,
)
