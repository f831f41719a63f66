"""``TerminateOnNaN`` says which node made the loss what it is, by running the last steps again on copies."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from planted import BATCH, make_data, make_model

import kgraph as keras
from kgraph.callbacks import LearningRateScheduler, TerminateOnNaN
from kgraph.debug.recording import STEPS_PER_COPY


def linear(optimizer: object = "sgd") -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="out")])
    model.compile(optimizer, "mse")
    # Far off, so that the first gradients are large.
    model.set_weights([np.full((3, 1), 5, "float32"), np.zeros(1, "float32")])
    return model


def numbers(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.normal(size=(rows, 3)).astype("float32"), rng.normal(size=(rows, 1)).astype("float32")


def test_the_step_before_the_loss_was_nan_is_blamed(capsys: pytest.CaptureFixture[str]) -> None:
    """The loss of the second batch overflows because the update of the first made the weights large."""
    x, y = numbers(40)
    history = linear(keras.optimizers.SGD(3e38)).fit(
        x, y, batch_size=4, shuffle=False, epochs=5, verbose=0, callbacks=[TerminateOnNaN()]
    )
    printed = capsys.readouterr().out
    assert "TerminateOnNaN: the loss of batch 1 is" in printed and "training stops" in printed
    assert "%update/out/kernel/value (sgd_step) is the first node with infinity" in printed
    assert "epoch 1, batch 1, counted from 1, of train" in printed
    assert len(history.history["loss"]) == 1


@pytest.mark.parametrize("batch", [0, STEPS_PER_COPY - 1, STEPS_PER_COPY, 2 * STEPS_PER_COPY + 5])
def test_any_step_can_be_found_whenever_the_last_copy_was_made(batch: int) -> None:
    x, y = numbers(4 * 50)
    x[4 * batch + 2, 1] = np.nan
    with pytest.raises(RuntimeError, match=f"the loss of batch {batch} is nan") as caught:
        linear().fit(x, y, batch_size=4, shuffle=False, verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])
    assert f"epoch 1, batch {batch + 1}, counted from 1, of train" in str(caught.value)
    assert "values  1 NaN of 12, at [2, 1] nan" in str(caught.value)


def test_batches_of_a_stream_are_found_too() -> None:
    x, y = numbers(4 * 6)
    x[21, 0] = np.nan

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for begin in range(0, len(x), 4):
            yield x[begin : begin + 4], y[begin : begin + 4]

    with pytest.raises(RuntimeError, match="(?s)the loss of batch 5 is nan.* batch 6, counted from 1, of train"):
        linear().fit(batches(), verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])


def test_a_rate_that_a_callback_sets_is_seen_where_a_copy_was_made_after_it() -> None:
    x, y = numbers(8)
    schedule = LearningRateScheduler(lambda epoch: [0.01, 3e38][epoch])
    with pytest.raises(RuntimeError, match="(?s)sgd_step.* epoch 2, batch 1, counted from 1, of train"):
        linear().fit(
            x,
            y,
            batch_size=4,
            shuffle=False,
            epochs=2,
            verbose=0,
            callbacks=[schedule, TerminateOnNaN(raise_error=True)],
        )


def test_what_the_steps_do_not_explain_is_said_to_be_looked_for_otherwise() -> None:
    class Spoil(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            if batch == 2:
                self.model.set_weights([np.full_like(weight, np.nan) for weight in self.model.get_weights()])

    x, y = numbers(20)
    with pytest.raises(RuntimeError, match="the loss of batch 2 is nan\nTrain with KGRAPH_CHECK=values"):
        linear().fit(x, y, batch_size=4, verbose=0, callbacks=[Spoil(), TerminateOnNaN(raise_error=True)])


def test_the_callback_changes_nothing_of_a_training_that_is_well() -> None:
    data, start, results = make_data(), make_model(), []
    for callbacks in ([], [TerminateOnNaN()]):
        model = make_model()
        model.set_weights(start.get_weights())
        model.fit(data.x, data.y, batch_size=BATCH, shuffle=False, epochs=2, verbose=0, callbacks=callbacks)
        results.append([weight.tobytes() for weight in model.get_weights()])
    assert results[0] == results[1]
