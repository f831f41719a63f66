"""Metrics with a value for each class or threshold: arrays in logs, and on their way through callbacks and files."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kgraph as keras
from kgraph import callbacks, layers, metrics, ops
from kgraph.progress import format_value

CLASSES = 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype("float32")
Y = np.eye(CLASSES, dtype="float32")[RNG.integers(CLASSES, size=40)]


class Confusion(metrics.Metric):
    """Counts of class and predicted class: a matrix."""

    def __init__(self, name: str = "confusion", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.counts = self.add_weight((CLASSES, CLASSES), name="counts")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        hit = ops.one_hot(ops.argmax(y_pred, axis=-1), CLASSES)
        self.counts.assign_add(ops.matmul(ops.transpose(y_true), hit))

    def result(self) -> Any:
        return self.counts


def classifier(**options: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(CLASSES, activation="softmax")])
    watched = [metrics.F1Score(), "accuracy", metrics.Precision(thresholds=[0.2, 0.4], name="precision"), Confusion()]
    model.compile("sgd", "categorical_crossentropy", metrics=watched, **options)
    return model


def expected_of(model: keras.Model) -> dict[str, np.ndarray]:
    predicted = model.predict(X, verbose=0)
    found = {}
    for metric in (metrics.F1Score(), metrics.Precision(thresholds=[0.2, 0.4], name="precision"), Confusion()):
        metric.update_state(Y, predicted)
        found[metric.name] = np.asarray(metric.result())
    return found


@pytest.mark.parametrize("eagerly", [False, True])
def test_evaluate_gives_an_array_where_a_metric_has_several_numbers(eagerly: bool) -> None:
    model = classifier(run_eagerly=eagerly)
    results = model.evaluate(X, Y, batch_size=16, verbose=0, return_dict=True)
    assert list(results) == ["loss", "f1_score", "accuracy", "precision", "confusion"]
    assert isinstance(results["loss"], float) and isinstance(results["accuracy"], float)
    for name, value in expected_of(model).items():
        assert results[name].shape == value.shape
        np.testing.assert_allclose(results[name], value, rtol=1e-6)
    assert results["confusion"].sum() == len(X)


def test_evaluate_gives_them_in_the_order_of_their_names() -> None:
    model = classifier()
    by_name = model.evaluate(X, Y, verbose=0, return_dict=True)
    in_order = model.evaluate(X, Y, verbose=0)
    for name, value in zip(model.metrics_names, in_order, strict=True):
        np.testing.assert_array_equal(by_name[name], value)


def test_the_history_has_an_array_an_epoch() -> None:
    model = classifier()
    history = model.fit(X, Y, batch_size=16, epochs=3, validation_data=(X, Y), verbose=0).history
    for name, shape in (("f1_score", (3,)), ("precision", (2,)), ("confusion", (3, 3))):
        for key in (name, f"val_{name}"):
            assert [value.shape for value in history[key]] == [shape] * 3
    np.testing.assert_allclose(history["val_f1_score"][-1], expected_of(model)["f1_score"], rtol=1e-6)


def test_one_batch_gives_arrays_too() -> None:
    model = classifier()
    expected = expected_of(model)
    results = model.test_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(results["confusion"], expected["confusion"])
    np.testing.assert_allclose(model.train_on_batch(X, Y)[1], expected["f1_score"], rtol=1e-6)


def test_an_array_of_one_number_is_a_number() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=[metrics.F1Score(threshold=0.5)])
    history = model.fit(X, Y[:, :1], verbose=0).history
    assert isinstance(history["f1_score"][0], float)
    assert isinstance(model.test_on_batch(X, Y[:, :1])[1], float)


def test_callbacks_of_batches_see_arrays() -> None:
    seen: list[Any] = []
    watch = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["confusion"].sum()))
    classifier().fit(X, Y, batch_size=16, callbacks=[watch], verbose=0)
    assert seen == [16, 32, 40]


def test_the_bar_shows_a_few_numbers_and_the_mean_of_many(capsys: pytest.CaptureFixture[str]) -> None:
    classifier().fit(X, Y, verbose=2)
    printed = capsys.readouterr().out
    for number in ("f1_score: [", "precision: [", "confusion: 4.4444 (mean of 9)"):
        assert number in printed
    assert format_value(np.array([0.5, 0.00012])) == "[0.5000 1.2000e-04]"


def test_a_csv_file_has_arrays_as_text(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    history = classifier().fit(X, Y, verbose=0, callbacks=[callbacks.CSVLogger(path)]).history
    with path.open(newline="") as file:
        (row,) = csv.DictReader(file)
    numbers = [float(number) for number in row["f1_score"].strip('"[]').split(", ")]
    np.testing.assert_allclose(numbers, history["f1_score"][0], rtol=1e-6)


def test_nothing_can_be_watched_that_is_several_numbers() -> None:
    stopping = callbacks.EarlyStopping("f1_score", mode="max")
    with pytest.raises(ValueError, match="EarlyStopping: 'f1_score' is 3 numbers; watch a metric that is one"):
        classifier().fit(X, Y, verbose=0, callbacks=[stopping])


def test_tensorboard_gets_each_number_under_its_place(tmp_path: Path) -> None:
    classifier().fit(X, Y, verbose=0, callbacks=[callbacks.TensorBoard(tmp_path, write_graph=False)])
    (file,) = (tmp_path / "train").iterdir()
    data = file.read_bytes()
    assert all(f"epoch_f1_score/{place}".encode() in data for place in range(CLASSES))
    assert b"epoch_f1_score/3" not in data and b"epoch_accuracy" in data
