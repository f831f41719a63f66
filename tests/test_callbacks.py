"""Callbacks, on a model that is nothing but its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kgraph.callbacks import (
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LambdaCallback,
    ModelCheckpoint,
    TerminateOnNaN,
)


class FakeModel:
    """Its one weight is the number of the epoch; saving notes where to."""

    def __init__(self, metrics: Sequence[Any] = ()) -> None:
        self.stop_training = False
        self.weights = [np.array(-1)]
        self.saved: list[tuple[str, str]] = []
        self.metrics = list(metrics)

    def get_weights(self) -> list[np.ndarray]:
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = [weight.copy() for weight in weights]

    def save_weights(self, path: str) -> None:
        self.saved.append(("weights", path))

    def save(self, path: str) -> None:
        self.saved.append(("model", path))


def train(callback: Callback, logs: Sequence[Mapping[str, float]], steps: int = 0, model: Any = None) -> FakeModel:
    """Runs ``callback`` over epochs of the given logs."""
    model = model or FakeModel()
    callbacks = CallbackList([callback], model=model)
    callbacks.on_train_begin()
    for epoch, values in enumerate(logs):
        callbacks.on_epoch_begin(epoch)
        for step in range(steps):
            callbacks.on_train_batch_begin(step)
            callbacks.on_train_batch_end(step, values)
        model.weights = [np.array(epoch)]
        callbacks.on_epoch_end(epoch, values)
        if model.stop_training:
            break
    callbacks.on_train_end()
    return model


def epochs(name: str, *values: float) -> list[dict[str, float]]:
    return [{name: value} for value in values]


HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_list_calls_every_hook_of_each_callback_in_order(hook: str) -> None:
    called: list[str] = []
    first = LambdaCallback(**{hook: lambda *_: called.append("first")})
    second = LambdaCallback(**{hook: lambda *_: called.append("second")})
    callbacks = CallbackList([first, [second]])
    caller = hook.replace("on_batch", "on_train_batch")
    getattr(callbacks, caller)(*([0] if "epoch" in hook or "batch" in hook else []), {"loss": 1.0})
    assert called == ["first", "second"]


def test_callbacks_know_their_model_and_params() -> None:
    model, callback = FakeModel(), Callback()
    CallbackList(callback, model=model, epochs=3, steps=10, verbose=0)
    assert callback.model is model
    assert callback.params == {"epochs": 3, "steps": 10, "verbose": 0}


def test_one_callback_cannot_change_the_logs_of_the_next() -> None:
    seen: list[dict[str, float]] = []
    callbacks = CallbackList(
        [
            LambdaCallback(on_epoch_end=lambda epoch, logs: logs.clear()),
            LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs)),
        ]
    )
    callbacks.on_epoch_end(0, {"loss": 1.0})
    assert seen == [{"loss": 1.0}]


def test_what_is_no_callback_is_refused() -> None:
    with pytest.raises(TypeError, match="must be instances of Callback"):
        CallbackList([print])  # type: ignore[list-item]


@pytest.mark.parametrize("hook", ["on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"])
def test_a_hook_for_each_training_step_is_noticed(hook: str) -> None:
    overriding = type("Overriding", (Callback,), {hook: lambda self, batch, logs=None: None})
    assert CallbackList([Callback(), overriding()]).has_batch_hooks
    assert CallbackList([LambdaCallback(**{hook: lambda batch, logs: None})]).has_batch_hooks


def test_hooks_for_test_and_predict_batches_are_noticed_apart() -> None:
    test = CallbackList([LambdaCallback(on_test_batch_end=lambda batch, logs: None)])
    predict = CallbackList([LambdaCallback(on_predict_batch_begin=lambda batch, logs: None)])
    assert (test.has_batch_hooks, test.has_test_batch_hooks, test.has_predict_batch_hooks) == (False, True, False)
    assert (predict.has_batch_hooks, predict.has_test_batch_hooks, predict.has_predict_batch_hooks) == (
        False,
        False,
        True,
    )


def test_callbacks_that_look_at_epochs_alone_let_many_steps_run_at_once() -> None:
    quiet = [
        History(),
        EarlyStopping(),
        ModelCheckpoint("w.npz", save_weights_only=True),
        LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    ]
    assert not CallbackList(quiet).has_batch_hooks
    assert CallbackList([ModelCheckpoint("w.npz", save_weights_only=True, save_freq=5)]).has_batch_hooks
    assert CallbackList([TerminateOnNaN()]).has_batch_hooks


def test_history_keeps_the_logs_of_each_epoch_and_starts_over() -> None:
    history = History()
    for _ in range(2):
        train(history, [{"loss": 2.0, "val_loss": 3.0}, {"loss": 1.0, "val_loss": 4.0}])
        assert history.epoch == [0, 1]
        assert history.history == {"loss": [2.0, 1.0], "val_loss": [3.0, 4.0]}


def test_a_history_is_added_once_where_it_is_asked_for() -> None:
    own = History()
    assert CallbackList([own], add_history=True).history is own
    assert CallbackList(None, add_history=True).history is not None
    assert CallbackList([Callback()]).history is None


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


def test_a_change_below_min_delta_is_no_improvement() -> None:
    stopping = EarlyStopping(min_delta=0.1, patience=2)
    model = train(stopping, epochs("val_loss", 1.0, 0.95, 0.91, 0.5))
    assert model.stop_training
    assert stopping.best == 1.0


def test_epochs_that_miss_the_baseline_count_as_without_improvement() -> None:
    model = train(EarlyStopping(baseline=0.5, patience=3), epochs("val_loss", 1.0, 0.9, 0.8, 0.7))
    assert model.weights[0] == 2
    assert not train(EarlyStopping(baseline=0.5, patience=3), epochs("val_loss", 1.0, 0.4, 0.8, 0.7)).stop_training


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
    with pytest.raises(ValueError, match="mode must be one of auto, min, max, not 'best'"):
        make(mode="best")


def test_a_checkpoint_is_saved_each_epoch_under_a_formatted_name(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "at-{epoch:02d}-{val_loss:.2f}.npz"
    model = train(ModelCheckpoint(path, save_weights_only=True), epochs("val_loss", 0.5, 0.251))
    assert model.saved == [
        ("weights", str(tmp_path / "deep" / "at-01-0.50.npz")),
        ("weights", str(tmp_path / "deep" / "at-02-0.25.npz")),
    ]
    assert (tmp_path / "deep").is_dir()


def test_a_checkpoint_of_the_best_is_saved_when_it_gets_better() -> None:
    best = ModelCheckpoint("at-{epoch}.keras", save_best_only=True)
    model = train(best, epochs("val_loss", 3.0, 4.0, 2.0, math.nan, 2.0))
    assert model.saved == [("model", "at-1.keras"), ("model", "at-3.keras")]


def test_the_best_value_of_an_earlier_training_counts() -> None:
    best = ModelCheckpoint("at-{epoch}.keras", save_best_only=True, initial_value_threshold=2.5)
    assert train(best, epochs("val_loss", 3.0, 2.0)).saved == [("model", "at-2.keras")]


def test_a_checkpoint_can_be_saved_every_few_steps_over_epochs() -> None:
    every = ModelCheckpoint("{epoch}-{batch}.npz", save_weights_only=True, save_freq=4)
    model = train(every, epochs("loss", 3.0, 2.0), steps=6)
    assert [path for _, path in model.saved] == ["1-4.npz", "2-2.npz", "2-6.npz"]


def test_a_name_that_the_logs_do_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match="asks for 'val_loss', but there are only loss, epoch"):
        train(ModelCheckpoint("{val_loss}.keras"), epochs("loss", 1.0))


@pytest.mark.parametrize(("weights_only", "suffix"), [(True, ".npz"), (False, ".keras")])
def test_another_suffix_is_refused(weights_only: bool, suffix: str) -> None:
    with pytest.raises(ValueError, match=f"save_weights_only={weights_only} the file's name must end with {suffix}"):
        ModelCheckpoint("weights.h5", save_weights_only=weights_only)


@pytest.mark.parametrize("save_freq", ["batch", 0, -1, 1.5])
def test_another_frequency_is_refused(save_freq: Any) -> None:
    with pytest.raises(ValueError, match="save_freq must be"):
        ModelCheckpoint("m.keras", save_freq=save_freq)


def test_a_checkpoint_says_what_it_does_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    train(ModelCheckpoint("m.keras", verbose=1, save_best_only=True), epochs("val_loss", 1.0, 2.0))
    assert capsys.readouterr().out == (
        "ModelCheckpoint: epoch 1: val_loss improved from None with 1.0\n"
        "ModelCheckpoint: epoch 1: saving to m.keras\n"
        "ModelCheckpoint: epoch 2: val_loss did not improve from 1.0 with 2.0\n"
    )


def test_a_lambda_callback_has_the_hooks_that_callbacks_have() -> None:
    with pytest.raises(TypeError, match="callbacks have no hook 'on_epoch_stop'"):
        LambdaCallback(on_epoch_stop=lambda: None)


def test_training_ends_when_the_loss_is_no_number() -> None:
    assert not train(TerminateOnNaN(), epochs("loss", 1.0), steps=1).stop_training
    for loss in (math.nan, math.inf):
        assert train(TerminateOnNaN(), epochs("loss", loss), steps=1).stop_training
