"""Golden files: an input, what is done to it, and what comes out, in one file that a person can read.

    pass: bind {"bindings": {"N": 4}}
    --- input
    graph f
    ...
    --- output
    graph f
    ...

Instead of ``--- output`` there may be ``--- error`` with the message. ``KGRAPH_REGOLD=1`` writes what comes out into
the files, for the author to read before committing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"

Action = Callable[..., str]


@dataclass(frozen=True)
class FileTest:
    path: Path
    action: str
    arguments: dict[str, Any]
    source: str
    kind: str
    expected: str

    def check(self, actions: Mapping[str, Action]) -> None:
        """Does the action to the source, and compares (or rewrites) what comes out."""
        kind, result = self._run(actions[self.action])
        if os.environ.get("KGRAPH_REGOLD") == "1":
            heading = self.path.read_text(encoding="utf-8").partition("\n")[0]
            text = f"{heading}\n--- input\n{self.source}--- {kind}\n{result}"
            self.path.write_text(text, encoding="utf-8")
            return
        assert (kind, result) == (self.kind, self.expected)

    def _run(self, action: Action) -> tuple[str, str]:
        try:
            return "output", action(self.source, **self.arguments)
        except ValueError as error:
            return "error", f"{error}\n"


def read(path: Path) -> FileTest:
    """The test in a golden file."""
    heading, _, rest = path.read_text(encoding="utf-8").partition("\n--- input\n")
    action, _, arguments = heading.removeprefix("pass: ").partition(" ")
    kind = "error" if "\n--- error\n" in rest else "output"
    source, _, expected = rest.partition(f"--- {kind}\n")
    return FileTest(path, action, json.loads(arguments or "{}"), source, kind, expected)


def files(folder: str) -> list[Path]:
    """The golden files of a folder, which must not be empty."""
    found = sorted((GOLDEN / folder).glob("*.txt"))
    assert found, f"no golden files in {folder}"
    return found
