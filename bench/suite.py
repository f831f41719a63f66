"""kgraph beside its peers: speed, memory, import and size. `make bench` runs it where the peers are installed.

    python bench/suite.py [--workloads small,middle] [--peers kgraph,jax] [--rounds 5] [--seconds 0.5]
    python bench/suite.py --quick              a tiny run, to see that all works
    python bench/suite.py --from results.json  shows the tables of an earlier run

Results go to build/bench; with --publish to bench/results, and the tables to bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.agreement import Disagreement
from harness.environment import BENCH, ROOT, distributions, machine, removed_variables, versions
from harness.imports import import_ms
from harness.options import add_plan_options, add_workload_option, chosen_plan, names
from harness.peers import KGRAPH, PEERS, Peer, by_library
from harness.plot import draw
from harness.report import publish, report
from harness.rounds import Contestant, Plan, measure
from harness.session import WorkerFailed
from harness.sgemm import PRODUCTS
from harness.sizes import installed_mb, package_mb
from harness.terminal import tell

PLAN = Plan(starts=2, rounds=5, seconds=0.5)


def run(workloads: Sequence[str], peers: Sequence[Peer], plan: Plan) -> Iterator[dict[str, Any]]:
    """Measures everything. Gives what the JSON file holds, after each workload, so that little is lost by a failure."""
    results: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine(),
        "removed_variables": removed_variables(),
        "plan": asdict(plan),
        "versions": versions(["numpy", *dict.fromkeys(name for peer in peers for name in peer.packages)]),
    }
    tell("imports and sizes")
    libraries = by_library(peers)
    results["import_ms"] = import_ms(libraries, times=plan.starts * plan.rounds)
    results["installed_mb"] = sizes(libraries)
    contestants = [Contestant(peer.name, peer) for peer in peers]
    results["workloads"] = {}
    for name in workloads:
        results["workloads"][name] = asdict(measure(name, contestants, plan, PRODUCTS))
        yield results


def sizes(libraries: Mapping[str, Peer]) -> dict[str, float]:
    """MB on disk beside numpy, by library; those that are not installed are left out."""
    found = {KGRAPH: package_mb(ROOT / "kgraph")} if KGRAPH in libraries else {}
    for name, peer in libraries.items():
        installed = distributions(peer.packages)
        if name != KGRAPH and len(installed) == len(peer.packages):
            found[name] = installed_mb(installed)
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_workload_option(parser)
    parser.add_argument("--peers", type=names(PEERS, "peer"), default=list(PEERS), metavar="NAME,...")
    add_plan_options(parser, PLAN)
    parser.add_argument("--from", dest="earlier", type=Path, metavar="JSON", help="measure nothing, show this run")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", help="a folder for the results")
    parser.add_argument("--publish", action="store_true", help="write bench/results and the tables of bench/README.md")
    return parser.parse_args()


def asked_for(given: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """The results of the earlier run, or of this one as they come in."""
    if given.earlier:
        yield json.loads(given.earlier.read_text(encoding="utf-8"))
    else:
        yield from run(given.workloads, [PEERS[name] for name in given.peers], chosen_plan(given, PLAN))


def write(results: Mapping[str, Any], folder: Path) -> str:
    """Writes the JSON file and the tables into ``folder``; gives the tables."""
    text = report(results)
    (folder / "latest.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "tables.md").write_text(text, encoding="utf-8")
    return text


def main() -> None:
    given = arguments()
    folder = BENCH / "results" if given.publish else given.out
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for results in asked_for(given):
            text = write(results, folder)
    except (Disagreement, WorkerFailed) as reason:
        sys.exit(f"suite: {reason}")
    if not draw(results, folder / "ratios.svg"):
        tell("no plot: matplotlib is not installed")
    if given.publish:
        publish(text, BENCH / "README.md")
    print(text)


if __name__ == "__main__":
    main()
