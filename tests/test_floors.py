"""The shape of the source tree: imports go down only, files and functions stay small."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "kgraph"

#: Bottom up. A module may import from its own floor and from those below it. A package stands for all in it.
FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(row.split())
    for row in (
        "threads instructions",
        "_ops version files names arguments tree portable provenance terminal tables",
        "registry",
        "dims",
        "types broadcasting slicing dimension",
        "dtype_policies",
        "config",
        "op",
        "opset",
        "node",
        "verify text",
        "listing dot pictures",
        "ir",
        "builder stages costs",
        "dumps",
        "trace autodiff passes",
        "runtime",
        "profiling",
        "tensor",
        "variable",
        "ops",
        "random",
        "initializers regularizers constraints activations",
        "backend",
        "losses metrics optimizers layers",
        "compile",
        "explain",
        "models callbacks progress data datasets utils saving preprocessing debug",
        "wrappers",
        "__init__ cli",
        "__main__",
    )
)
FLOOR_OF = {name: level for level, floor in enumerate(FLOORS) for name in floor}

LONGEST_FILE = 500
LONGEST_FUNCTION = 60

PYTHON_FILES = sorted(PACKAGE.rglob("*.py"))
CYTHON_FILES = sorted(PACKAGE.rglob("*.pyx"))
C_FILES = sorted((PACKAGE / "csrc").rglob("*.[ch]"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """``kgraph/passes/cse.py`` is ``kgraph.passes.cse``; a package's ``__init__.py`` is the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in PYTHON_FILES}


def floor_name(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def imported_names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) for every import of the file, those inside functions too."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path).rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def kgraph_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, module) for every module of kgraph that the file imports."""
    for line, name in imported_names(path):
        if name.split(".")[0] != "kgraph":
            continue
        while name not in MODULES and name != "kgraph._ops" and "." in name:
            name = name.rpartition(".")[0]
        yield line, name


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, lines) for every function of a Python file; a docstring does not count."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_docstring = ast.get_docstring(node, clean=False) is not None
            docstring = first.end_lineno - first.lineno + 1 if has_docstring else 0
            yield node.name, node.end_lineno - node.lineno + 1 - docstring


CYTHON_FUNCTION = re.compile(r"( *)(?:(?:def|cpdef)\s+|cdef\s[^=:]*?)(\w+)\(.*")


def cython_functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield (name, lines): a function goes on while lines are empty, deeper, or close its header."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for start, line in enumerate(lines):
        header = CYTHON_FUNCTION.fullmatch(line)
        if not header:
            continue
        indent = len(header[1])
        length = 1
        for following in lines[start + 1 :]:
            if following.strip() and len(following) - len(following.lstrip()) <= indent and following.strip()[0] != ")":
                break
            length += 1
        yield header[2], length


def repository_files() -> list[Path]:
    """Return the files that git has or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def test_every_module_has_a_floor() -> None:
    homeless = {floor_name(module) for module in MODULES} - FLOOR_OF.keys()
    assert not homeless, f"give these a floor in FLOORS: {sorted(homeless)}"


def test_every_floor_has_a_tenant() -> None:
    tenants = {floor_name(module) for module in MODULES} | {path.stem for path in CYTHON_FILES}
    assert not FLOOR_OF.keys() - tenants, "FLOORS names modules that are not there"


def test_imports_go_down_only() -> None:
    upward = []
    for module, path in MODULES.items():
        own = FLOOR_OF.get(floor_name(module), len(FLOORS))
        for line, imported in kgraph_imports(path):
            if FLOOR_OF.get(floor_name(imported), -1) > own:
                upward.append(f"{relative(path)}:{line} imports {imported}, which stands higher")
    assert not upward, "\n".join(upward)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: {imported for _, imported in kgraph_imports(path) if imported != module}
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_file_is_long() -> None:
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in [*PYTHON_FILES, *CYTHON_FILES, *C_FILES]
    }
    too_long = {name: length for name, length in lengths.items() if length > LONGEST_FILE}
    assert not too_long, f"more than {LONGEST_FILE} lines: {too_long}"


def test_no_function_is_long() -> None:
    found = [(path, function) for path in PYTHON_FILES for function in functions(path)]
    found += [(path, function) for path in CYTHON_FILES for function in cython_functions(path)]
    too_long = [
        f"{relative(path)}: {name} has {length}" for path, (name, length) in found if length > LONGEST_FUNCTION
    ]
    assert not too_long, f"more than {LONGEST_FUNCTION} lines:\n" + "\n".join(too_long)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the list of files is git's, and this is no checkout")
def test_no_file_names_a_place_on_somebodys_machine() -> None:
    place = re.compile(rb"(?<![\w.~/-])/(?:" + rb"|".join([b"work", b"farm", b"root", b"home"]) + rb")/")
    named = [
        f"{relative(path)}: {found[0].decode()}"
        for path in repository_files()
        if (found := place.search(path.read_bytes()))
    ]
    assert not named, "\n".join(named)
