"""What differs between two graphs: by name and meaning, as text that a person can read."""

from __future__ import annotations

import io
from pathlib import Path

import filetests
import pytest
from two_outputs import two_outputs

import kgraph as keras
from kgraph import Graph
from kgraph.debug import diff
from kgraph.debug.differences import Difference
from kgraph.names import reset_names

FILES = filetests.files("diff")


def difference(source: str) -> Difference:
    """Of the two graphs in the input of a golden file."""
    return diff(*(Graph.parse(text) for text in source.split("=== b\n")))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_difference_is_what_the_file_says(path: Path) -> None:
    filetests.read(path).check({"diff": lambda source: str(difference(source))})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_other_way_round_what_was_added_is_removed(path: Path) -> None:
    a, b = filetests.read(path).source.split("=== b\n")
    there, back = difference(f"{a}=== b\n{b}"), difference(f"{b}=== b\n{a}")
    assert bool(there) == bool(back)
    assert [node.name for node in there.added] == [node.name for node in back.removed]
    assert {new: old for old, new in there.renamed.items()} == back.renamed
    assert len(there.changed) == len(back.changed)


@pytest.fixture
def model() -> keras.Model:
    reset_names()
    return two_outputs()


def again(**changes: object) -> keras.Model:
    """The same model, built in a process that has not built one before."""
    reset_names()
    return two_outputs(**changes)


def test_two_compiles_of_one_model_do_not_differ(model: keras.Model) -> None:
    assert not diff(model, again())
    assert not diff(model.make_train_function(), again().make_train_function())
    assert str(diff(model, again())) == "two and two do not differ\n"


def test_a_model_with_another_rate_differs_in_the_nodes_that_have_it(model: keras.Model) -> None:
    found = diff(model.make_train_function(), again(rate=0.5).make_train_function())
    assert found.reattributed == found.changed != []
    for change in found.changed:
        assert change.before.op == "dropout"
        assert change.changes == (("rate", "0.25", "0.5"),)
    assert not (found.added or found.removed or found.rewired or found.retyped or found.renamed)


def test_a_renamed_layer_is_renamed_in_gradients_updates_and_slots_too(model: keras.Model) -> None:
    found = diff(model.make_train_function(), again(shared="both").make_train_function())
    assert not (found.added or found.removed or found.changed or found.outputs or found.updates)
    renamed = found.renamed
    assert renamed["shared/kernel"] == "both/kernel"
    assert renamed["adam/shared_kernel_momentum"] == "adam/both_kernel_momentum"
    assert renamed["grad/shared/kernel"] == "grad/both/kernel"
    assert renamed["update/shared/kernel/value"] == "update/both/kernel/value"
    assert "shared -> both (" in str(found)


def test_another_optimizer_leaves_the_forward_pass_alone(model: keras.Model) -> None:
    found = diff(model.make_train_function(), again(optimizer="sgd").make_train_function())
    touched = {node.name for node in [*found.added, *found.removed]} | {each.before.name for each in found.changed}
    assert touched and all(name.split("/")[0] in ("adam", "sgd", "update") for name in touched)
    assert {change.after.op for change in found.reoperated} == {"sgd_step"}


def test_two_stages_differ_in_what_the_pass_did(model: keras.Model, tmp_path: Path) -> None:
    with keras.debug.dump_to(tmp_path):
        model.make_train_function()
    (before,), (after,) = (list(tmp_path.glob(f"*/*-{stage}.kg")) for stage in ("gradients", "optimizer"))
    found = diff(before, str(after))
    assert {node.op for node in found.added} >= {"adam_step", "moment", "second_moment"}
    assert not (found.removed or found.changed or found.renamed)
    assert len(found.updates) == sum(update.before is None for update in found.updates) > 0


def test_lines_are_coloured_in_a_terminal_alone(model: keras.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    found = diff(model, again(rate=0.5))
    plain, coloured = io.StringIO(), io.StringIO()
    coloured.isatty = lambda: True
    found.show(plain)
    found.show(coloured)
    assert plain.getvalue() == str(found)
    assert "\x1b[31m0.25\x1b[0m -> \x1b[32m0.5\x1b[0m" in coloured.getvalue()


def test_what_is_no_graph_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="a graph, the path of one, or a model is needed, not int"):
        diff(3, 4)
