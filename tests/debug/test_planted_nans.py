"""Ten planted NaNs and infinities, each blamed on the node that made it, with the report and the bundle of it."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import planted
import pytest
from planted import BATCH, PLANTED, Data, Planted, make_data

import kgraph as keras
from kgraph.runtime.evaluation import NonFiniteError

EACH = pytest.mark.parametrize("case", PLANTED.values(), ids=PLANTED)
HOWS = ("checked", "node by node")


@pytest.fixture(autouse=True)
def bundles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KGRAPH_BUNDLES", str(tmp_path / "bundles"))
    return tmp_path / "bundles"


@pytest.fixture(params=HOWS)
def how(request: pytest.FixtureRequest) -> Iterator[dict[str, bool]]:
    """Options of compile under which values are looked at."""
    with keras.debug.check_values(request.param == "checked"):
        yield {"run_eagerly": request.param == "node by node"}


def spoiled(case: Planted, **options: bool) -> tuple[keras.Model, Data]:
    model, data = case.make(**options), make_data()
    case.spoil(model, data)
    return model, data


def fit(model: keras.Model, data: Data) -> None:
    model.fit(data.x, data.y, batch_size=BATCH, epochs=2, shuffle=False, sample_weight=data.weights, verbose=0)


def stopped(model: keras.Model, data: Data) -> NonFiniteError:
    with pytest.raises(NonFiniteError) as caught:
        fit(model, data)
    return caught.value


def contents(model: keras.Model) -> dict[str, bytes]:
    """Everything that a training step may change, to the bit."""
    variables = model.make_train_function().variables
    return {name: storage.array.tobytes() for name, storage in variables.items()}


@EACH
def test_the_node_is_blamed_and_nothing_has_changed(case: Planted, how: dict[str, bool]) -> None:
    model, data = spoiled(case, **how)
    before = contents(model)
    error = stopped(model, data)
    assert error.node == case.node
    assert contents(model) == before
    assert (error.epoch, error.batch) == (0, 0)
    lines = {line[:9].strip(): line[9:].strip() for line in str(error).splitlines() if line.startswith("  ")}
    assert lines["op"] == case.op
    assert lines["phase"] == case.phase
    assert lines["where"] == "epoch 1, batch 1, counted from 1, of train"
    assert lines["node"].startswith(f"%{case.node}: ")
    assert line_is_in(lines["line"], case.line)


def line_is_in(line: str, function: str) -> bool:
    """Whether ``file:line`` lies in the function or method of ``planted`` that is called so."""
    file, _, number = line.rpartition(":")
    places = {"update_step": planted.UnitSteps, "__call__": planted.Harmonic}
    found = getattr(places.get(function, planted), function)
    source, first = inspect.getsourcelines(found)
    return Path(file).name == "planted.py" and first <= int(number) < first + len(source)


@EACH
def test_a_step_on_a_batch_is_stopped_likewise(case: Planted, how: dict[str, bool]) -> None:
    model, data = spoiled(case, **how)
    before = contents(model)
    batch = [{name: array[:BATCH] for name, array in part.items()} for part in data]
    with pytest.raises(NonFiniteError) as caught:
        model.train_on_batch(*batch)
    assert caught.value.node == case.node
    assert "one run of train" in str(caught.value)
    assert contents(model) == before


def test_all_bundles_replay_in_another_process_to_the_same_nodes(bundles: Path) -> None:
    expected = {}
    with keras.debug.check_values():
        for case in PLANTED.values():
            error = stopped(*spoiled(case))
            assert error.bundle is not None
            expected[error.bundle] = str(error).partition("\n\nsaved to ")[0]
    assert all(Path(path).parent == bundles for path in expected)
    code = (
        "import sys, kgraph\n"
        "for path in sys.argv[1:]:\n"
        "    found = kgraph.debug.replay(path)\n"
        "    print(found.node)\n"
        "    assert open(path + '/report.txt').read() == f'{found}\\n', path\n"
        "assert 'planted' not in sys.modules\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KGRAPH_")}
    environment["PYTHONPATH"] = str(Path(keras.__file__).parents[1])
    run = subprocess.run(
        [sys.executable, "-c", code, *expected], env=environment, cwd=bundles, capture_output=True, text=True
    )
    assert run.stderr == ""
    assert run.stdout.split() == [case.node for case in PLANTED.values()]
    for path, text in expected.items():
        assert (Path(path) / "report.txt").read_text() == text + "\n"


def test_a_report_tells_operands_parameters_and_what_came_before() -> None:
    with keras.debug.check_values():
        error = stopped(*spoiled(PLANTED["an overflow in exp"]))
    text = str(error)
    sections = {part.partition(":\n")[0]: part.partition(":\n")[2].splitlines() for part in text.split("\n\n")}
    assert text.startswith("%score/exp (exp) is the first node with infinity among its values")
    assert [line.split()[0] for line in sections["operands"]] == ["%score/add"]
    assert [line.split()[0] for line in sections["parameters of score"]] == ["%score/kernel", "%score/bias"]
    assert "min 10000, max 10000, mean 10000" in sections["parameters of score"][0]
    before = [line.split(":")[0].strip() for line in sections["before it, nearest first"]]
    assert before[0] == "%score/add" and len(before) == 5
    infinite = int(np.isinf(error.values["score/exp"]).sum())
    assert f"{infinite} infinite of {BATCH}, at [" in text


def test_the_error_can_be_sent_to_another_process() -> None:
    with keras.debug.check_values():
        error = stopped(*spoiled(PLANTED["NaN in a metric only"]))
    sent = pickle.loads(pickle.dumps(error))
    assert (str(sent), sent.node, sent.batch, sent.bundle) == (str(error), error.node, 0, error.bundle)


def test_a_later_batch_of_a_later_call_is_told_and_the_steps_before_it_stand(how: dict[str, bool]) -> None:
    model, data = spoiled(PLANTED["NaN in the data"], **how)
    data.x["features"][2, 1] = 1.0
    plain, _ = planted.make_model(), None
    plain.set_weights(model.get_weights())
    fit(model, data)
    data.x["features"][BATCH + 3, 0] = np.nan
    error = stopped(model, data)
    assert (error.epoch, error.batch) == (0, 1)
    assert "epoch 1, batch 2, counted from 1, of train" in str(error)
    with keras.debug.check_values(False):
        rest = [{name: np.nan_to_num(array) for name, array in part.items()} for part in make_data()]
        rest[0]["features"][2, 1] = 1.0
        plain.fit(*rest[:2], batch_size=BATCH, epochs=2, shuffle=False, sample_weight=rest[2], verbose=0)
        first = [{name: array[:BATCH] for name, array in part.items()} for part in rest]
        plain.train_on_batch(*first)
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
