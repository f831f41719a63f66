"""All peers at one workload, taking turns."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.agreement import check_losses
from harness.environment import ROOT
from harness.figures import QUESTIONS
from harness.peers import KGRAPH, Peer
from harness.session import Session, Unavailable, WorkerFailed
from harness.terminal import tell

#: After a burst, threads of its library may spin for a while before they sleep.
PAUSE = 0.02

Samples = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Contestant:
    """One of those that take turns: a peer; for kgraph, the one of ``tree``."""

    name: str
    peer: Peer
    tree: Path = ROOT

    def start(self, workload: str) -> Session:
        """A fresh worker that trains it.

        Raises:
            WorkerFailed: it did not come up.
        """
        return Session("train", self.peer.name, workload, extra=self.peer.environment, tree=self.tree)


@dataclass(frozen=True)
class Plan:
    """How long to measure.

    Attributes:
        starts: fresh processes per peer and workload.
        rounds: how often all peers take their turn in one start.
        seconds: per figure, peer and round.
    """

    starts: int
    rounds: int
    seconds: float


@dataclass
class Outcome:
    """What was measured in one workload: samples by contestant and figure, by library for sgemm; and who is missing."""

    peers: Samples = field(default_factory=dict)
    sgemm: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, figure: str, value: float) -> None:
        self.peers.setdefault(name, {}).setdefault(figure, []).append(value)


class Contest:
    """The workers of one start. A peer that does not come up, or breaks down, is out, and named in the outcome.

    Raises:
        WorkerFailed: so does kgraph, without which there is nothing to compare.
    """

    def __init__(self, workload: str, contestants: Iterable[Contestant], outcome: Outcome, stack: ExitStack) -> None:
        self._outcome = outcome
        self._contestants = {each.name: each for each in contestants if each.name not in outcome.missing}
        self._sessions: dict[str, Session] = {}
        for name, contestant in self._contestants.items():
            try:
                session = stack.enter_context(contestant.start(workload))
            except WorkerFailed as reason:
                self._drop(name, reason)
            else:
                self._sessions[name] = session
                outcome.add(name, "first_step_ms", session.hello["first_step_ms"])

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of each to one question, in turn."""
        answers = {}
        for name, session in list(self._sessions.items()):
            try:
                answers[name] = asked(session, question)
            except WorkerFailed as reason:
                del self._sessions[name]
                self._drop(name, reason)
        return answers

    def measure(self, figure: str, question: Mapping[str, Any]) -> None:
        """Adds a sample of ``figure`` for each."""
        for name, value in self.ask(question).items():
            self._outcome.add(name, figure, value)

    def rotate(self) -> None:
        """From now on the one that was first is last."""
        for first in list(self._sessions)[:1]:
            self._sessions[first] = self._sessions.pop(first)

    def _drop(self, name: str, reason: WorkerFailed) -> None:
        if self._contestants[name].peer.name == KGRAPH:
            raise reason
        self._outcome.peers.pop(name, None)
        # The last line that a worker printed is the error it died of.
        self._outcome.missing[name] = str(reason).strip().splitlines()[-1]
        tell(f"without {name}: {reason}")


def measure(workload: str, contestants: Sequence[Contestant], plan: Plan, products: Iterable[str] = ()) -> Outcome:
    """Samples of every figure for every contestant, and of the sgemm of the libraries ``products``.

    Raises:
        Disagreement: they do not do the same work.
        WorkerFailed: kgraph broke down.
    """
    outcome = Outcome()
    for start in range(plan.starts):
        with ExitStack() as stack:
            contest = Contest(workload, contestants, outcome, stack)
            libraries = _start_products(products, stack)
            check_losses(contest.ask({"do": "losses"}))
            for turn in range(plan.rounds):
                tell(f"{workload}: start {start + 1} of {plan.starts}, round {turn + 1} of {plan.rounds}")
                for library, session in libraries.items():
                    gflops = asked(session, {"do": "sgemm", "seconds": plan.seconds})
                    outcome.sgemm.setdefault(library, []).append(gflops)
                for figure, question in QUESTIONS.items():
                    contest.measure(figure, {**question, "seconds": plan.seconds})
                contest.rotate()
            contest.measure("memory_mb", {"do": "memory"})
    return outcome


def asked(session: Session, question: Mapping[str, Any]) -> Any:
    """One answer, after a pause."""
    time.sleep(PAUSE)
    return session.ask(**question)


def _start_products(products: Iterable[str], stack: ExitStack) -> dict[str, Session]:
    sessions = {}
    for library in products:
        try:
            sessions[library] = stack.enter_context(Session("sgemm", library))
        except Unavailable:
            continue
    return sessions
