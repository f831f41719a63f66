"""The documents show what the code prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from kgraph.names import reset_names

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
READING = (ROOT / "docs" / "reading-a-dump.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def dump() -> str:
    """What the first block of the README prints."""
    reset_names()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(blocks(README, "python")[0], {})
    return printed.getvalue()


def shown_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() not in ("", "...")]


def test_the_dump_in_the_readme_is_what_its_code_prints(dump: str) -> None:
    printed = iter(dump.splitlines())
    for line in shown_lines(blocks(README, "text")[0]):
        assert line in printed, f"{line!r} does not follow"


def test_every_line_of_a_dump_in_reading_a_dump_about_the_same_model_is_printed(dump: str) -> None:
    lines = [line for line in shown_lines(READING) if re.match(r"%(loss/risk|grad/hidden|risk|hidden)/\S+: ", line)]
    assert len(lines) >= 6
    assert set(lines) <= set(dump.splitlines())


@pytest.mark.parametrize(
    "document",
    [
        *("README.md", "CONTRIBUTING.md", "examples/README.md"),
        *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    ],
)
def test_every_link_between_documents_leads_to_a_file(document: str) -> None:
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).is_file(), f"{document} links to {target}"


def test_every_target_of_make_that_the_documents_name_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z][a-z-]*)", README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert named and all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in named - {"it"}), named
