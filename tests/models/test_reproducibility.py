"""One seed, one result, to the bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from model_cases import assert_same_weights

import kgraph as keras
from kgraph import layers

_RUN = """
import hashlib
import numpy as np
import kgraph as keras
from kgraph import layers

def run(seed):
    keras.utils.set_random_seed(seed)
    x = np.random.normal(size=(70, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    model = keras.Sequential([
        keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dropout(0.3), layers.BatchNormalization(),
        layers.Dense(2, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=16, epochs=3, validation_split=0.2, verbose=0).history
    digest = hashlib.sha256(repr(sorted(history.items())).encode())
    for weight in model.get_weights():
        digest.update(weight.tobytes())
    digest.update(model.predict(x, verbose=0).tobytes())
    return digest.hexdigest()
"""


def run(seed: int) -> str:
    """A digest of weights, history and predictions of a training with dropout and shuffling."""
    namespace: dict[str, Any] = {}
    exec(_RUN, namespace)
    return namespace["run"](seed)


def run_elsewhere(seed: int) -> str:
    root = Path(keras.__file__).resolve().parents[1]
    command = [sys.executable, "-c", f"{_RUN}\nprint(run({seed}))"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def test_two_runs_in_one_process_are_equal_to_the_bit() -> None:
    assert run(7) == run(7)


def test_another_seed_gives_another_run() -> None:
    assert run(7) != run(8)


def test_two_processes_are_equal_to_the_bit() -> None:
    assert run_elsewhere(7) == run_elsewhere(7) == run(7)


def test_what_ran_before_the_seed_does_not_matter() -> None:
    expected = run(7)
    keras.Sequential([keras.Input((3,)), layers.Dense(5), layers.Dropout(0.1)]).predict(np.ones((2, 3)), verbose=0)
    np.random.normal(size=100)
    assert run(7) == expected


def test_watching_the_batches_changes_no_bit() -> None:
    results = []
    for callbacks in ([], [keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)]):
        keras.utils.set_random_seed(7)
        x = np.random.normal(size=(50, 4)).astype("float32")
        model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.3), layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(x, x[:, :1], batch_size=4, epochs=2, callbacks=callbacks, verbose=0)
        results.append(model.get_weights())
    assert_same_weights(*results)
