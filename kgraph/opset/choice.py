"""Choices between forms of a graph, made before anything runs."""

from __future__ import annotations

from kgraph.op import define

define(
    "phase(train: A[*s], test: A[*s]) -> A[*s]",
    "`train` where the graph trains, `test` where it tests or predicts.",
    role="choice",
)
