"""Callbacks that set the learning rate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from fake_training import FakeModel, epochs, train

from kgraph import Input, Sequential, layers, ops, optimizers
from kgraph.callbacks import LearningRateScheduler, ReduceLROnPlateau


def model_with(optimizer: Any) -> Any:
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def fit(model: Any, callback: Any, epochs: int = 3) -> dict[str, list[float]]:
    x = np.ones((8, 3), "float32")
    history: dict[str, list[float]] = model.fit(x, x[:, :1], epochs=epochs, verbose=0, callbacks=[callback]).history
    return history


def test_a_schedule_sets_the_rate_of_each_epoch_and_the_history_has_it() -> None:
    model = model_with(optimizers.SGD(0.8))
    history = fit(model, LearningRateScheduler(lambda epoch, rate: rate if epoch == 0 else rate / 2))
    assert history["learning_rate"] == [np.float32(rate) for rate in (0.8, 0.4, 0.2)]
    assert float(model.optimizer.learning_rate) == np.float32(0.2)


def test_the_rate_that_is_set_is_the_one_that_trains() -> None:
    model = model_with(optimizers.SGD(0.8))
    before = model.get_weights()
    fit(model, LearningRateScheduler(lambda epoch, rate: 0.0))
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch: 0.5 / (epoch + 1),
        lambda epoch, rate=0.0: 0.5 / (epoch + 1),
        lambda epoch, rate: np.float32(0.5 / (epoch + 1)),
        lambda epoch, rate: 0.5 * ops.exp(-math.log(epoch + 1.0)),
    ],
)
def test_a_schedule_may_take_the_epoch_alone_and_give_any_float(schedule: Any) -> None:
    model = model_with("sgd")
    fit(model, LearningRateScheduler(schedule), epochs=2)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.25)


@pytest.mark.parametrize("rate", [1, None, "fast", np.ones(2)])
def test_a_schedule_that_gives_no_float_is_refused(rate: Any) -> None:
    with pytest.raises(ValueError, match="the schedule must give a float, not .* for epoch 0"):
        train(LearningRateScheduler(lambda epoch, old: rate), epochs("loss", 1.0))


def test_an_error_in_a_schedule_is_not_hidden() -> None:
    def schedule(epoch: int, rate: float) -> float:
        raise TypeError("of the schedule itself")

    with pytest.raises(TypeError, match="of the schedule itself"):
        train(LearningRateScheduler(schedule), epochs("loss", 1.0))


def test_a_rate_that_follows_a_schedule_of_the_optimizer_cannot_be_set() -> None:
    model = model_with(optimizers.SGD(lambda step: 0.1))
    with pytest.raises(TypeError, match="follows a schedule"):
        fit(model, LearningRateScheduler(lambda epoch, rate: 0.1))


def test_a_schedule_says_what_it_sets_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    train(LearningRateScheduler(lambda epoch, rate: 0.25, verbose=1), epochs("loss", 1.0))
    assert capsys.readouterr().out == "LearningRateScheduler: epoch 1 has learning rate 0.25\n"


def rates(values: list[float], start: float = 1.0, **arguments: Any) -> list[float]:
    """The rate after each epoch."""
    model = FakeModel()
    model.optimizer.learning_rate = start
    after: list[float] = []

    class Noting(ReduceLROnPlateau):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_end(epoch, logs)
            after.append(self.model.optimizer.learning_rate)

    train(Noting(**{"factor": 0.5, "patience": 2, **arguments}), epochs("val_loss", *values), model=model)
    return after


def test_the_rate_falls_after_patience_epochs_without_improvement() -> None:
    assert rates([3, 2, 2, 2, 2, 2]) == [1, 1, 1, 0.5, 0.5, 0.25]
    assert rates([3, 2, 2, 1, 1, 0.5]) == [1, 1, 1, 1, 1, 1]


def test_epochs_of_the_cooldown_are_not_counted() -> None:
    assert rates([2, 2, 2, 2, 2, 2], cooldown=2) == [1, 1, 0.5, 0.5, 0.5, 0.25]


def test_the_rate_stops_at_the_least_one() -> None:
    assert rates([2, 2, 2, 2], patience=1, factor=0.1, min_lr=0.05) == [1, 0.1, 0.05, 0.05]


def test_a_change_below_min_delta_reduces_the_rate() -> None:
    assert rates([2, 1.95, 1.91], min_delta=0.1)[-1] == 0.5
    assert rates([2, 1.85, 1.7], min_delta=0.1)[-1] == 1


def test_more_may_be_better() -> None:
    assert rates([1, 2, 3], mode="max")[-1] == 1
    assert rates([3, 2, 1], mode="max")[-1] == 0.5


def test_the_history_has_the_rate_that_an_epoch_had() -> None:
    model = model_with(optimizers.SGD(0.5))
    history = fit(model, ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e9))
    assert history["learning_rate"] == [0.5, 0.5, 0.25]
    assert float(model.optimizer.learning_rate) == 0.125


def test_a_factor_that_does_not_reduce_is_refused() -> None:
    with pytest.raises(ValueError, match="factor must be below 1, not 1.5"):
        ReduceLROnPlateau(factor=1.5)


def test_a_value_that_is_not_there_reduces_nothing() -> None:
    with pytest.warns(UserWarning, match="looks for 'val_loss', but the logs hold loss, learning_rate"):
        model = train(ReduceLROnPlateau(patience=1), epochs("loss", 1.0, 1.0, 1.0))
    assert model.optimizer.learning_rate == 0.5


def test_a_reduction_is_told_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    rates([2, 2, 2], verbose=1)
    assert capsys.readouterr().out == "ReduceLROnPlateau: after epoch 3 the learning rate is 0.5\n"
