"""After every test the threads that read data have ended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from data_cases import BATCH, FEATURES, assert_no_threads_left

from kgraph.data import arrays


@pytest.fixture(autouse=True)
def no_threads_are_left() -> Iterator[None]:
    yield
    assert_no_threads_left()


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read at a time is two batches."""
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 2 * BATCH * (FEATURES + 1) * 4)
