"""Two builds of kgraph on one machine, taking turns.

    python bench/compare.py main .                     the revision main, and this tree as it is built
    python bench/compare.py v1 v2 --workloads small    two revisions

A and B are git revisions, or folders with a source tree. A folder in which kgraph has been built is used as it is; all
else is copied to a temporary folder and built there.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.agreement import Disagreement
from harness.environment import ROOT
from harness.figures import number, spread
from harness.options import add_plan_options, add_workload_option, chosen_plan
from harness.peers import KGRAPH, PEERS
from harness.report import COMPARED, table
from harness.rounds import Contestant, Outcome, Plan, measure
from harness.session import WorkerFailed
from harness.terminal import tell

PLAN = Plan(starts=3, rounds=5, seconds=0.3)
#: Samples from which quartiles say something.
ENOUGH = 5
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "build", "*.so", "__pycache__")


def built(source: str, folder: Path) -> Path:
    """The tree of ``source`` with kgraph built in it; ``folder`` is where a copy goes.

    Raises:
        SystemExit: there is no such folder or revision, or it does not build.
    """
    tree = Path(source).resolve()
    if tree.is_dir():
        if any((tree / "kgraph").glob("_ops*.so")):
            return tree
        shutil.copytree(tree, folder, ignore=LEFT_OUT)
    else:
        archive = subprocess.run(["git", "-C", str(ROOT), "archive", source], capture_output=True)
        if archive.returncode:
            sys.exit(f"compare: {source!r} is neither a folder nor a git revision: {archive.stderr.decode().strip()}")
        folder.mkdir()
        subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    tell(f"building {source}")
    if subprocess.run([sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"], cwd=folder).returncode:
        sys.exit(f"compare: {source} does not build")
    return folder


def rows(workload: str, outcome: Outcome, a: str, b: str) -> list[list[str]]:
    """A row per figure: both, and B's in multiples of A's; marked where there are quartiles and they lie apart."""
    lines = []
    for figure in COMPARED:
        samples = [outcome.peers[name][figure.key] for name in (a, b)]
        one, other = map(spread, samples)
        apart = min(map(len, samples)) >= ENOUGH and (one.high < other.low or other.high < one.low)
        verdict = f"{number(other.median / one.median)} ×{' *' if apart else ''}"
        lines.append([f"{workload}: {figure.title}", str(one), str(other), verdict])
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="A")
    parser.add_argument("b", metavar="B")
    add_workload_option(parser)
    add_plan_options(parser, PLAN)
    given = parser.parse_args()
    plan, kgraph = chosen_plan(given, PLAN), PEERS[KGRAPH]
    names = f"A: {given.a}", f"B: {given.b}"
    with tempfile.TemporaryDirectory(prefix="kgraph-compare-") as folder:
        trees = [built(source, Path(folder) / name) for source, name in zip((given.a, given.b), "ab", strict=True)]
        contestants = [Contestant(name, kgraph, tree) for name, tree in zip(names, trees, strict=True)]
        lines = []
        for workload in given.workloads:
            try:
                lines += rows(workload, measure(workload, contestants, plan), *names)
            except (Disagreement, WorkerFailed) as reason:
                sys.exit(f"compare: {reason}")
    print(table(["", *names, "B takes"], lines))
    print("\n*: the quartiles lie apart")


if __name__ == "__main__":
    main()
