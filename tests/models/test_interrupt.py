"""Ctrl-C stops between steps and leaves a usable model."""

from __future__ import annotations

import _thread
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_cases import bytes_of, features, regression, values

import kgraph as keras

X, Y = features(2000), values(2000)


class Interrupt(keras.callbacks.Callback):
    """Raises at a step."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == self.step:
            raise KeyboardInterrupt


def assert_usable(model: keras.Model) -> None:
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    before = model.evaluate(X, Y, verbose=0)
    model.fit(X, Y, epochs=2, verbose=0)
    assert model.evaluate(X, Y, verbose=0) != before


def test_an_interrupt_in_a_callback_stops_after_its_step() -> None:
    model, stepped = regression(), regression()
    stepped.set_weights(model.get_weights())
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=10, shuffle=False, callbacks=[Interrupt(2)], verbose=0)
    for begin in (0, 10, 20):
        stepped.train_on_batch(X[begin : begin + 10], Y[begin : begin + 10])
    for ours, theirs in zip(model.get_weights(), stepped.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert int(model.optimizer.iterations.numpy()) == 3
    assert_usable(model)


def test_averages_take_the_place_of_weights_where_training_ends_well_alone() -> None:
    model, stepped = regression(), regression()
    stepped.set_weights(model.get_weights())
    for each in (model, stepped):
        each.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:20], Y[:20], batch_size=10, shuffle=False, callbacks=[Interrupt(1)], verbose=0)
    for begin in (0, 10):
        stepped.train_on_batch(X[begin : begin + 10], Y[begin : begin + 10])
    for ours, theirs in zip(model.get_weights(), stepped.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    model.fit(X[:20], Y[:20], verbose=0)
    averages = [v.numpy() for v in model.optimizer.variables if v.path.endswith("average")]
    for ours, average in zip(model.get_weights(), averages, strict=True):
        np.testing.assert_array_equal(ours, average)


@pytest.mark.parametrize("how", ["fit", "evaluate", "predict"])
def test_an_interrupt_from_outside_is_heard_soon(how: str) -> None:
    model = regression()
    model.fit(X, Y, verbose=0)
    many = np.tile(X, (1000, 1))
    asked: list[float] = []

    def interrupt() -> None:
        asked.append(time.perf_counter())
        _thread.interrupt_main()

    timer = threading.Timer(0.3, interrupt)
    targets = (np.tile(Y, (1000, 1)),) if how != "predict" else ()
    arguments = {"epochs": 1000} if how == "fit" else {}
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(1000):
            getattr(model, how)(many, *targets, batch_size=8, verbose=0, **arguments)
    assert time.perf_counter() - asked[0] < 0.5
    assert_usable(model)


def test_an_interrupted_bar_ends_its_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    model = regression()
    monkeypatch.setattr("kgraph.progress.is_terminal", lambda stream: True)
    slow = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: time.sleep(0.02))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, batch_size=10, callbacks=[slow, Interrupt(5)], verbose=1)
    assert capsys.readouterr().out.endswith("\n")


_SCRIPT = """
import sys
import numpy as np
import kgraph as keras
from kgraph import layers

model = keras.Sequential([keras.Input((20,)), layers.Dense(64, activation="relu"), layers.Dense(1)])
model.compile("adam", "mse", metrics=["mae"])
x, y = np.random.normal(size=(200000, 20)).astype("float32"), np.zeros((200000, 1), "float32")
model.fit(x[:64], y[:64], verbose=0)
print("ready", flush=True)
try:
    model.fit(x, y, epochs=10**6, verbose=0)
except KeyboardInterrupt:
    before = model.get_weights()[0].copy()
    model.fit(x[:64], y[:64], verbose=0)
    assert np.isfinite(model.get_weights()[0]).all() and not np.array_equal(before, model.get_weights()[0])
    print("stopped", flush=True)
"""


def test_a_signal_from_the_terminal_stops_the_training() -> None:
    root = Path(keras.__file__).resolve().parents[1]
    with subprocess.Popen([sys.executable, "-c", _SCRIPT], cwd=root, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.5)
        sent = time.perf_counter()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "stopped\n"
        assert time.perf_counter() - sent < 0.5
        assert child.wait(10) == 0


def test_what_a_callback_raises_comes_through_and_the_model_stays_usable() -> None:
    def fail(batch: int, logs: Any) -> None:
        if batch == 1:
            raise RuntimeError("from the callback")

    model = regression()
    before = bytes_of(model)
    with pytest.raises(RuntimeError, match="from the callback"):
        model.fit(X, Y, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=fail)], verbose=0)
    assert bytes_of(model) != before
    assert_usable(model)
