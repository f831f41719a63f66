"""A training step while another process keeps one core busy, against a step on a quiet machine.

    python bench/busy_core.py [--workloads middle] [--peers kgraph,jax] [--limit 2]

Ends with 1 if a step of kgraph takes more than the limit times its quiet time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from harness.figures import QUESTIONS, number
from harness.options import add_plan_options, add_workload_option, chosen_plan, names
from harness.peers import KGRAPH, PEERS
from harness.report import table
from harness.rounds import Contestant, Plan, asked
from harness.session import Unavailable
from harness.terminal import tell

PLAN = Plan(starts=1, rounds=9, seconds=0.5)
SPIN = "print(flush=True)\nwhile True: pass"


@contextmanager
def busy_core() -> Iterator[None]:
    """Another process computes on one of the cores that this one may use."""
    with subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        try:
            yield
        finally:
            process.kill()


def medians(contestant: Contestant, workload: str, plan: Plan) -> tuple[float, float]:
    """µs of a step, quiet and with a busy core, taking turns.

    Raises:
        WorkerFailed: the worker did not come up, or broke down.
    """
    quiet, busy = [], []
    question = {**QUESTIONS["step_us"], "seconds": plan.seconds}
    for _ in range(plan.starts):
        with contestant.start(workload) as session:
            for _ in range(plan.rounds):
                quiet.append(asked(session, question))
                with busy_core():
                    busy.append(asked(session, question))
    return statistics.median(quiet), statistics.median(busy)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_workload_option(parser, default=("small", "middle", "large"))
    parser.add_argument("--peers", type=names(PEERS, "peer"), default=[KGRAPH], metavar="NAME,...")
    parser.add_argument("--limit", type=float, default=2.0, help="the ratio that kgraph may reach, 2")
    add_plan_options(parser, PLAN)
    given = parser.parse_args()
    rows, worst = [], 0.0
    for workload in given.workloads:
        for name in given.peers:
            tell(f"{workload}: {name}")
            try:
                quiet, busy = medians(Contestant(name, PEERS[name]), workload, chosen_plan(given, PLAN))
            except Unavailable as reason:
                tell(f"{workload}: without {name}: {reason}")
                continue
            rows.append([f"{workload}: {PEERS[name].title}", number(quiet), number(busy), number(busy / quiet)])
            worst = max(worst, busy / quiet) if name == KGRAPH else worst
    print(table(["", "quiet, µs", "a core busy, µs", "ratio"], rows))
    if worst > given.limit:
        sys.exit(f"busy_core: a step takes {worst:.2f} times its quiet time")


if __name__ == "__main__":
    main()
