"""The programs in ``examples/`` are ordinary Keras 3 code: they run the same with ``import keras``."""

from __future__ import annotations

import contextlib
import io

import pytest
from example_claims import CLAIMS, EXAMPLES, claimed_number
from sides import keras, kgraph

pytestmark = pytest.mark.keras
pytest.importorskip("sklearn", reason="the data are scikit-learn's")

OUR_IMPORT = "import kgraph as keras\n"


def printed_by(name: str, package: str) -> str:
    """What the example prints when it is run with ``package`` for Keras."""
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert source.count("kgraph") == 1 and OUR_IMPORT in source
    scope = {"__name__": "__main__"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source.replace(OUR_IMPORT, f"import {package} as keras\n"), name, "exec"), scope)
    assert scope["keras"] is {"kgraph": kgraph, "keras": keras}[package]
    return printed.getvalue()


@pytest.mark.parametrize("name", CLAIMS)
def test_an_example_keeps_its_claim_with_keras_too(name: str) -> None:
    ours, theirs = (claimed_number(name, printed_by(name, package)) for package in ("kgraph", "keras"))
    assert ours == pytest.approx(theirs, abs=CLAIMS[name].tolerance)
