"""Installed tensorboard reads the event files that are written here without it."""

from __future__ import annotations

import numpy as np
import pytest

from kgraph import Input, Sequential, layers
from kgraph.callbacks import TensorBoard

pytestmark = pytest.mark.keras

accumulators = pytest.importorskip(
    "tensorboard.backend.event_processing.plugin_event_accumulator", reason="tensorboard is not installed"
)

X = np.random.default_rng(5).normal(size=(20, 3)).astype("float32")


def accumulated(directory):
    accumulator = accumulators.EventAccumulator(str(directory), size_guidance={accumulators.TENSORS: 0})
    return accumulator.Reload()


def tensors(accumulator, tag):
    from tensorboard.util import tensor_util

    return [(event.step, tensor_util.make_ndarray(event.tensor_proto)) for event in accumulator.Tensors(tag)]


def test_tensorboard_finds_scalars_histograms_texts_and_images(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(4, name="hidden"), layers.Dense(1, name="out")])
    model.compile("sgd", "mse")
    callback = TensorBoard(tmp_path, histogram_freq=1, write_images=True, update_freq=2)
    history = model.fit(X, X[:, :1], 4, 2, verbose=0, validation_split=0.2, callbacks=[callback]).history
    train, validation = accumulated(tmp_path / "train"), accumulated(tmp_path / "validation")

    plugins = {name: sorted(train.PluginTagToContent(name)) for name in ("scalars", "histograms", "text", "images")}
    weights = ["hidden/bias", "hidden/kernel", "out/kernel", "out/bias"]
    assert plugins == {
        "scalars": ["batch_loss", "epoch_learning_rate", "epoch_loss"],
        "histograms": [f"{path}/histogram" for path in sorted(weights)],
        "text": ["graph"],
        # A single number is no image.
        "images": [f"{path}/image" for path in weights[:3]],
    }
    assert sorted(validation.PluginTagToContent("scalars")) == ["epoch_loss", "evaluation_loss_vs_iterations"]

    assert tensors(train, "epoch_loss") == [(epoch, np.float32(loss)) for epoch, loss in enumerate(history["loss"])]
    evaluated = tensors(validation, "evaluation_loss_vs_iterations")
    assert evaluated == [(4 * epoch + 4, np.float32(loss)) for epoch, loss in enumerate(history["val_loss"])]
    assert [step for step, _ in tensors(train, "batch_loss")] == [2, 4, 6, 8]

    step, table = tensors(train, "hidden/kernel/histogram")[-1]
    kernel = model.get_weights()[0]
    counts, edges = np.histogram(kernel.astype("float64"), 30)
    assert step == 1
    np.testing.assert_allclose(table, np.stack([edges[:-1], edges[1:], counts], axis=1))
    assert tensors(train, "graph")[0][1].item().decode() == f"```\n{model.graph}\n```"
    assert [part[:4] for part in tensors(train, "hidden/kernel/image")[0][1].tolist()] == [b"4", b"3", b"\x89PNG"]
