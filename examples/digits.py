"""Train a small classifier on handwritten digits, then look at the graph that was trained.

    python examples/digits.py

Writes ``demo/train.kg`` below the current folder.
"""

from __future__ import annotations

from pathlib import Path

import kgraph as keras
from kgraph import layers
from kgraph.datasets import digits

GRAPH = Path("demo") / "train.kg"
LOSS_SCOPE = "%loss/"


def build() -> keras.Model:
    inputs = keras.Input((8, 8), name="image")
    x = layers.Flatten(name="pixels")(inputs)
    x = layers.Dense(128, activation="relu", name="hidden")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    outputs = layers.Dense(10, activation="softmax", name="digit")(x)
    return keras.Model(inputs, outputs, name="digits")


def train(model: keras.Model) -> float:
    """Return the accuracy on images that the model never saw."""
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        x_train / 16.0, y_train, validation_data=(x_test / 16.0, y_test), batch_size=32, epochs=30
    )
    return history.history["val_accuracy"][-1]


def show_graph(model: keras.Model) -> None:
    graph = model.train_function.graph
    GRAPH.parent.mkdir(exist_ok=True)
    graph.save(GRAPH)
    print(f"\n{GRAPH} holds all that one training step computes. Its loss section:\n")
    print("\n".join(line for line in str(graph).splitlines() if line.startswith(LOSS_SCOPE)))


if __name__ == "__main__":
    keras.utils.set_random_seed(1)
    model = build()
    model.summary()
    accuracy = train(model)
    print(f"\n{accuracy:.1%} of the images that it never saw are named right.")
    show_graph(model)
    print(f"\nNext, open {GRAPH} and follow %grad/hidden/kernel up to the loss: docs/reading-a-dump.md shows how.")
