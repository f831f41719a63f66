"""What is installed, and what ``import kgraph`` costs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

import kgraph

ROOT = Path(__file__).resolve().parents[1]

#: The only modules of the standard library that kgraph itself imports when it is imported.
STDLIB_IMPORTS = (
    "__future__",
    "abc",
    "base64",
    "collections.abc",
    "contextlib",
    "contextvars",
    "copy",
    "dataclasses",
    "enum",
    "functools",
    "heapq",
    "inspect",
    "itertools",
    "json",
    "math",
    "operator",
    "os",
    "pathlib",
    "re",
    "struct",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "types",
    "typing",
    "warnings",
    "weakref",
    "zlib",
)
#: Never loaded, not even by way of another module, unless numpy itself loads it.
HEAVY = frozenset(
    "argparse asyncio concurrent ctypes doctest email http logging multiprocessing numpy.testing pdb socket ssl "
    "subprocess tomllib unittest urllib xml".split()
)
#: Cython makes these inside every process that loads a module of its making.
CYTHON_MODULES = re.compile(r"_?cython_(runtime|\d+\w*)")


def modules_after(*imports: str) -> frozenset[str]:
    """Return the names in ``sys.modules`` of a new interpreter that has run the imports."""
    program = "".join(f"import {name}\n" for name in imports) + "import sys, json\nprint(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return frozenset(json.loads(run.stdout))


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """What ``import kgraph`` loads beyond what ``import numpy`` does."""
    return modules_after("kgraph") - modules_after("numpy")


def test_import_loads_nothing_but_numpy_and_named_parts_of_the_standard_library(loaded: frozenset[str]) -> None:
    allowed = modules_after("numpy", *STDLIB_IMPORTS)
    foreign = {
        name
        for name in loaded - allowed
        if name.split(".")[0] not in ("kgraph", "numpy") and not CYTHON_MODULES.fullmatch(name)
    }
    assert not foreign, f"import kgraph loads {sorted(foreign)}"


def test_import_loads_nothing_heavy(loaded: frozenset[str]) -> None:
    heavy = {name for name in loaded if name in HEAVY or name.split(".")[0] in HEAVY}
    assert not heavy, f"import kgraph loads {sorted(heavy)}"


def test_numpy_is_the_only_package_needed_at_run_time() -> None:
    needed = [line for line in metadata.requires("kgraph") or [] if "extra ==" not in line]
    assert [re.split(r"\W", line)[0] for line in needed] == ["numpy"]


def test_the_version_is_the_same_everywhere() -> None:
    assert kgraph.__version__ == metadata.version("kgraph")
    assert re.fullmatch(r"\d+\.\d+\.\d+([a-z]+\d+)?", kgraph.__version__)


def test_the_metadata_name_licence_python_and_extras() -> None:
    about = metadata.metadata("kgraph")
    assert about["Name"] == "kgraph"
    assert about["License-Expression"] == "MIT"
    assert about["Requires-Python"] == ">=3.10"
    assert set(about.get_all("Provides-Extra")) == {"h5", "mpi", "sklearn", "test", "lint", "keras", "bench"}
    assert about["Summary"]


def test_the_package_says_that_it_is_typed() -> None:
    folder = Path(kgraph.__file__).parent
    assert (folder / "py.typed").exists()
    assert (folder / "_ops.pyi").exists()


def test_every_name_that_kgraph_lists_is_there() -> None:
    missing = [name for name in kgraph.__all__ if not hasattr(kgraph, name)]
    assert not missing


@pytest.fixture
def check_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_build", ROOT / "tools" / "check_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_missing_for_a_build_is_said_in_one_line_with_its_debian_package() -> None:
    environment = {**os.environ, "CC": "no-such-compiler"}
    command = [sys.executable, str(ROOT / "tools" / "check_build.py")]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stdout + run.stderr == (
        "kgraph cannot be built without a C compiler (no-such-compiler): apt install gcc\n"
    )


def test_several_missing_things_are_one_line_too(check_build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = (("a compiler", lambda: False, "gcc"), ("paper", lambda: True, "paper"), ("venv", lambda: False, "venv"))
    monkeypatch.setattr(check_build, "WANTED", wanted)
    assert check_build.complaint() == "kgraph cannot be built without a compiler, venv: apt install gcc venv"


def test_a_machine_that_has_built_kgraph_lacks_nothing(check_build: ModuleType) -> None:
    assert check_build.complaint() == ""


def test_an_old_python_is_told_which_one_is_needed(check_build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    assert "kgraph needs Python 3.10 or later" in check_build.complaint()
    assert "\n" not in check_build.complaint()
