"""Every program in ``examples/`` runs, and prints what shows that it learned."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from example_claims import CLAIMS, EXAMPLES, claimed_number, numbers

PROGRAMS = {path.stem: path for path in sorted(EXAMPLES.glob("*.py"))}


def run(path: Path, folder: Path) -> str:
    """What the program prints, run in a process of its own in ``folder``."""
    done = subprocess.run(
        [sys.executable, str(path)], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", CLAIMS)
def test_an_example_ends_well_and_prints_that_it_learned(name: str, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the data are scikit-learn's")
    claimed_number(name, run(PROGRAMS[name], tmp_path))


def test_class_weights_find_more_of_the_rare_class_than_none(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the data are scikit-learn's")
    printed = numbers(run(PROGRAMS["imbalanced"], tmp_path))
    assert printed["recall with class weights"] > printed["recall without class weights"] + 0.1
    assert printed["precision with class weights"] < printed["precision without class weights"]


def test_frozen_layers_are_as_they_were_and_the_head_has_learned(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the data are scikit-learn's")
    printed = run(PROGRAMS["transfer"], tmp_path)
    assert "the frozen layers are as they were: True\nweights that are trained: 2 of 6\n" in printed
    shown = numbers(printed)
    assert shown["accuracy after fine tuning of all layers"] > shown["accuracy on the new digits, from 25 images"]


def test_the_digits_are_learned_and_the_graph_of_the_step_is_left(tmp_path: Path) -> None:
    printed = run(PROGRAMS["digits"], tmp_path)
    share = float(printed.split("% of the images that it never saw")[0].split()[-1])
    assert share > 93
    assert (tmp_path / "demo" / "train.kg").stat().st_size > 1000


def test_every_example_makes_a_claim_and_is_listed_on_their_page() -> None:
    assert set(PROGRAMS) == {*CLAIMS, "digits"}
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [name for name in PROGRAMS if f"[{name}.py]({name}.py)" not in page] == []


def test_examples_are_short_and_say_what_they_show() -> None:
    for path in PROGRAMS.values():
        source = path.read_text(encoding="utf-8")
        assert source.startswith('"""') and len(source.splitlines()) < 80, path.name
