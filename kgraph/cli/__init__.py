"""From arguments to a command, and from errors to exit statuses."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from typing import Final

from kgraph.cli.command import BAD, CliError, Command
from kgraph.cli.compare import COMPARE
from kgraph.cli.demo import DEMO
from kgraph.cli.diff import DIFF
from kgraph.cli.html import HTML
from kgraph.cli.profile import PROFILE
from kgraph.cli.replay import REPLAY
from kgraph.cli.run import RUN
from kgraph.cli.show import SHOW
from kgraph.version import __version__

COMMANDS: Final = (SHOW, DIFF, RUN, REPLAY, COMPARE, PROFILE, HTML, DEMO)

#: The statuses of a process that a signal ended, which shells know.
_INTERRUPTED: Final = 130
_PIPE_CLOSED: Final = 141

_EPILOG: Final = """\
exit status: 0 where all is well, 1 where graphs differ or a value is not finite, 2 for bad usage or input

A graph is a .kg file: model.graph.save("model.kg"), or what KGRAPH_DUMP=dir in the environment writes.
`kgraph COMMAND --help` shows examples."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: the arguments after the program's name; those of the process where not given.

    Returns:
        The exit status.

    Raises:
        SystemExit: the arguments are wrong (status 2), or ask for help.
    """
    arguments = _parser().parse_args(argv)
    command: Command = arguments.command
    try:
        status = command.run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # What is still in the buffer has nowhere to go when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except CliError as error:
        reason = str(error)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
    except (ValueError, KeyError) as error:
        reason = str(error.args[0]) if error.args else type(error).__name__
    print(f"kgraph {command.name}: {reason}", file=sys.stderr)
    return BAD


def _parser() -> ArgumentParser:
    summary = "Look at, compare and run the graphs that models are compiled into."
    parser = ArgumentParser("kgraph", None, summary, _EPILOG, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"kgraph {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        added = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.details,
            epilog="examples:\n" + "\n".join(f"  {example}" for example in command.examples),
            formatter_class=RawDescriptionHelpFormatter,
        )
        command.declare(added)
        added.set_defaults(command=command)
    return parser
