"""What is imported when, and what is said where scikit-learn is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kgraph import wrappers

NAMES = ["KerasClassifier", "KerasRegressor", "SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def printed(program: str) -> str:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return run.stdout.strip()


def test_the_names_are_listed_without_scikit_learn() -> None:
    listed = printed("import sys; sys.modules['sklearn'] = None; import kgraph; print(*dir(kgraph.wrappers))")
    assert set(NAMES) <= set(listed.split())
    assert wrappers.__all__ == NAMES


ASKING = """
import sys
sys.modules["sklearn"] = None
import kgraph
for name in kgraph.wrappers.__all__:
    try:
        getattr(kgraph.wrappers, name)
    except ImportError as error:
        print(error)
"""


def test_each_class_says_which_extra_it_needs() -> None:
    expected = [
        f"kgraph.wrappers.{name} needs scikit-learn 1.6 or later: pip install kgraph[sklearn]" for name in NAMES
    ]
    assert printed(ASKING).splitlines() == expected


def test_scikit_learn_is_imported_at_first_use_only() -> None:
    pytest.importorskip("sklearn")
    loaded = "print('sklearn' in sys.modules); "
    program = f"import sys, kgraph.wrappers; {loaded} kgraph.wrappers.KerasClassifier; {loaded}"
    assert printed(program).split() == ["False", "True"]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'kgraph.wrappers' has no attribute 'KerasClusterer'"):
        wrappers.KerasClusterer  # noqa: B018  (the reading is what is tested)
