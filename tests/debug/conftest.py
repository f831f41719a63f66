"""Lines of code are shown relative to the working directory: the repository, from wherever the tests are run."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.chdir(request.config.rootpath)
