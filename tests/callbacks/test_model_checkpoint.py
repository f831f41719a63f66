"""Checkpoints."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_training import epochs, train

from kgraph import Input, Sequential, layers
from kgraph.callbacks import ModelCheckpoint


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


def test_without_the_value_to_watch_every_checkpoint_is_saved() -> None:
    with pytest.warns(UserWarning, match="ModelCheckpoint looks for 'val_loss', but the logs hold loss"):
        model = train(ModelCheckpoint("at-{epoch}.keras", save_best_only=True), epochs("loss", 1.0, 2.0))
    assert [path for _, path in model.saved] == ["at-1.keras", "at-2.keras"]


def test_a_model_ends_with_the_weights_of_its_checkpoint(tmp_path: Path) -> None:
    model = Sequential([Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    path = tmp_path / "weights.npz"
    x, y = np.ones((8, 3), "float32"), np.zeros((8, 2), "float32")
    model.fit(x, y, epochs=2, verbose=0, callbacks=ModelCheckpoint(path, save_weights_only=True, save_freq=1))
    trained = model.get_weights()
    model.set_weights([np.zeros_like(weight) for weight in trained])
    model.load_weights(path)
    assert all(np.array_equal(one, other) for one, other in zip(trained, model.get_weights(), strict=True))
