"""Bundles: all that is needed to run a step again, anywhere, in a directory.

=================== ===============================================================================================
``graph.kg``        the function that was run, as text, with the line of the user's code behind each node
``feeds.npz``       what it was fed
``parameters.npz``  the weights and states before the step, by the names of their nodes
``report.txt``      which node made the NaN or infinity, and of what
``bundle.json``     the version of kgraph that wrote it, and the epoch and batch
=================== ===============================================================================================
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from kgraph.debug.archives import ArchiveError, read_arrays, write_arrays
from kgraph.debug.reports import report
from kgraph.files import umask
from kgraph.ir import Graph
from kgraph.node import PLACEHOLDERS, VARIABLES
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.text import GraphSyntaxError, dump, source_remark
from kgraph.version import __version__

#: Where bundles are saved unless ``KGRAPH_BUNDLES`` says another place.
DEFAULT_DIRECTORY: Final = "kgraph-bundles"
#: The longest text of a graph, and of a remark on the bundle, that is read, in bytes.
LONGEST_GRAPH: Final = 64 << 20
LONGEST_REMARK: Final = 1 << 16
#: The longest name of a bundle, without its number.
LONGEST_NAME: Final = 100

_UNFIT: Final = re.compile(r"[^A-Za-z0-9_.-]+")


class BundleError(ValueError):
    """A directory that is no bundle; the message names the file, and the line where it is a graph."""


class Bundle(NamedTuple):
    """What a directory holds.

    Attributes:
        graph: the function that was run.
        feeds: what it was fed.
        parameters: its variables, by the names of their nodes.
        epoch, batch: where the step was, counted from 0; ``None`` where that is not known.
    """

    graph: Graph
    feeds: Mapping[str, np.ndarray]
    parameters: Mapping[str, np.ndarray]
    epoch: int | None = None
    batch: int | None = None


def save_bundle(error: NonFiniteError, directory: str | os.PathLike[str] | None = None) -> Path:
    """Saves what the run that ended in ``error`` was, written beside and renamed, under a name that is free.

    Args:
        error: as it was raised: its variables are as they were before the step.
        directory: in which; ``KGRAPH_BUNDLES``, or else ``./kgraph-bundles``, where not given.

    Returns:
        The bundle's own directory.

    Raises:
        OSError: it cannot be written.
    """
    # Only what saves a bundle needs them.
    import shutil
    import tempfile

    parent = Path(directory or os.environ.get("KGRAPH_BUNDLES") or DEFAULT_DIRECTORY)
    parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=parent, prefix="."))
    try:
        _write(temporary, error)
        os.chmod(temporary, 0o777 & ~umask())
        return _renamed(temporary, parent, _UNFIT.sub("-", f"{error.function.name}-{error.node}")[:LONGEST_NAME])
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _write(folder: Path, error: NonFiniteError) -> None:
    (folder / "graph.kg").write_text(dump(error.function, source_remark), encoding="utf-8")
    write_arrays(folder / "feeds.npz", error.feeds)
    write_arrays(folder / "parameters.npz", {name: storage.array for name, storage in error.variables.items()})
    (folder / "report.txt").write_text(report(error) + "\n", encoding="utf-8")
    remark = {"version": __version__, "epoch": error.epoch, "batch": error.batch}
    (folder / "bundle.json").write_text(json.dumps(remark) + "\n", encoding="utf-8")


def _renamed(temporary: Path, parent: Path, name: str) -> Path:
    """``temporary`` under the first of ``name``, ``name-2``, ... that is free."""
    for number in count(1):
        target = parent / (name if number == 1 else f"{name}-{number}")
        if not target.exists():
            try:
                return temporary.rename(target)
            except OSError as error:
                # Another process has taken the name meanwhile.
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
    raise AssertionError("numbers never end")


def load_bundle(path: str | os.PathLike[str], most_bytes: int) -> Bundle:
    """The bundle in the directory ``path``, checked.

    Args:
        path: of the directory.
        most_bytes: of its feeds, and of its parameters, that are read.

    Raises:
        BundleError: a file is missing, broken or too large, or the files do not fit each other.
    """
    folder = Path(path)
    try:
        graph = Graph.parse(_text(folder / "graph.kg", LONGEST_GRAPH))
        feeds = read_arrays(folder / "feeds.npz", _dtypes(graph, PLACEHOLDERS), most_bytes)
        parameters = read_arrays(folder / "parameters.npz", _dtypes(graph, VARIABLES), most_bytes)
        return Bundle(graph, feeds, parameters, **_places(folder / "bundle.json"))
    except GraphSyntaxError as error:
        raise BundleError(f"{folder / 'graph.kg'}: {error}") from None
    except ArchiveError as error:
        raise BundleError(f"{folder}: {error}") from None
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise BundleError(f"{folder} is no bundle: it has no file {Path(error.filename).name}") from None


def _dtypes(graph: Graph, ops: tuple[str, ...]) -> dict[str, np.dtype]:
    return {node.name: node.type.numpy_dtype for node in graph.leaves(*ops)}


def _text(path: Path, longest: int) -> str:
    with path.open("rb") as file:
        data = file.read(longest + 1)
    if len(data) > longest:
        raise BundleError(f"{path} has more than {longest:,} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BundleError(f"{path}: line {line}: the text is not UTF-8") from None


def _places(path: Path) -> dict[str, int | None]:
    """The epoch and batch that a bundle tells; not those of a file that is not there, or is another one."""
    if not path.exists():
        return {}
    try:
        told: Any = json.loads(_text(path, LONGEST_REMARK))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: {error}") from None
    if not isinstance(told, dict):
        raise BundleError(f"{path} holds no object")
    places = {name: told.get(name) for name in ("epoch", "batch")}
    for name, place in places.items():
        if place is not None and (type(place) is not int or place < 0):
            raise BundleError(f"{path}: {name} must be a number from 0 on, not {place!r}")
    return places
