"""What a command of the command line is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from kgraph.ir import Graph

#: Exit statuses: all is well; what was compared differs, or a value is not finite; bad usage or input.
FINE: Final = 0
FOUND: Final = 1
BAD: Final = 2


class Command(NamedTuple):
    """A subcommand.

    Attributes:
        name: as it is typed.
        summary: one line for the list of commands.
        details: what it does, and what its exit status says.
        examples: lines that work, with what they do behind a ``#`` where that needs saying.
        declare: adds the arguments to a parser.
        run: does it, and gives the exit status. A ``CliError``, ``ValueError``, ``KeyError`` or ``OSError`` is bad
            input.
    """

    name: str
    summary: str
    details: str
    examples: tuple[str, ...]
    declare: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


class CliError(Exception):
    """Bad input, in one line."""


def load_graph(path: str) -> Graph:
    """The graph in a file; ``-`` is what comes through standard input.

    Raises:
        CliError: there is none; the message names the file, and the line where its text goes wrong.
    """
    import sys
    from pathlib import Path

    import kgraph.opset  # noqa: F401  (the ops that a graph may hold)
    from kgraph.ir import Graph
    from kgraph.text import GraphSyntaxError

    try:
        return Graph.parse(sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8"))
    except GraphSyntaxError as error:
        raise CliError(f"{path}, {error}") from None
    except UnicodeDecodeError:
        raise CliError(f"{path} is not a graph: it is not text") from None


def load_arrays(path: str) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` file by name.

    Raises:
        CliError: the file holds none.
    """
    from zipfile import BadZipFile
    from zlib import error as CompressionError

    import numpy as np

    try:
        file = np.load(path, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise CliError(f"{path} holds one array without a name; save the feeds with numpy.savez(path, name=...)")
        with file:
            return {name: file[name] for name in file.files}
    except (ValueError, EOFError, KeyError, RuntimeError, MemoryError, BadZipFile, CompressionError) as error:
        reason = str(error) or type(error).__name__
        if "allow_pickle" in reason:
            # What numpy advises here is not for files of unknown origin.
            reason = "it is a file of another kind, or holds Python objects"
        raise CliError(f"{path} is not an .npz file of plain arrays: {reason}") from None
