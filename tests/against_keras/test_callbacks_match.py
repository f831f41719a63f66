"""Callbacks beside Keras: which hooks are called with what, and what callbacks decide."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from sides import assert_same, both, both_models, keras, kgraph

from kgraph.callbacks.monitor import Monitor

pytestmark = [
    pytest.mark.keras,
    # Keras's own arrays say so at every conversion.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

RNG = np.random.default_rng(43)
X = RNG.normal(size=(10, 4)).astype("float32")
Y = RNG.normal(size=(10, 2)).astype("float32")


def dense(side):
    model = side.Sequential([side.Input((4,)), side.layers.Dense(2)])
    model.compile(side.optimizers.SGD(0.5), loss="mse", metrics=["mae"])
    return model


def recorder(side, recorded):
    """A callback that notes each hook, its number, the names in its logs, and the params."""

    def noting(hook):
        def note(self, *number, logs=None):
            *number, logs = (*number, logs) if logs is not None else number
            recorded.append((hook, *number, sorted(logs), sorted(self.params.items())))

        return note

    hooks = [name for name in dir(side.callbacks.Callback) if name.startswith("on_")]
    return type("Recorder", (side.callbacks.Callback,), {hook: noting(hook) for hook in hooks})()


@pytest.mark.parametrize(
    "use",
    [
        lambda model, callback: model.fit(
            X, Y, 4, 2, callbacks=[callback], verbose=0, validation_data=(X[:5], Y[:5]), validation_batch_size=3
        ),
        lambda model, callback: model.evaluate(X, Y, 4, callbacks=[callback], verbose=0),
        lambda model, callback: model.predict(X, 4, callbacks=[callback], verbose=0),
    ],
    ids=["fit", "evaluate", "predict"],
)
def test_hooks_come_in_the_order_of_keras_with_its_logs_and_params(use):
    recorded = []
    for side in (kgraph, keras):
        calls = []
        use(dense(side), recorder(side, calls))
        recorded.append(calls)
    assert recorded[0] == recorded[1]


def test_the_logs_have_the_numbers_of_keras():
    seen = []

    def values(side, model):
        logged = []
        seeing = side.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: logged.append(dict(logs)),
            on_test_batch_end=lambda batch, logs: logged.append(dict(logs)),
            on_epoch_end=lambda epoch, logs: logged.append(dict(logs)),
        )
        model.fit(X, Y, 4, 2, callbacks=[seeing], verbose=0, shuffle=False, validation_split=0.3)
        seen.append([[logs[name] for name in sorted(logs)] for logs in logged])

    ours, theirs = both_models(dense)
    values(kgraph, ours)
    values(keras, theirs)
    assert_same(*seen)


def test_a_predicted_batch_brings_its_outputs():
    seen = []
    for side, model in zip((kgraph, keras), both_models(dense), strict=True):
        outputs = []
        noting = side.callbacks.LambdaCallback(
            on_predict_batch_end=lambda batch, logs, outputs=outputs: outputs.append(np.array(logs["outputs"]))
        )
        model.predict(X, 4, callbacks=[noting], verbose=0)
        seen.append(outputs)
    assert_same(*seen)


def driven(make, values, drive):
    """What ``drive(callback, model, logs)`` gives for each epoch, on both sides.

    ``make(side)`` is a callback; ``values`` of ``val_loss`` are fed to it, as though from training.
    """
    results = []
    for side in (kgraph, keras):
        model, callback = dense(side), make(side)
        callback.set_model(model)
        callback.set_params({"epochs": len(values), "steps": 1, "verbose": 0})
        model.stop_training = False
        callback.on_train_begin({})
        told = []
        for epoch, value in enumerate(values):
            callback.on_epoch_begin(epoch, {})
            callback.on_train_batch_end(0, {"loss": value})
            model.set_weights([np.full_like(weight, epoch) for weight in model.get_weights()])
            logs = {"loss": 1.0, "val_loss": value}
            callback.on_epoch_end(epoch, logs)
            told.append(drive(callback, model, logs))
            if model.stop_training:
                break
        callback.on_train_end({})
        results.append((told, float(model.get_weights()[0].max())))
    return results


#: Losses that fall, stay, rise and fall again, in steps that `min_delta` may find too small.
CURVES = [list(np.round(np.random.default_rng(seed).normal(3, 1, 14).cumsum() % 4, 1) + 0.5) for seed in range(4)]
CURVES.append([2.0, 1.5, 1.5, 1.45, 1.4, 1.4, 1.4, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize(
    "arguments",
    [
        {"patience": 1},
        {"patience": 2, "restore_best_weights": True, "min_delta": 0.15},
        {"patience": 3, "mode": "max", "restore_best_weights": True},
        {"patience": 2, "baseline": 1.2},
        {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True},
        {"patience": 0},
    ],
)
def test_early_stopping_decides_as_in_keras(arguments, curve):
    ours, theirs = driven(
        lambda side: side.callbacks.EarlyStopping(**arguments),
        curve,
        lambda callback, model, logs: (
            callback.wait, callback.best, callback.best_epoch, callback.stopped_epoch, model.stop_training
        ),
    )  # fmt: skip
    assert ours == theirs


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize(
    "arguments",
    [
        {"patience": 1},
        {"patience": 2, "factor": 0.5, "min_delta": 0.15},
        {"patience": 1, "cooldown": 2, "factor": 0.3},
        {"patience": 1, "factor": 0.2, "min_lr": 0.03, "mode": "max"},
        {"patience": 0, "cooldown": 1},
    ],
)
def test_the_rate_falls_as_in_keras(arguments, curve):
    ours, theirs = driven(
        lambda side: side.callbacks.ReduceLROnPlateau(**arguments),
        curve,
        lambda callback, model, logs: [
            float(np.asarray(model.optimizer.learning_rate)), logs["learning_rate"], callback.wait,
            callback.cooldown_counter, callback.best,
        ],
    )  # fmt: skip
    assert_same(*[[told for told, _ in [side]] for side in (ours, theirs)])


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch: 0.1 * (epoch + 1),
        lambda epoch, rate: rate * 0.9,
        lambda epoch, rate: np.float32(rate / (epoch + 1)),
    ],
)
def test_a_schedule_is_followed_as_in_keras(schedule):
    ours, theirs = driven(
        lambda side: side.callbacks.LearningRateScheduler(schedule),
        [1.0] * 4,
        lambda callback, model, logs: [float(np.asarray(model.optimizer.learning_rate)), logs["learning_rate"]],
    )
    assert_same(ours, theirs)


def test_a_rate_of_int_is_refused_by_both():
    for side in (kgraph, keras):
        callback = side.callbacks.LearningRateScheduler(lambda epoch: 1)
        callback.set_model(dense(side))
        with pytest.raises(ValueError, match="float"):
            callback.on_epoch_begin(0)


def test_the_history_has_the_rate_too():
    ours, theirs = (
        dense(side).fit(X, Y, verbose=0, epochs=2, callbacks=[side.callbacks.LearningRateScheduler(lambda e, r: r / 2)])
        for side in (kgraph, keras)
    )
    assert sorted(ours.history) == sorted(theirs.history)
    assert_same(ours.history["learning_rate"], theirs.history["learning_rate"])


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"save_best_only": True},
        {"save_best_only": True, "initial_value_threshold": 1.2},
        {"save_best_only": True, "mode": "max"},
        {"save_best_only": True, "monitor": "loss", "save_freq": 3},
        {"save_best_only": True, "monitor": "val_absent", "mode": "min"},
        {"save_freq": 5},
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_checkpoints_are_saved_when_keras_saves_them(arguments, tmp_path):
    saved = []

    def make(side):
        paths = []
        saved.append(paths)
        ending = ".npz" if side is kgraph else ".weights.h5"
        path = f"{tmp_path}/{'{epoch}'}{ending}"
        callback = side.callbacks.ModelCheckpoint(path, save_weights_only=True, **arguments)
        set_model = callback.set_model

        def watched(model):
            model.save_weights = lambda path, overwrite=True: paths.append(path.removesuffix(ending))
            set_model(model)

        callback.set_model = watched
        return callback

    ours, theirs = driven(make, CURVES[0], lambda callback, model, logs: callback.best)
    assert ours == theirs
    assert saved[0] == saved[1]


@pytest.mark.parametrize("append", [False, True])
def test_csv_files_have_the_bytes_of_keras(append, tmp_path):
    written = []
    for side in (kgraph, keras):
        path = tmp_path / f"{side.__name__}.csv"
        for _ in range(2):
            callback = side.callbacks.CSVLogger(str(path), separator=";", append=append)
            callback.on_train_begin()
            callback.on_epoch_end(0, {"loss": 0.5, "acc": 0.25, "rates": np.array([1, 2]), "name": "a;b"})
            callback.on_epoch_end(1, {"loss": 0.5, "val_loss": 1.0, "val_acc": np.float32(0.5)})
            callback.on_train_end()
        written.append(path.read_bytes())
    assert written[0] == written[1]


def directed_metrics():
    """Metrics of Keras that say whether more of them is better."""
    for name, made in vars(keras.metrics).items():
        if inspect.isclass(made) and issubclass(made, keras.metrics.Metric):
            required = {
                argument.name: {"num_classes": 3, "target_class_ids": [0], "fn": len}.get(argument.name, 0.5)
                for argument in inspect.signature(made).parameters.values()
                if argument.default is argument.empty and argument.kind is argument.POSITIONAL_OR_KEYWORD
            }
            direction = getattr(made(**required), "_direction", None)
            if direction is not None:
                yield name, {"up": "max", "down": "min"}[direction]


@pytest.mark.parametrize(("name", "mode"), list(directed_metrics()))
def test_the_kind_of_a_metric_tells_which_values_are_better(name, mode):
    model = type("Model", (), {"metrics": [type(name, (), {"name": "score"})()]})
    monitor = Monitor("val_score", "auto", 0.0, "EarlyStopping")
    monitor.settle_mode(model)
    assert monitor.mode == mode


def test_what_nothing_is_known_of_is_refused_by_both():
    for side in (kgraph, keras):
        callback = side.callbacks.EarlyStopping(monitor="val_score")
        callback.set_model(dense(side))
        with pytest.raises(ValueError, match="mode="):
            callback.on_train_begin()
            callback.on_epoch_end(0, {"val_score": 1.0})


def test_a_loss_that_is_no_number_ends_the_training_in_both():
    for side in (kgraph, keras):
        model = dense(side)
        broken = np.where(np.arange(10)[:, None] == 5, np.nan, X).astype("float32")
        ended = []
        noting = side.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs, ended=ended: ended.append(batch))
        callbacks = [side.callbacks.TerminateOnNaN(), noting]
        model.fit(broken, Y, 2, 3, verbose=0, shuffle=False, callbacks=callbacks)
        assert ended == [0, 1, 2]
        with pytest.raises(RuntimeError):
            model.fit(broken, Y, verbose=0, callbacks=[side.callbacks.TerminateOnNaN(raise_error=True)])


def averaging(side):
    model = side.Sequential([side.Input((4,)), side.layers.Dense(2)])
    model.compile(side.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), loss="mse")
    return model


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_averages_take_the_place_of_weights_when_they_do_in_keras(swap_on_epoch):
    seen = []
    for side, model in zip((kgraph, keras), both_models(averaging), strict=True):
        shown = []

        def note(*_, model=model, shown=shown, **__):
            shown.append(model.get_weights())

        noting = side.callbacks.LambdaCallback(
            on_epoch_begin=note, on_epoch_end=note, on_test_begin=note, on_test_end=note
        )
        swapping = side.callbacks.SwapEMAWeights(swap_on_epoch)
        model.fit(X, Y, 4, 3, verbose=0, shuffle=False, validation_data=(X, Y), callbacks=[swapping, noting])
        seen.append([*shown, model.get_weights()])
    assert_same(*seen)


# --- on purpose otherwise --------------------------------------------------------------------------------------------


def test_nan_is_never_the_best_value():
    """In Keras a first NaN is the best value for ever, since no number is better."""
    ours, theirs = driven(
        lambda side: side.callbacks.EarlyStopping(patience=5),
        [np.nan, 2.0, 1.0],
        lambda callback, model, logs: callback.best,
    )
    assert ours[0] == [None, 2.0, 1.0]
    assert np.isnan(theirs[0]).all()


def test_an_unknown_mode_is_refused():
    """Keras warns, and takes another one."""
    with pytest.warns(UserWarning, match="unknown"):
        keras.callbacks.EarlyStopping(mode="best")
    with pytest.raises(ValueError, match="mode must be one of 'auto', 'min', 'max'"):
        kgraph.callbacks.EarlyStopping(mode="best")


def test_a_name_decides_where_no_metric_of_that_name_does():
    """Keras knows the direction of a loss or metric of one of several outputs only if it is told."""
    ours, theirs = both(lambda side: side.callbacks.EarlyStopping(monitor="val_left_accuracy"))
    ours.set_model(dense(kgraph))
    ours.on_train_begin()
    ours.on_epoch_end(0, {"val_left_accuracy": 0.5})
    assert ours.best == 0.5
    theirs.set_model(dense(keras))
    with pytest.raises(ValueError, match="mode="):
        theirs.on_epoch_end(0, {"val_left_accuracy": 0.5})


def test_a_progress_bar_averages_to_the_end(capsys):
    """Keras shows the last value of a loop in place of the average when the loop is done."""
    shown = []
    for side in (kgraph, keras):
        bar = side.utils.Progbar(2, verbose=2)
        bar.update(1, [("loss", 1.0)])
        bar.update(2, [("loss", 3.0)])
        shown.append(capsys.readouterr().out.strip().rpartition("loss: ")[2])
    assert shown == ["2.0000", "3.0000"]


def test_weights_are_back_after_a_prediction():
    """Keras leaves the averages in the model."""
    for side, model in zip((kgraph, keras), both_models(averaging), strict=True):
        for _ in range(3):
            model.train_on_batch(X, Y)
        trained = model.get_weights()
        model.predict(X, verbose=0, callbacks=[side.callbacks.SwapEMAWeights()])
        assert np.array_equal(model.get_weights()[0], trained[0]) == (side is kgraph)
