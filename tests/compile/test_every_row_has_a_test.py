"""Every row of the compile contract has a test that is named after it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROWS_OF_SECTION = {1: 5, 2: 5, 3: 7, 4: 2, 5: 6, 6: 5}
SWITCHES = ("run_eagerly", "jit_compile", "auto_scale_loss")


def names_of_tests() -> list[str]:
    trees = [ast.parse(path.read_text()) for path in Path(__file__).parent.glob("test_section_*.py")]
    return [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]


def test_every_row_has_a_test_named_after_it() -> None:
    tested = {
        tuple(map(int, match.groups()))
        for name in names_of_tests()
        if (match := re.match(r"test_row_(\d)_(\d)_", name))
    }
    rows = {(section, row) for section, count in ROWS_OF_SECTION.items() for row in range(1, count + 1)}
    assert tested == rows
    assert all(any(switch in name for name in names_of_tests()) for switch in SWITCHES)


def test_no_two_tests_share_a_name() -> None:
    names = [name for name in names_of_tests() if name.startswith("test_")]
    assert len(names) == len(set(names))
