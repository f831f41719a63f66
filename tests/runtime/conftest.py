"""Graphs are verified after every pass while the runtime is tested."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _verify_after_every_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGRAPH_VERIFY", "1")
