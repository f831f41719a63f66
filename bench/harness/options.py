"""Options that several scripts have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from dataclasses import fields, replace

from harness.rounds import Plan
from harness.workloads import WORKLOADS

QUICK = Plan(starts=1, rounds=1, seconds=0.02)
HELP = {
    "starts": "fresh processes per workload and peer",
    "rounds": "turns of each peer in a start",
    "seconds": "per figure, peer and turn",
}


def names(registry: Collection[str], what: str) -> Callable[[str], list[str]]:
    """A parser of comma-separated names, each one of ``registry``."""

    def parse(text: str) -> list[str]:
        unknown = [name for name in text.split(",") if name not in registry]
        if unknown:
            raise argparse.ArgumentTypeError(f"no {what} {', '.join(unknown)}; there are {', '.join(registry)}")
        return text.split(",")

    return parse


def add_workload_option(parser: argparse.ArgumentParser, default: Sequence[str] = tuple(WORKLOADS)) -> None:
    parser.add_argument("--workloads", type=names(WORKLOADS, "workload"), default=list(default), metavar="NAME,...")


def add_plan_options(parser: argparse.ArgumentParser, plan: Plan) -> None:
    """An option for each field of ``plan``, and ``--quick``."""
    for field in fields(plan):
        default = getattr(plan, field.name)
        parser.add_argument(f"--{field.name}", type=type(default), help=f"{HELP[field.name]}, {default:g}")
    parser.add_argument("--quick", action="store_true", help="a tiny run, to see that all works")


def chosen_plan(given: argparse.Namespace, plan: Plan) -> Plan:
    """``plan``, or the quick one, with what was given by hand."""
    chosen = {field.name: getattr(given, field.name) for field in fields(plan)}
    return replace(QUICK if given.quick else plan, **{name: value for name, value in chosen.items() if value})
