"""Gradient graphs that a person can read, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import filetests
import pytest

from kgraph.autodiff import gradients
from kgraph.ir import Graph

FILES = filetests.files("autodiff")


def differentiate(source: str, of: str, wrt: list[str]) -> str:
    return str(gradients(Graph.parse(source), of, wrt).verify())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_gradient_graph_is_what_the_file_says(path: Path) -> None:
    filetests.read(path).check({"gradients": differentiate})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_gradient_graph_that_is_parsed_dumps_the_same(path: Path) -> None:
    test = filetests.read(path)
    for text in [test.source] + ([test.expected] if test.kind == "output" else []):
        assert str(Graph.parse(text)) == text
