"""Draws the pictures in docs/images: pages and files made by kgraph, seen in Debian's Chromium without a window.

    apt install chromium
    python tools/make_screenshots.py
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

import kgraph as keras
from kgraph import layers

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=3000"
).split()


def two_outputs() -> keras.Model:
    x = keras.Input((12,), name="features")
    hidden = layers.Dense(16, activation="relu", name="shared")(x)
    hidden = layers.BatchNormalization(name="norm")(hidden)
    kind = layers.Dense(3, activation="softmax", name="kind")(hidden)
    price = layers.Dense(1, name="price")(hidden)
    model = keras.Model(x, {"kind": kind, "price": price})
    losses = {"kind": "sparse_categorical_crossentropy", "price": "mse"}
    model.compile("adam", loss=losses, metrics={"kind": "accuracy"})
    return model


def residual(blocks: int) -> keras.Model:
    inputs = hidden = keras.Input((8,), name="features")
    for _ in range(blocks):
        hidden = layers.Add()([hidden, layers.Dense(8, activation="gelu")(hidden)])
    model = keras.Model(inputs, layers.Dense(1, name="value")(hidden))
    model.compile("adam", "mse")
    return model


def shoot(address: str, image: str, width: int, height: int, *options: str) -> None:
    with tempfile.TemporaryDirectory() as profile:
        place = [f"--user-data-dir={profile}", f"--screenshot={IMAGES / image}", f"--window-size={width},{height}"]
        subprocess.run(["chromium", *QUIET, *options, *place, address], check=True, capture_output=True, timeout=120)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    model = two_outputs()
    function = model.make_train_function()
    ones = {"kind": np.ones(64, np.float32), "price": np.ones(64, np.float32)}
    targets = {"kind": rng.integers(0, 3, 64), "price": rng.normal(size=64)}
    values = function.trace(rng.normal(size=(64, 12)).astype(np.float32), targets, ones)
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder)
        (pages / "node.html").write_text(function.graph.to_html(values=values), encoding="utf-8")
        (pages / "large.html").write_text(residual(30).make_train_function().graph.to_html(), encoding="utf-8")
        keras.utils.plot_model(
            model, pages / "model.svg", show_shapes=True, show_layer_names=True, show_layer_activations=True
        )
        shoot(f"file://{pages}/node.html#shared/relu", "graph-node.png", 1360, 800)
        shoot(f"file://{pages}/large.html", "graph-large.png", 1360, 800, "--force-dark-mode")
        shoot(f"file://{pages}/model.svg", "model.png", 560, 520)


if __name__ == "__main__":
    main()
