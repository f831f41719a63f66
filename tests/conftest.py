"""A law that no test has to remember: a graph that is built, run or planned is valid, and its text a fixpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graph_law import check_text

from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.runtime import function, program
from kgraph.runtime.choices import Choices
from kgraph.runtime.plan import Plan

_PATCHES = pytest.MonkeyPatch()


def _finish_lawfully(finish: Callable[[Builder], Graph]) -> Callable[[Builder], Graph]:
    def finished(builder: Builder) -> Graph:
        graph = finish(builder)
        check_text(graph)
        return graph

    return finished


def _run_lawfully(check_graph: Callable[..., None]) -> Callable[..., None]:
    def checked(graph: Graph, variables: Any) -> None:
        check_graph(graph, variables)
        check_text(graph)

    return checked


def _plan_lawfully(make_plan: Callable[..., Plan]) -> Callable[..., Plan]:
    def planned(graph: Graph, *options: Choices) -> Plan:
        check_text(graph)
        return make_plan(graph, *options)

    return planned


def pytest_configure(config: pytest.Config) -> None:
    """Holds graphs to the law from the first import of a test module on."""
    _PATCHES.setattr(Builder, "finish", _finish_lawfully(Builder.finish))
    _PATCHES.setattr(function, "_check_graph", _run_lawfully(function._check_graph))
    _PATCHES.setattr(program, "make_plan", _plan_lawfully(program.make_plan))


@pytest.fixture(scope="session", autouse=True)
def _bundles_out_of_the_way(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a test saves because a value is not finite, it saves where nobody looks."""
    _PATCHES.setenv("KGRAPH_BUNDLES", str(tmp_path_factory.mktemp("bundles")))


def pytest_unconfigure(config: pytest.Config) -> None:
    _PATCHES.undo()
