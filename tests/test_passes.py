"""Each pass on a graph that a person can read: text in, text out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import filetests
import pytest

from kgraph import passes
from kgraph.ir import Graph


def run_pass(apply: Callable[..., Graph]) -> filetests.Action:
    def act(source: str, **arguments: Any) -> str:
        return str(apply(Graph.parse(source), **arguments).verify())

    return act


ACTIONS = {name: run_pass(getattr(passes, name)) for name in passes.__all__} | {
    "parse": lambda source: str(Graph.parse(source))
}
FILES = filetests.files("passes")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_pass_makes_what_the_file_says(path: Path) -> None:
    filetests.read(path).check(ACTIONS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_dump_that_is_parsed_dumps_the_same(path: Path) -> None:
    test = filetests.read(path)
    texts = [test.expected] if test.kind == "output" else []
    texts += [test.source] if test.action != "parse" else []
    for text in texts:
        assert str(Graph.parse(text)) == text


def test_every_pass_has_a_golden_file() -> None:
    covered = {filetests.read(path).action for path in FILES}
    assert covered == ACTIONS.keys()
