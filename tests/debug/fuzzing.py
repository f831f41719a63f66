"""Broken texts of graphs and broken bundles, by the thousand: each is refused in words, or it runs.

As a script it goes on for some seconds, in little memory, and prints what came out of it::

    python tests/debug/fuzzing.py parse 10 path/to/bundle
    python tests/debug/fuzzing.py replay 10 path/to/bundle --seed 7
"""

from __future__ import annotations

import argparse
import faulthandler
import random
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from kgraph import Graph
from kgraph.debug.bundles import BundleError
from kgraph.debug.replaying import replay
from kgraph.text import GraphSyntaxError

#: Bytes that a replay may use for its values, and that the whole process may have.
MOST_BYTES: Final = 32 << 20
MOST_MEMORY: Final = 3 << 30
#: One that takes longer has hung.
LONGEST_SECONDS: Final = 20

NUMBERS: Final = ("0", "1", "-1", "3", "7", "2147483648", "99999999999", "9" * 30, "1e999", "NaN", "N", "N*N", "0.5")
PIECES: Final = (
    "[" * 3000,
    '{"a": ' * 3000,
    "(" * 500,
    "N*" * 300 + "N",
    "(A+B+C)*" * 12 + "1",
    "N//0",
    "%x",
    '"',
    "\\",
    "{",
    "}",
    "  # at nowhere:1",
    "\x00",
    "\u2028",
    "é",
    ", ",
    "f64",
    "bool",
    "i32",
    "true",
    "null",
    "[[1]]",
)

Mutation = Callable[[random.Random, str], str]


def _at_random(rng: random.Random, text: str) -> int:
    return rng.randrange(len(text) + 1)


def change_number(rng: random.Random, text: str) -> str:
    found = list(re.finditer(r"\d+(\.\d+)?", text))
    if not found:
        return text
    chosen = rng.choice(found)
    return text[: chosen.start()] + rng.choice(NUMBERS) + text[chosen.end() :]


def change_word(rng: random.Random, text: str) -> str:
    """One word in the place of another one: ops, dtypes, names and attributes change places."""
    found = list(re.finditer(r"[A-Za-z_%][\w/.]*", text))
    if not found:
        return text
    one, other = rng.choice(found), rng.choice(found)
    return text[: one.start()] + other.group() + text[one.end() :]


def insert_piece(rng: random.Random, text: str) -> str:
    at = _at_random(rng, text)
    return text[:at] + rng.choice(PIECES) + text[at:]


def cut(rng: random.Random, text: str) -> str:
    at = _at_random(rng, text)
    return text[:at] + text[at + rng.randrange(1, 30) :]


def change_character(rng: random.Random, text: str) -> str:
    at = _at_random(rng, text)
    return text[:at] + chr(rng.randrange(1, 0x250)) + text[at + 1 :]


def move_line(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True) or [""]
    line = lines.pop(rng.randrange(len(lines)))
    lines.insert(rng.randrange(len(lines) + 1), line * rng.choice((1, 1, 2)))
    return "".join(lines)


MUTATIONS: Final[tuple[Mutation, ...]] = (
    change_number,
    change_number,
    change_word,
    change_word,
    insert_piece,
    cut,
    change_character,
    move_line,
)


def broken(rng: random.Random, text: str) -> str:
    """``text`` with one to three things changed."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        text = rng.choice(MUTATIONS)(rng, text)
    return text


def broken_bytes(rng: random.Random, data: bytes) -> bytes:
    """``data`` with some bytes changed, or the end missing."""
    if rng.random() < 0.2:
        return data[: rng.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 8))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def parse_one(rng: random.Random, bundle: Path) -> str:
    text = broken(rng, (bundle / "graph.kg").read_text())
    try:
        graph = Graph.parse(text)
    except GraphSyntaxError as error:
        assert 1 <= error.line <= len(text.splitlines()) + 1, error
        assert str(error).startswith(f"line {error.line}: ")
        return "refused"
    assert str(Graph.parse(str(graph))) == str(graph)
    return "parsed"


def replay_one(rng: random.Random, bundle: Path) -> str:
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(shutil.copytree(bundle, Path(directory) / "bundle"))
        for _ in range(rng.choice((1, 1, 2))):
            path = copy / rng.choice(("graph.kg", "graph.kg", "graph.kg", "feeds.npz", "parameters.npz", "bundle.json"))
            if path.suffix == ".npz":
                path.write_bytes(broken_bytes(rng, path.read_bytes()))
            else:
                path.write_text(broken(rng, path.read_text()), encoding="utf-8", errors="surrogatepass")
        try:
            found = replay(copy, MOST_BYTES)
        except BundleError as error:
            assert str(error)
            return "refused"
        return "finite" if found is None else "found"


ONE: Final = {"parse": parse_one, "replay": replay_one}


def seeds(first: int, seconds: float) -> Iterator[int]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield first
        first += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=sorted(ONE))
    parser.add_argument("seconds", type=float)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    try:
        import resource
    except ImportError:
        pass
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    counts: Counter[str] = Counter()
    for seed in seeds(arguments.seed, arguments.seconds):
        # What hangs ends the process, and tells where it stood.
        faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)
        try:
            counts[ONE[arguments.kind](random.Random(seed), arguments.bundle)] += 1
        except BaseException as error:
            raise AssertionError(f"{arguments.kind} of seed {seed}") from error
    faulthandler.cancel_dump_traceback_later()
    print(" ".join(f"{count} {what}" for what, count in counts.items()))


if __name__ == "__main__":
    main()
