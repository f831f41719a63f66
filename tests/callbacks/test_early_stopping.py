"""Early stopping, and which values of a metric are better."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from fake_training import FakeModel, epochs, train

from kgraph import metrics
from kgraph.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau


@pytest.mark.parametrize(
    ("patience", "values", "ran"),
    [
        (0, [3.0, 2.0, 2.0, 1.0], 3),
        (1, [3.0, 2.0, 2.0, 1.0], 3),
        (2, [3.0, 4.0, 2.0, 2.5, 2.5, 1.0], 5),
        (2, [3.0, 2.0, 1.0], 3),
    ],
)
def test_training_stops_after_patience_epochs_without_improvement(patience: int, values: list[float], ran: int) -> None:
    stopping = EarlyStopping(patience=patience)
    model = train(stopping, epochs("val_loss", *values))
    assert model.weights[0] + 1 == ran
    assert model.stop_training == (stopping.stopped_epoch > 0) == (ran < len(values))


@pytest.mark.parametrize(
    ("monitor", "mode", "values", "best"),
    [
        ("val_loss", "auto", [2.0, 1.0, 3.0], 1.0),
        ("val_acc", "auto", [0.2, 0.1, 0.3], 0.3),
        ("weighted_auc", "auto", [0.2, 0.1, 0.3], 0.3),
        ("acc_loss", "auto", [0.2, 0.1, 0.3], 0.1),
        ("mae", "auto", [0.2, 0.1, 0.3], 0.1),
        ("val_left_mean_io_u", "auto", [0.2, 0.1, 0.3], 0.3),
        ("anything", "max", [0.2, 0.1, 0.3], 0.3),
        ("val_acc", "min", [0.2, 0.1, 0.3], 0.1),
    ],
)
def test_what_is_better_follows_mode_and_name(monitor: str, mode: str, values: list[float], best: float) -> None:
    stopping = EarlyStopping(monitor=monitor, mode=mode, patience=5)
    train(stopping, epochs(monitor, *values))
    assert stopping.best == best


@pytest.mark.parametrize(("direction", "best"), [("up", 0.3), ("down", 0.1)])
def test_a_metric_that_knows_its_direction_decides(direction: str, best: float) -> None:
    model = FakeModel([SimpleNamespace(name="score", _direction=direction)])
    stopping = EarlyStopping(monitor="val_score", patience=5)
    train(stopping, epochs("val_score", 0.2, 0.1, 0.3), model=model)
    assert stopping.best == best


def test_a_metric_under_another_name_decides_by_what_it_is() -> None:
    model = FakeModel([metrics.AUC(name="score")])
    stopping = EarlyStopping(monitor="val_left_score", patience=5)
    train(stopping, epochs("val_left_score", 0.2, 0.1, 0.3), model=model)
    assert stopping.best == 0.3


@pytest.mark.parametrize("callback", [EarlyStopping, ReduceLROnPlateau])
def test_a_name_that_says_nothing_needs_a_mode(callback: Any) -> None:
    with pytest.raises(ValueError, match="whether 'val_score' is better when it is larger; pass mode="):
        train(callback(monitor="val_score"), epochs("val_score", 0.2))


def test_the_value_to_watch_can_be_made_of_others() -> None:
    class Summed(EarlyStopping):
        def get_monitor_value(self, logs: Any) -> float:
            return logs["loss"] + logs["val_loss"]

    stopping = Summed(patience=9)
    train(stopping, [{"loss": 1.0, "val_loss": 3.0}, {"loss": 2.0, "val_loss": 1.0}])
    assert stopping.best == 3.0


def test_a_change_below_min_delta_is_no_improvement() -> None:
    stopping = EarlyStopping(min_delta=0.1, patience=2)
    model = train(stopping, epochs("val_loss", 1.0, 0.95, 0.91, 0.5))
    assert model.stop_training
    assert stopping.best == 1.0


def test_epochs_that_miss_the_baseline_count_until_one_is_no_improvement() -> None:
    def epochs_run(*values: float) -> int:
        return int(train(EarlyStopping(baseline=0.5, patience=3), epochs("val_loss", *values)).weights[0]) + 1

    assert epochs_run(1.0, 0.9, 0.95, 0.7) == 3
    assert epochs_run(1.0, 0.9, 0.8, 0.7) == 4
    assert epochs_run(1.0, 0.4, 0.8, 0.7) == 4


def test_epochs_before_the_start_are_not_looked_at() -> None:
    stopping = EarlyStopping(patience=1, start_from_epoch=3)
    model = train(stopping, epochs("val_loss", 0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
    assert (stopping.best, model.weights[0]) == (0.4, 4)


def test_the_weights_of_the_best_epoch_come_back_with_or_without_stopping() -> None:
    stopped = train(EarlyStopping(patience=2, restore_best_weights=True), epochs("val_loss", 3, 1, 2, 2, 2))
    assert stopped.stop_training
    assert stopped.weights[0] == 1
    finished = train(EarlyStopping(patience=9, restore_best_weights=True), epochs("val_loss", 3, 1, 2))
    assert not finished.stop_training
    assert finished.weights[0] == 1


def test_nan_is_never_the_best() -> None:
    stopping = EarlyStopping(patience=9, restore_best_weights=True)
    model = train(stopping, epochs("val_loss", math.nan, 2.0, math.nan, 3.0))
    assert (stopping.best, model.weights[0]) == (2.0, 1)
    only_nan = EarlyStopping(patience=2, restore_best_weights=True)
    assert train(only_nan, epochs("val_loss", *[math.nan] * 5)).weights[0] == 0
    assert only_nan.stopped_epoch == 1


def test_a_value_that_is_not_in_the_logs_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="EarlyStopping looks for 'val_loss', but the logs hold loss, acc"):
        train(EarlyStopping(), [{"loss": 1.0, "acc": 0.5}])


def test_early_stopping_says_what_it_does_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    train(EarlyStopping(patience=1, restore_best_weights=True, verbose=1), epochs("val_loss", 1.0, 2.0))
    assert capsys.readouterr().out == (
        "EarlyStopping: val_loss has not improved for 1 epochs; epoch 2 was the last\n"
        "EarlyStopping: weights are those of epoch 1, the best\n"
    )


@pytest.mark.parametrize("make", [EarlyStopping, lambda mode: ModelCheckpoint("m.keras", mode=mode)])
def test_another_mode_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="mode must be one of 'auto', 'min', 'max', not 'best'"):
        make(mode="best")
