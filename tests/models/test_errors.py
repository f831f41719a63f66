"""What does not fit is refused by name, and leaves everything as it was."""

from __future__ import annotations

import re
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_cases import (
    assert_same_weights,
    bytes_of,
    classifier,
    features,
    labels,
    regression,
    trained_bytes,
    twins,
    values,
)

import kgraph as keras
from kgraph import layers

X, Y, LABELS = features(), values(), labels()
USES = ("fit", "evaluate", "train_on_batch", "test_on_batch")


def use(model: keras.Model, how: str, *data: Any, **arguments: Any) -> Any:
    silent = {"verbose": 0} if how in ("fit", "evaluate", "predict") else {}
    return getattr(model, how)(*data, **silent, **arguments)


@pytest.fixture
def trained() -> keras.Model:
    model = classifier()
    model.fit(X, LABELS, verbose=0)
    model.evaluate(X, LABELS, verbose=0)
    return model


def changed(array: np.ndarray, value: Any, dtype: Any = None) -> np.ndarray:
    """``array`` with ``value`` for its sample 5."""
    copy = array.astype(dtype or array.dtype)
    copy[5] = value
    return copy


#: What is wrong, the data, and what the message must say.
WRONG_DATA: dict[str, tuple[Any, Any, dict[str, Any], type[Exception], str]] = {
    "too few features": (X[:, :3], LABELS, {}, ValueError, r"input 'features' expects shape .* but got \(10, 3"),
    "an axis too many": (X[None], LABELS, {}, ValueError, r"input 'features' expects .* but got \(1, 10, 4\)"),
    "no axis": (5, LABELS, {}, ValueError, r"input 'features' expects shape \(None, 4\) but got \(\)"),
    "one label too few": (X, LABELS[:9], {}, ValueError, "'features' has 10 samples, but target 'classes.*' has 9"),
    "no inputs": (None, LABELS, {}, ValueError, "no data for input 'features'"),
    "no targets": (X, None, {}, ValueError, "no data for target 'classes'"),
    "two inputs": ([X, X], LABELS, {}, ValueError, r"2 arrays given, but the model has 1 input \(features\)"),
    "two targets": (X, [LABELS, LABELS], {}, ValueError, r"2 arrays given, but the model has 1 target \(classes\)"),
    "an unknown input": ({"x": X}, LABELS, {}, ValueError, "'x' is no input of the model, which has 1 input"),
    "an unknown target": (X, {"y": LABELS}, {}, ValueError, "'y' is no target of the model, which has 1 target"),
    "columns for a sparse loss": (X, np.eye(3)[LABELS], {}, ValueError, r"'classes' expects .* but got \(10, 3\)"),
    "strings": (np.full((10, 4), "a"), LABELS, {}, TypeError, "input 'features' must hold numbers or bools"),
    "a string": ("abc", LABELS, {}, TypeError, "input 'features' must hold numbers"),
    "objects": (np.full((10, 4), None), LABELS, {}, TypeError, "must hold numbers or bools, but has dtype object"),
    "complex numbers": (X + 1j, LABELS, {}, TypeError, "dtype complex64"),
    "dates": (X.astype("M8[s]"), LABELS, {}, TypeError, "dtype datetime64"),
    "ragged lists": ([[1, 2, 3, 4], [1, 2]], [0, 1], {}, ValueError, "'features' is no array: its lists differ in len"),
    "no samples": (X[:0], LABELS[:0], {}, ValueError, "model classifier cannot be .* on data without samples"),
    "too few weights": (X, LABELS, {"sample_weight": np.ones(9)}, ValueError, "but sample weight 'classes' has 9"),
    "weights in a table": (X, LABELS, {"sample_weight": np.ones((10, 2))}, ValueError, "weight 'classes' expects"),
    "weights in words": (X, LABELS, {"sample_weight": "abc"}, TypeError, "sample weight 'classes' must hold numbers"),
    "weights of another": (X, LABELS, {"sample_weight": {"z": 1}}, ValueError, "'z' is no sample weight of the model"),
    "a label too large": (X, changed(LABELS, 3), {}, ValueError, r"output classes \(%loss/.*\): label 3 .*0, 3\)"),
    "a negative label": (X, changed(LABELS, -1), {}, ValueError, "output classes .*: label -1"),
    "a label that is none": (X, changed(LABELS, np.nan, "f4"), {}, ValueError, "output classes .*: label nan"),
    "half a label": (X, changed(LABELS, 1.5, "f4"), {}, ValueError, "output classes .*: label 1.5"),
    "a label beyond floats": (X, changed(LABELS, 2**40), {}, ValueError, "output classes .*: label 1.0"),
}


@pytest.mark.parametrize("how", USES)
@pytest.mark.parametrize("what", WRONG_DATA)
def test_data_that_do_not_fit_are_refused_and_nothing_changes(trained: keras.Model, how: str, what: str) -> None:
    x, y, arguments, error, message = WRONG_DATA[what]
    # An epoch begins with metrics at their start, so that a step of it that is refused leaves them there.
    watched = trained_bytes if how in ("fit", "evaluate") and message.startswith("output") else bytes_of
    before = watched(trained)
    with pytest.raises(error, match=message):
        use(trained, how, x, y, **arguments)
    assert watched(trained) == before


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be an int of at least 1, not 0"),
        ({"batch_size": -(2**70)}, ValueError, "batch_size must be an int of at least 1"),
        ({"batch_size": 2.5}, ValueError, "batch_size must be an int of at least 1, not 2.5"),
        ({"batch_size": "all"}, ValueError, "batch_size must be an int of at least 1, not 'all'"),
        ({"epochs": -1}, ValueError, "epochs must be an int of at least 0, not -1"),
        ({"epochs": "a"}, ValueError, "epochs must be an int of at least 0, not 'a'"),
        ({"initial_epoch": -1}, ValueError, "initial_epoch must be an int of at least 0"),
        ({"validation_split": 2}, ValueError, "validation_split must lie between 0 and 1, but is 2"),
        ({"validation_split": "a"}, ValueError, "validation_split must lie between 0 and 1, but is 'a'"),
        ({"validation_split": 0.99}, ValueError, "leaves none for training"),
        ({"validation_data": 3}, ValueError, r"validation_data must be \(x, y\) or \(x, y, sample_weight\)"),
        ({"validation_data": (X[:, :2], LABELS)}, ValueError, "input 'features' expects"),
        ({"validation_data": (X, LABELS), "validation_batch_size": 0}, ValueError, "validation_batch_size must be an"),
        ({"validation_freq": 0}, ValueError, "validation_freq must be an int of at least 1, not 0"),
        ({"verbose": 7}, ValueError, "verbose must be one of 0, 1, 2, 'auto', not 7"),
        ({"callbacks": [3]}, TypeError, "callbacks must be instances of Callback, but one is 3"),
        ({"class_weight": {0: 1.0}}, ValueError, "class_weight of output 'classes' has no weight for class 1"),
        ({"class_weight": "balanced"}, TypeError, "class_weight of output 'classes' must be a dict"),
    ],
    ids=str,
)
def test_arguments_that_make_no_sense_are_refused(
    trained: keras.Model, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    before = bytes_of(trained)
    with pytest.raises(error, match=message):
        trained.fit(X, LABELS, **{"verbose": 0, **arguments})
    assert bytes_of(trained) == before


def test_a_batch_larger_than_memory_is_one_batch_of_all(trained: keras.Model) -> None:
    trained.fit(X, LABELS, batch_size=2**70, verbose=0)
    assert trained.predict(X, batch_size=2**70, verbose=0).shape == (10, 3)


def test_a_refused_value_is_told_with_its_batch_and_its_place_there(trained: keras.Model) -> None:
    with pytest.raises(ValueError, match=r"label 7 at position 1 is not a class in \[0, 3\), in batch 2 of the pass"):
        trained.fit(X, changed(LABELS, 7), batch_size=2, shuffle=False, verbose=0)


def test_a_run_node_by_node_tells_the_same(trained: keras.Model) -> None:
    trained.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    before = trained.get_weights()
    with pytest.raises(ValueError, match=r"output classes \(%loss/classes/.*\): label 7 at position 5 .* in batch 0"):
        trained.fit(X, changed(LABELS, 7), shuffle=False, verbose=0)
    assert_same_weights(trained.get_weights(), before)
    with pytest.raises(ValueError, match="label 7 at position 1 .* in batch 2 of the pass"):
        trained.fit(X, changed(LABELS, 7), batch_size=2, shuffle=False, verbose=0)


def test_a_bad_sample_in_the_middle_of_an_epoch_leaves_what_the_last_good_step_left() -> None:
    whole, stepped = twins()
    with pytest.raises(ValueError, match="label 7"):
        whole.fit(X, changed(LABELS, 7), batch_size=2, shuffle=False, verbose=0)
    for begin in (0, 2):
        stepped.train_on_batch(X[begin : begin + 2], LABELS[begin : begin + 2])
    assert_same_weights(whole.get_weights(), stepped.get_weights())
    for ours, theirs in zip(whole.optimizer.variables, stepped.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    for model in (whole, stepped):
        model.fit(X, LABELS, shuffle=False, verbose=0)
    assert_same_weights(whole.get_weights(), stepped.get_weights())


class TestEmbedding:
    def model(self) -> keras.Model:
        inputs = keras.Input((3,), dtype="int32", name="tokens")
        x = layers.Flatten()(layers.Embedding(5, 4, name="words")(inputs))
        model = keras.Model(inputs, layers.Dense(1)(x), name="reader")
        model.compile("adam", "mse", metrics=[keras.metrics.MeanSquaredError()])
        model.fit(self.tokens, self.targets, verbose=0)
        return model

    tokens = np.arange(12).reshape(4, 3) % 5
    targets = np.ones((4, 1))

    @pytest.mark.parametrize("index", [5, -1, 10**6, -(2**31)])
    @pytest.mark.parametrize("how", [*USES, "predict", "predict_on_batch", "__call__"])
    def test_an_index_out_of_range_names_the_layer_and_changes_nothing(self, index: int, how: str) -> None:
        model = self.model()
        bad = self.tokens.copy()
        bad[2, 1] = index
        before = trained_bytes(model)
        data = (bad, self.targets) if how in USES else (bad,)
        with pytest.raises(ValueError, match=rf"layer .*words .*: index {index} .* is outside \[0, 5\)"):
            use(model, how, *data)
        assert trained_bytes(model) == before

    @pytest.mark.parametrize(("value", "shown"), [(0.5, "0.5"), (np.nan, "nan"), (2.0**40, "1099511627776.0")])
    def test_what_is_no_index_is_refused_before_it_gets_there(self, value: float, shown: str) -> None:
        bad = self.tokens.astype("float64")
        bad[2, 1] = value
        with pytest.raises(ValueError, match=f"input 'tokens' is int32, but sample 2 holds {re.escape(shown)}"):
            self.model().predict(bad, verbose=0)


class TestUncompiled:
    @pytest.mark.parametrize(
        ("how", "purpose"), [("fit", "trained"), ("train_on_batch", "trained"), ("evaluate", "evaluated")]
    )
    @pytest.mark.parametrize("stack", [[keras.Input((4,)), layers.Dense(1)], [layers.Dense(1)]])
    def test_training_says_what_to_call(self, how: str, purpose: str, stack: list[Any]) -> None:
        model = keras.Sequential(stack, name="raw")
        with pytest.raises(
            RuntimeError, match=f"model raw must be compiled before it is {purpose}: call model.compile"
        ):
            use(model, how, X, Y)

    def test_a_failed_compile_leaves_the_model_compiled_as_it_was(self) -> None:
        model = regression()
        optimizer, function = model.optimizer, model.make_train_function()
        with pytest.raises(ValueError, match="nonsense"):
            model.compile("sgd", "nonsense")
        assert model.optimizer is optimizer and model.make_train_function() is function
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    "fail",
    [
        lambda: regression().fit(X[:, :3], Y, verbose=0),
        lambda: classifier().fit(X, changed(LABELS, 7), verbose=0),
        lambda: regression().predict("abc", verbose=0),
        lambda: classifier().fit(X, np.eye(3)[LABELS], verbose=0),
    ],
)
def test_tracebacks_are_short_and_tell_one_error(fail: Callable[[], object]) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        fail()
    error = caught.value
    text = "".join(traceback.format_exception(error))
    assert "During handling" not in text and "direct cause" not in text
    assert len(traceback.extract_tb(error.__traceback__)) < 14


_FUZZ = """
import sys
import numpy as np
import kgraph as keras
from kgraph import layers

rng = np.random.default_rng(int(sys.argv[1]))
good_x, good_y = rng.normal(size=(6, 4)).astype("f4"), np.arange(6) % 3
inputs = keras.Input((4,))
model = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Dropout(0.5)(inputs)))
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", "sparse_top_k_categorical_accuracy"])
odd = [
    None, "", "abc", b"x", 0, -1, 2**70, 1.5, float("nan"), True, np.float32(1), np.zeros(()), np.array(None),
    [], [[]], {}, (), [None], [[1, 2], [3]], [[[[1]]]], {1, 2}, {"a": 1}, range(6), object(), print,
    good_x, good_y, good_x.T, good_x[:, :0], good_x[:0], good_x[0], good_x[..., None], [good_x, good_x], (good_x,),
    good_x * np.nan, good_x * np.inf, good_x.astype("O"), good_x.astype("U"), good_x.astype(">f8"), good_x.astype("f2"),
    good_x + 1j, good_x > 0, good_y - 2, good_y + 9, memoryview(good_x), np.ma.masked_array(good_x, good_x > 0),
    np.zeros((6, 1), "u1"), np.zeros((0,)), np.zeros((6, 4, 2)), np.zeros((2, 3, 4, 5, 6)), np.zeros(6, "M8[s]"),
    np.zeros(6, [("a", "f4")]), np.broadcast_to(1.0, (6, 4)), np.lib.stride_tricks.as_strided(good_x, (6, 4), (0, 0)),
]
kinds = ["fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch", "__call__"]
pick = lambda: odd[rng.integers(len(odd))]
refused = 0
for _ in range(int(sys.argv[2])):
    how = kinds[rng.integers(len(kinds))]
    x = good_x if rng.random() < 0.4 else pick()
    y = good_y if rng.random() < 0.4 else pick()
    arguments = {"verbose": 0} if how in ("fit", "evaluate", "predict") else {}
    if how in ("fit", "evaluate", "predict") and rng.random() < 0.4:
        arguments["batch_size"] = pick()
    if how in ("fit", "evaluate", "train_on_batch") and rng.random() < 0.3:
        arguments["sample_weight"] = pick()
    if how == "fit" and rng.random() < 0.3:
        name = ["class_weight", "validation_split", "validation_data", "epochs", "callbacks"][rng.integers(5)]
        value = pick()
        arguments[name] = value if name != "epochs" or not (isinstance(value, int) and value > 9) else 2
    takes_target = how not in ("predict", "predict_on_batch", "__call__")
    try:
        getattr(model, how)(*((x, y) if takes_target else (x,)), **arguments)
    except Exception as error:
        assert str(error) or type(error) is AssertionError, (how, type(error))
        internal = (AssertionError, AttributeError, KeyError, NameError, SystemError, UnboundLocalError, StopIteration)
        assert not isinstance(error, internal), (how, x, y, arguments, repr(error))
        refused += 1
print("refused", refused)
"""


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_is_thrown_at_a_model_crashes_the_interpreter(seed: int, tmp_path: Path) -> None:
    root = Path(keras.__file__).resolve().parents[1]
    command = [sys.executable, "-W", "ignore", "-X", "faulthandler", "-c", _FUZZ, str(seed), "800"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout.split()[-1]) > 200
