"""The programs in ``examples/debugging`` print what ``docs/finding-bugs.md`` shows, and the tools it leads to exist."""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pytest

import kgraph
from kgraph import Input, Model, layers
from kgraph.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "finding-bugs.md").read_text(encoding="utf-8")
TOOLS = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")
PROGRAMS = {path.stem: path for path in sorted((ROOT / "examples" / "debugging").glob("*.py"))}

#: Processors round in different ways, and some hundred steps of training add that up.
RELATIVE: Final = 0.05
ABSOLUTE: Final = 2e-5

_NUMBER: Final = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")


class Shown(NamedTuple):
    """A block of output on the page."""

    text: str
    measured: bool


def shown_by_program() -> dict[str, list[Shown]]:
    """The blocks behind the link to each program."""
    found: dict[str, list[Shown]] = {}
    for section in PAGE.split("\n## "):
        names = re.findall(r"\]\(\.\./examples/debugging/(\w+)\.py\)", section)
        if names:
            blocks = re.findall(r"^```text( measured)?\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
            found[names[0]] = [Shown(text, bool(measured)) for measured, text in blocks]
    return found


SHOWN = shown_by_program()


def words(line: str) -> list[str]:
    """What stands between the numbers of a line, however wide its columns are."""
    return [" ".join(re.sub(r"-{2,}", "--", part).split()) for part in _NUMBER.split(line)]


def numbers(line: str) -> list[float]:
    return [float(number.replace(",", "")) for number in _NUMBER.findall(line)]


def is_printed(shown: str, line: str, measured: bool) -> bool:
    """Whether ``line`` is ``shown``, to rounding; where numbers are ``measured`` they may be any."""
    if words(shown) != words(line):
        return False
    pairs = zip(numbers(shown), numbers(line), strict=True)
    return measured or all(math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE) for a, b in pairs)


def missing_lines(block: Shown, printed: list[str]) -> Iterator[str]:
    """The lines of a block that do not follow each other in what is printed; measured ones are sorted by time."""
    place = 0
    for shown in block.text.splitlines():
        if shown.strip() in ("", "..."):
            continue
        begin = 0 if block.measured else place
        after = (n for n in range(begin, len(printed)) if is_printed(shown, printed[n], block.measured))
        found = next(after, None)
        if found is None:
            yield shown
        else:
            place = found + 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_its_section_shows(name: str, tmp_path: Path) -> None:
    shutil.copy(PROGRAMS[name], tmp_path)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KGRAPH_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [environment.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, f"{name}.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr
    assert [line for block in SHOWN[name] for line in missing_lines(block, done.stdout.splitlines())] == []


def test_each_program_has_a_section_and_each_section_a_program_and_output() -> None:
    assert set(SHOWN) == set(PROGRAMS)
    assert all(SHOWN.values())


def test_a_line_that_is_not_printed_is_found_missing() -> None:
    printed = ["the loss is 0.50", "the node is %a"]
    assert list(missing_lines(Shown("the loss is 0.501\nthe node is %a\n", False), printed)) == []
    assert list(missing_lines(Shown("the loss is 0.6\nthe node is %b\n", False), printed)) == [
        "the loss is 0.6",
        "the node is %b",
    ]
    assert list(missing_lines(Shown("the node is %a\nthe loss is 0.5\n", False), printed)) == ["the loss is 0.5"]
    assert list(missing_lines(Shown("the loss is 7\n", True), printed)) == []


def test_code_on_the_page_that_the_programs_hold_stands_in_them() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in PROGRAMS.values())
    source_lines = {line.strip() for line in sources.splitlines()}
    functions = re.findall(r"^```python\n(def .*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert len(functions) == 3
    assert [line for text in functions for line in text.splitlines() if line.strip() not in source_lines] == []


def test_the_table_of_tools_names_all_of_them_and_each_one_exists() -> None:
    for name in kgraph.debug.__all__:
        assert f"kgraph.debug.{name}(" in TOOLS, name
    for command in COMMANDS:
        assert f"`kgraph {command.name}" in TOOLS, command.name
    for name in re.findall(r"kgraph\.debug\.(\w+)", TOOLS + PAGE):
        assert callable(getattr(kgraph.debug, name))
    for name in re.findall(r"kgraph ([a-z]+) ", " ".join(re.findall(r"`([^`]+)`", TOOLS))):
        assert name in {command.name for command in COMMANDS}
    for name in re.findall(r"(?<!k)graph\.(\w+)\(", TOOLS):
        assert callable(getattr(kgraph.Graph, name))
    package = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "kgraph").rglob("*.py"))
    assert all(f'"{name}' in package for name in re.findall(r"KGRAPH_[A-Z]+", TOOLS))


def test_the_recipe_for_feeds_makes_files_that_run_and_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inputs = Input((3,), name="x")
    model = Model(inputs, layers.Dense(2, name="out")(inputs))
    names = {"model": model, "np": np, "x": np.ones((4, 3))}
    exec(re.findall(r"^```python\n(.*?)^```$", TOOLS, re.DOTALL | re.MULTILINE)[0], names)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["run", "predict.kg", "--feeds", "batch.npz"]) == 0
        np.savez("all.npz", **names["values"])
        assert main(["compare", "predict.kg", "predict.kg", "--feeds", "all.npz"]) == 0
    assert "out: float32[4, 2]" in printed.getvalue()
