"""Lists of callbacks, and the callbacks that do little."""

from __future__ import annotations

import math

import pytest
from fake_training import FakeModel, epochs, train

from kgraph.callbacks import (
    BackupAndRestore,
    Callback,
    CallbackList,
    EarlyStopping,
    History,
    LambdaCallback,
    ModelCheckpoint,
    ProgbarLogger,
    ReduceLROnPlateau,
    TensorBoard,
    TerminateOnNaN,
)

HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_list_calls_every_hook_of_each_callback_in_order(hook: str) -> None:
    called: list[str] = []
    first = LambdaCallback(**{hook: lambda *_, **__: called.append("first")})
    second = LambdaCallback(**{hook: lambda *_, **__: called.append("second")})
    callbacks = CallbackList([first, [second]])
    getattr(callbacks, hook)(*([0] if "epoch" in hook or "batch" in hook else []), {"loss": 1.0})
    assert called == ["first", "second"]


@pytest.mark.parametrize("when", ["begin", "end"])
def test_a_training_batch_calls_the_hooks_of_the_older_name_too(when: str) -> None:
    called: list[int] = []
    callbacks = CallbackList([LambdaCallback(**{f"on_batch_{when}": lambda batch, logs: called.append(batch)})])
    getattr(callbacks, f"on_train_batch_{when}")(3, {})
    assert called == [3]


def test_callbacks_know_their_model_and_params() -> None:
    model, callback = FakeModel(), Callback()
    CallbackList(callback, model=model, epochs=3, steps=10, verbose=0)
    assert callback.model is model
    assert callback.params == {"epochs": 3, "steps": 10, "verbose": 0}


def test_what_one_callback_adds_to_the_logs_the_next_sees_but_not_the_caller() -> None:
    logs, history = {"loss": 1.0}, History()
    adding = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(extra=2.0))
    CallbackList([adding, history]).on_epoch_end(0, logs)
    assert history.history == {"loss": [1.0], "extra": [2.0]}
    assert logs == {"loss": 1.0}


def test_hooks_without_logs_get_empty_ones() -> None:
    seen: list[dict[str, float]] = []
    CallbackList(LambdaCallback(on_train_begin=seen.append)).on_train_begin()
    assert seen == [{}]


def test_a_list_in_a_list_is_taken_apart() -> None:
    history = History()
    outer = CallbackList([CallbackList([history]), Callback()], add_history=True)
    assert outer.history is history
    assert len(outer) == 2


def test_a_progress_bar_is_added_once_where_it_is_asked_for() -> None:
    assert CallbackList([Callback()], add_progbar=True, epochs=1, steps=1, verbose=0).has_progbar
    assert len(CallbackList([ProgbarLogger()], add_progbar=True, epochs=1, steps=1, verbose=0)) == 1
    assert not CallbackList([Callback()]).has_progbar


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
        ReduceLROnPlateau(),
        ModelCheckpoint("w.npz", save_weights_only=True),
        BackupAndRestore("backup"),
        TensorBoard("logs"),
        LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    ]
    assert not CallbackList(quiet).has_batch_hooks
    assert CallbackList([ModelCheckpoint("w.npz", save_weights_only=True, save_freq=5)]).has_batch_hooks
    assert CallbackList([BackupAndRestore("backup", save_freq=5)]).has_batch_hooks
    assert CallbackList([TensorBoard("logs", update_freq=5)]).has_batch_hooks
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


def test_a_lambda_callback_has_the_hooks_that_callbacks_have() -> None:
    with pytest.raises(TypeError, match="callbacks have no hook 'on_epoch_stop'"):
        LambdaCallback(on_epoch_stop=lambda: None)


def test_training_ends_when_the_loss_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert not train(TerminateOnNaN(), epochs("loss", 1.0), steps=1).stop_training
    for loss in (math.nan, math.inf):
        assert train(TerminateOnNaN(), epochs("loss", loss), steps=1).stop_training
        assert f"the loss of batch 0 is {loss}" in capsys.readouterr().out


def test_a_loss_that_is_no_number_is_an_error_where_that_is_wished() -> None:
    with pytest.raises(RuntimeError, match="the loss of batch 0 is nan"):
        train(TerminateOnNaN(raise_error=True), epochs("loss", math.nan), steps=1)
