"""How much disk a package takes, with all it needs beside numpy."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

#: Files of the package folder that a build uses and an installation does not have.
SOURCES = (".c", ".h", ".pyx", ".pxd", ".pxi")
REQUIREMENT = re.compile(r"^\s*([\w.-]+)\s*(?:\[([^\]]*)\])?[^;]*(?:;(.*))?$")


def installed_mb(distributions: Iterable[str]) -> float:
    """MB of the files of these distributions and of all they need, numpy left out.

    Raises:
        importlib.metadata.PackageNotFoundError: one of ``distributions`` is not installed.
    """
    needed: dict[str, metadata.Distribution] = {}
    for name in distributions:
        _collect(metadata.distribution(name), needed)
    needed.pop("numpy", None)
    return sum(_distribution_bytes(distribution) for distribution in needed.values()) / 2**20


def package_mb(folder: Path) -> float:
    """MB of an installed copy of the package whose sources are in ``folder``, this Python's bytecode included."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in SOURCES]
    # A source tree may hold those of other Pythons too: file.cpython-311.pyc, file.cpython-311-x86_64-linux-gnu.so.
    own = re.compile(rf"\.{sys.implementation.cache_tag}[-.]")
    kept = [path for path in files if path.suffix not in (".pyc", ".so") or own.search(path.name)]
    return sum(path.stat().st_size for path in kept) / 2**20


def _collect(distribution: metadata.Distribution, needed: dict[str, metadata.Distribution]) -> None:
    name = _normal(distribution.metadata["Name"])
    if name in needed:
        return
    needed[name] = distribution
    for line in distribution.requires or []:
        match = REQUIREMENT.match(line)
        if match is None or "extra" in (match[3] or ""):
            continue
        try:
            _collect(metadata.distribution(match[1]), needed)
        except metadata.PackageNotFoundError:
            continue  # needed on other systems or Pythons only


def _distribution_bytes(distribution: metadata.Distribution) -> int:
    paths = [Path(str(distribution.locate_file(file))) for file in distribution.files or []]
    return sum(path.stat().st_size for path in paths if path.is_file())


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
