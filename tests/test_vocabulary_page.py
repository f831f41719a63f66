"""The page that lists Keras's names beside ours is that of the code."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from types import ModuleType

import make_vocabulary
import pytest

import kgraph
from kgraph import losses, metrics


def test_the_page_is_what_the_code_says() -> None:
    page = make_vocabulary.PAGE.read_text(encoding="utf-8")
    assert page == make_vocabulary.make_page(kgraph), "run `python tools/make_vocabulary.py`"


def test_each_name_of_keras_is_either_there_or_missing_for_one_reason() -> None:
    for section in make_vocabulary.compare(kgraph):
        told = Counter([*section.there, *(name for names in section.missing.values() for name in names)])
        assert told == Counter(make_vocabulary.keras_names()[section.module])


@pytest.mark.parametrize("module", ["losses", "metrics", "optimizers.schedules", "initializers", "activations"])
def test_nothing_is_missing_where_all_is_claimed(module: str) -> None:
    missing = [name for name in make_vocabulary.keras_names()[module] if not hasattr(attrgetter(module)(kgraph), name)]
    assert missing == []


def test_a_module_file_hides_no_function_of_its_name() -> None:
    assert metrics.hinge is losses.hinge
    for section in make_vocabulary.compare(kgraph):
        found = attrgetter(section.module)(kgraph)
        assert [name for name in section.there if isinstance(getattr(found, name), ModuleType)] == []


def test_every_reason_holds_for_some_missing_name_or_is_gone() -> None:
    told = {(s.module, reason) for s in make_vocabulary.compare(kgraph) for reason in s.missing}
    reasons = {(module, reason) for module, table in make_vocabulary.REASONS.items() for reason in table}
    assert reasons <= told
