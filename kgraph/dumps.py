"""Dumps: the graph of every stage of every function, written into files that parse.

``KGRAPH_DUMP=dir`` in the environment does it from the start, ``kgraph.debug.dump_to(dir)`` from there on::

    dir/01-train/04-gradients.kg          what the function was after its fourth stage
    dir/02-train-32/07-fuse_dense.kg      the program for batches of 32, after its seventh
    dir/02-train-32/11-scheduled.kg       in the order of running, with kernels, places, bytes and FLOPs
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from kgraph import text
from kgraph.ir import Graph
from kgraph.stages import Making, observers

_NUMBERED: Final = re.compile(r"(\d+)-.*")
#: Of a function, in the name of its folder.
_LONGEST_NAME: Final = 80


class _Folder(NamedTuple):
    path: Path
    stages: list[str]


class Dumper:
    """Writes each stage that it is told of into a file of its own. Folders that are there already stay as they are.

    As a context manager it ends where the block does, and the dumper before it goes on.
    """

    def __init__(self, directory: str | os.PathLike[str], before: Dumper | None) -> None:
        self.directory = Path(directory)
        self._before = before
        self._lock = Lock()
        self._folders: WeakKeyDictionary[Making, _Folder] = WeakKeyDictionary()

    def __call__(self, making: Making, name: str, graph: Graph, remark: text.Remark) -> None:
        with self._lock:
            folder = self._folders.get(making)
            if folder is None:
                folder = self._folders[making] = _Folder(self._new_folder(making), [])
            folder.stages.append(name)
            path = folder.path / f"{len(folder.stages):02}-{_file_name(name)}.kg"
            path.write_text(f"# {_heading(making, name)}\n{text.dump(graph, remark)}", encoding="utf-8")

    def __enter__(self) -> Dumper:
        return self

    def __exit__(self, *raised: object) -> None:
        _watch(self._before)

    def _new_folder(self, making: Making) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        taken = [int(found[1]) for path in self.directory.iterdir() if (found := _NUMBERED.fullmatch(path.name))]
        batch = next((f"-{shape[0]}" for shape in making.shapes.values() if len(shape)), "")
        path = self.directory / f"{max(taken, default=0) + 1:02}-{_file_name(making.function)}{batch}"
        path.mkdir()
        return path


def dump_to(directory: str | os.PathLike[str] | None) -> Dumper | None:
    """Writes the graph of every stage of the functions and programs that are made from now on below ``directory``.

    Args:
        directory: made where it is not there; ``None`` ends the writing.

    Returns:
        A context manager, which ends the writing with its block; ``None`` for ``None``.
    """
    before = _watching()
    dumper = None if directory is None else Dumper(directory, before)
    _watch(dumper)
    return dumper


def _watching() -> Dumper | None:
    return next((observer for observer in observers if isinstance(observer, Dumper)), None)


def _watch(dumper: Dumper | None) -> None:
    """Makes ``dumper`` the one that writes."""
    observers[:] = [observer for observer in observers if not isinstance(observer, Dumper)]
    if dumper is not None:
        observers.append(dumper)


def _heading(making: Making, name: str) -> str:
    fed = ", ".join(f"{text.quoted(leaf)}[{','.join(map(str, shape))}]" for leaf, shape in making.shapes.items())
    return f"{text.quoted(making.function)}{f' for {fed}' if fed else ''}: {name}"


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:_LONGEST_NAME]


if os.environ.get("KGRAPH_DUMP"):
    dump_to(os.environ["KGRAPH_DUMP"])
