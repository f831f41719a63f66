"""Ordinary Keras 3 scripts run with ``import kgraph as keras`` and come to the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from sides import arrays, assert_same

pytestmark = pytest.mark.keras

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))


def results_of(script, package):
    source = script.read_text()
    if package != "keras":
        source = source.replace("import keras\n", f"import {package} as keras\n")
        source = source.replace("from keras ", f"from {package} ")
    scope = {"__name__": "__main__"}
    exec(compile(source, script.name, "exec"), scope)
    assert scope["keras"].__name__ == package
    return scope["results"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_comes_to_the_numbers_it_comes_to_with_keras(script):
    ours, theirs = (arrays(results_of(script, package)) for package in ("kgraph", "keras"))
    assert_same(ours, theirs, rtol=5e-3, atol=5e-4)
