"""``kgraph demo``: a small classifier of handwritten digits, and the graph that was trained."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kgraph.cli.command import FINE, CliError, Command

if TYPE_CHECKING:
    from kgraph.models import Model


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("--epochs", type=int, default=30, help="how often to go through the images (30)")
    parser.add_argument("--out", default="demo", metavar="DIR", help="where to write the graph (demo)")


def _run(arguments: Namespace) -> int:
    import kgraph

    if arguments.epochs < 1:
        raise CliError(f"--epochs is {arguments.epochs}; it must be at least 1")
    kgraph.utils.set_random_seed(1)
    model = _model()
    model.summary()
    accuracy = _train(model, arguments.epochs)
    print(f"\n{accuracy:.1%} of the images that it never saw are named right.")
    path = Path(arguments.out) / "train.kg"
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = model.make_train_function().graph
    graph.save(path)
    print(f"\n{path} holds all that one training step computes. Its loss section:\n")
    graph.show("loss/*")
    print(f"\nNext: kgraph show {path} 'grad/hidden/*'")
    return FINE


def _model() -> Model:
    from kgraph import Input, Model, layers

    inputs = Input((8, 8), name="image")
    x = layers.Flatten(name="pixels")(inputs)
    x = layers.Dense(128, activation="relu", name="hidden")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    return Model(inputs, layers.Dense(10, activation="softmax", name="digit")(x), name="digits")


def _train(model: Model, epochs: int) -> float:
    """The accuracy on images that the model never saw."""
    from kgraph.datasets import digits

    (x, y), (x_test, y_test) = digits.load_data()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x / 16.0, y, validation_data=(x_test / 16.0, y_test), batch_size=32, epochs=epochs)
    return float(history.history["val_accuracy"][-1])


DEMO: Final = Command(
    name="demo",
    summary="train on handwritten digits, then show the graph that was trained",
    details="Trains a small classifier on the digits that ship with kgraph, and writes and shows the graph of a step.",
    examples=("kgraph demo", "kgraph demo --epochs 3 --out build/demo"),
    declare=_declare,
    run=_run,
)
