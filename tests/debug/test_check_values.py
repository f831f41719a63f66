"""Checking the values of every step: switched on and off, with the same results, and letting through what may stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from planted import BATCH, PLANTED, make_data, make_model

import kgraph as keras
from kgraph import Graph, layers, ops
from kgraph.runtime import guarded
from kgraph.runtime.checked import CheckedFunction
from kgraph.runtime.errors import NodeError
from kgraph.runtime.evaluation import NonFiniteError
from kgraph.runtime.function import Function
from kgraph.runtime.guarded import GuardedFunction


@pytest.fixture(autouse=True)
def bundles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KGRAPH_BUNDLES", str(tmp_path / "bundles"))
    return tmp_path / "bundles"


def fit(model: keras.Model, **options: int) -> dict[str, list[float]]:
    data = make_data()
    arguments = {"batch_size": BATCH, "shuffle": False, "sample_weight": data.weights, "verbose": 0}
    return model.fit(data.x, data.y, **(arguments | options)).history


def linear(*, optimizer: str = "adam", **options: bool) -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="out")])
    model.compile(optimizer, "mse", **options)
    return model


def numbers(rows: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(rows, 3)).astype("float32"), rng.normal(size=(rows, 2)).astype("float32")


# --- the switch -------------------------------------------------------------------------------------------------------


def test_functions_are_plain_unless_values_are_checked() -> None:
    model = linear()
    assert type(model.make_train_function()) is Function
    with keras.debug.check_values():
        assert type(model.make_train_function()) is GuardedFunction
        assert type(linear(run_eagerly=True).make_train_function()) is CheckedFunction
        with keras.debug.check_values(False):
            assert type(model.make_train_function()) is Function
        assert type(model.make_train_function()) is GuardedFunction
        assert type(model.make_predict_function()) is GuardedFunction
    assert type(model.make_train_function()) is type(model.make_predict_function()) is Function


def test_the_switch_holds_until_it_is_turned() -> None:
    keras.debug.check_values()
    try:
        assert type(linear().make_train_function()) is GuardedFunction
    finally:
        keras.debug.check_values(False)
    assert type(linear().make_train_function()) is Function


@pytest.mark.parametrize(("word", "expected"), [("values", "GuardedFunction"), ("", "Function"), ("shapes", "shapes")])
def test_the_environment_switches_it_on_from_the_start(word: str, expected: str) -> None:
    code = (
        "import kgraph as keras\n"
        "model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])\n"
        "model.compile('sgd', 'mse')\n"
        "print(type(model.make_train_function()).__name__)\n"
    )
    environment = os.environ | {"KGRAPH_CHECK": word, "PYTHONPATH": str(Path(keras.__file__).parents[1])}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    if word == "shapes":
        assert "KGRAPH_CHECK is 'shapes'; what can be checked is values" in run.stderr
    else:
        assert run.stdout.split() == [expected], run.stderr


def test_nothing_is_written_while_all_is_finite(bundles: Path) -> None:
    with keras.debug.check_values():
        fit(make_model())
    assert not bundles.exists()


# --- results ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_checked_training_gives_the_very_bits_of_plain_training(optimizer: str) -> None:
    plain, checked = make_model(optimizer=optimizer), make_model(optimizer=optimizer)
    checked.set_weights(plain.get_weights())
    expected = fit(plain, epochs=3)
    with keras.debug.check_values():
        found = fit(checked, epochs=3)
    assert found == expected
    for ours, theirs in zip(checked.get_weights(), plain.get_weights(), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_many_steps_run_in_one_call_while_values_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = numbers(4000)
    calls = []
    plain = Function.run_steps
    monkeypatch.setattr(Function, "run_steps", lambda self, *given: calls.append(given[-1]) or plain(self, *given))
    with keras.debug.check_values():
        linear().fit(x, y, batch_size=4, verbose=0)
    assert sum(calls) == 1000 and max(calls) > 10


def test_evaluating_and_predicting_are_stopped_too() -> None:
    model, (x, y) = linear(), numbers()
    x[7, 2] = np.inf
    with keras.debug.check_values():
        with pytest.raises(NonFiniteError, match="batch 2, counted from 1, of test") as evaluated:
            model.evaluate(x, y, batch_size=5, verbose=0)
        with pytest.raises(NonFiniteError, match="batch 2, counted from 1, of predict") as predicted:
            model.predict(x, batch_size=5, verbose=0)
        with pytest.raises(NonFiniteError, match="one run of predict"):
            model.predict_on_batch(x)
        with pytest.raises(NonFiniteError, match="one run of test"):
            model.test_on_batch(x, y)
        assert evaluated.value.batch == predicted.value.batch == 1
        np.testing.assert_array_equal(model.predict(x[:5], verbose=0), model.predict_on_batch(x[:5]))
    assert np.isinf(model.predict(x, verbose=0)).any()


def test_validation_is_told_from_training() -> None:
    model, (x, y) = linear(), numbers()
    with keras.debug.check_values(), pytest.raises(NonFiniteError, match="epoch 1, batch 1, counted from 1, of test"):
        model.fit(x, y, validation_data=(np.full_like(x, np.nan), y), verbose=0)


def test_the_step_in_a_call_of_many_is_told_and_those_before_it_have_been_taken() -> None:
    x, y = numbers(400)
    plain, checked = linear(optimizer="sgd"), linear(optimizer="sgd")
    checked.set_weights(plain.get_weights())
    plain.fit(x[:300], y[:300], batch_size=4, shuffle=False, verbose=0)
    x[301, 0] = np.nan
    with keras.debug.check_values(), pytest.raises(NonFiniteError) as caught:
        checked.fit(x, y, batch_size=4, shuffle=False, verbose=0)
    assert caught.value.batch == 75
    for ours, theirs in zip(checked.get_weights(), plain.get_weights(), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_a_value_that_a_node_refuses_is_refused_as_ever() -> None:
    data = make_data()
    data.y["tags"][3, 1] = 7
    with keras.debug.check_values(), pytest.raises(NodeError, match="7 at position .* in batch 0 of the pass"):
        make_model().fit(data.x, data.y, batch_size=BATCH, shuffle=False, verbose=0)


def test_a_nan_that_is_masked_away_is_found_all_the_same() -> None:
    x, y = numbers()
    guarded = layers.Lambda(lambda t: ops.where(t > 1e9, ops.sqrt(t - 1e9), t), name="guarded")
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), guarded])
    model.compile("sgd", "mse")
    assert np.isfinite(model.predict(x, verbose=0)).all()
    with keras.debug.check_values(), pytest.raises(NonFiniteError) as caught:
        model.predict(x, verbose=0)
    assert caught.value.node == "guarded/sqrt"


# --- what may stand ---------------------------------------------------------------------------------------------------


def masking_attention() -> keras.Model:
    """Scores of padding are minus infinity, as many write it: that is no mistake."""
    scores = keras.Input((4,), name="scores")
    masked = layers.Lambda(lambda s: ops.softmax(ops.where(s > -1.0, s, -np.inf)), name="weights")(scores)
    model = keras.Model(scores, layers.Dense(1, name="out")(masked))
    model.compile("sgd", "mse")
    return model


def test_an_infinity_that_stands_in_the_graph_is_let_through_with_the_same_results() -> None:
    rng = np.random.default_rng(5)
    scores, y = rng.uniform(-0.9, 1, (64, 4)).astype("float32"), rng.normal(size=(64, 1)).astype("float32")
    scores[10:, 2] = -2.0
    plain, checked = masking_attention(), masking_attention()
    checked.set_weights(plain.get_weights())
    expected = plain.fit(scores, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
    with keras.debug.check_values():
        found = checked.fit(scores, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history
        np.testing.assert_array_equal(checked.predict(scores, verbose=0), plain.predict(scores, verbose=0))
    assert found == expected


def test_a_nan_that_comes_of_such_an_infinity_is_found() -> None:
    scores, y = np.full((8, 4), 0.5, "float32"), np.ones((8, 1), "float32")
    model = masking_attention()
    with keras.debug.check_values():
        scores[1, 1] = -3
        model.train_on_batch(scores, y)
        scores[5] = -3
        with pytest.raises(NonFiniteError, match="with NaN among its values; its operands hold none") as caught:
            model.train_on_batch(scores, y)
    assert caught.value.node.startswith("weights/")


def test_an_infinity_that_constants_make_is_blamed_where_it_is_made() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Lambda(lambda t: t * ops.log(ops.zeros((1,))), name="zero")])
    model.compile("sgd", "mse")
    x, _ = numbers()
    with keras.debug.check_values(), pytest.raises(NonFiniteError) as caught:
        model.predict(x, verbose=0)
    assert caught.value.node == "zero/log"


def test_an_error_says_that_no_bundle_could_be_saved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KGRAPH_BUNDLES", str(tmp_path / "file"))
    case, data = PLANTED["NaN in the data"], make_data()
    model = case.make()
    case.spoil(model, data)
    with keras.debug.check_values(), pytest.raises(NonFiniteError, match="no bundle was saved: .*exists") as caught:
        model.train_on_batch(data.x, data.y, data.weights)
    assert caught.value.bundle is None


def test_what_the_program_alone_makes_is_blamed_on_its_node(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that run one by one may round otherwise than those of a program, at the edge of an overflow."""
    plain = guarded.checked_values

    def without_the_edge(graph: Graph, feeds: dict[str, np.ndarray], *given: object) -> tuple[Graph, dict]:
        return plain(graph, {name: np.nan_to_num(array, posinf=1.0) for name, array in feeds.items()}, *given)

    monkeypatch.setattr(guarded, "checked_values", without_the_edge)
    model, (x, y) = linear(), numbers()
    x[2, 1] = np.inf
    with keras.debug.check_values(), pytest.raises(NonFiniteError) as caught:
        model.train_on_batch(x, y)
    error = caught.value
    assert error.node in error.graph and "values  1 infinite of 36, at [2, 1] inf" in str(error)
