"""Ten ways to get a NaN or infinity, planted in a model with two outputs, sample weights, a mask and a shared layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import kgraph as keras
from kgraph import layers, ops

SAMPLES, STEPS, WIDTH = 24, 5, 4
BATCH = 8

Arrays = dict[str, np.ndarray]


class Data(NamedTuple):
    """What a model is fitted to."""

    x: Arrays
    y: Arrays
    weights: Arrays


class Planted(NamedTuple):
    """A model that meets a NaN or infinity, and what is to blame.

    Attributes:
        make: gives the model, compiled.
        spoil: changes the model or the data.
        node, op, phase: which is blamed.
        line: a part of the line in this file that made it.
    """

    make: Callable[..., keras.Model]
    spoil: Callable[[keras.Model, Data], None]
    node: str
    op: str
    phase: str
    line: str


def make_model(
    score_loss: Any = "mse", optimizer: Any = "adam", metrics: Any = None, activation: Any = None, **options: Any
) -> keras.Model:
    words = keras.Input((STEPS,), dtype="int32", name="words")
    features = keras.Input((WIDTH,), name="features")
    shared = layers.Dense(WIDTH, activation="tanh", name="shared")
    embedded = layers.Embedding(9, WIDTH, mask_zero=True, name="embedding")(words)
    tags = layers.Dense(3, activation="softmax", name="tags")(shared(embedded))
    normal = layers.BatchNormalization(name="norm")(shared(features))
    score = layers.Dense(1, activation=activation, name="score")(normal)
    model = keras.Model([words, features], [tags, score])
    model.compile(
        optimizer,
        {"tags": "sparse_categorical_crossentropy", "score": score_loss},
        metrics={"tags": ["accuracy"], "score": metrics or ["mae"]},
        weighted_metrics={"score": ["mse"]},
        **options,
    )
    return model


def make_data() -> Data:
    rng = np.random.default_rng(7)
    x = {
        "words": rng.integers(0, 9, (SAMPLES, STEPS)).astype("int32"),
        "features": rng.normal(size=(SAMPLES, WIDTH)).astype("float32"),
    }
    y = {
        "tags": rng.integers(0, 3, (SAMPLES, STEPS)).astype("int32"),
        "score": rng.normal(size=(SAMPLES, 1)).astype("float32"),
    }
    weights = {name: rng.uniform(0.5, 2.0, SAMPLES).astype("float32") for name in ("tags", "score")}
    return Data(x, y, weights)


def log_loss(y_true, y_pred):
    return -ops.mean(ops.log(ops.abs(y_pred) * ops.cast(y_true < 0, "float32")), axis=-1)


def ratio_loss(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1) / ops.sum(y_true * 0.0)


def root_metric(y_true, y_pred):
    return ops.mean(ops.sqrt(y_pred - 1e6), axis=-1)


class UnitSteps(keras.optimizers.SGD):
    """Steps of the length of the learning rate, whatever the gradient is."""

    def update_step(self, gradient, variable, learning_rate):
        clipped = gradient / ops.sqrt(ops.sum(ops.square(gradient)))
        super().update_step(clipped, variable, learning_rate)


class Harmonic(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that falls with the steps taken."""

    def __call__(self, step):
        return 0.1 / ops.cast(step, "float32")


def nothing(model: keras.Model, data: Data) -> None:
    pass


def in_data(name: str, place: tuple[int, ...]) -> Callable[[keras.Model, Data], None]:
    def spoil(model: keras.Model, data: Data) -> None:
        part, _, key = name.partition(".")
        getattr(data, part)[key][place] = np.nan

    return spoil


def in_weight(layer: str, index: int) -> Callable[[keras.Model, Data], None]:
    def spoil(model: keras.Model, data: Data) -> None:
        weight = model.get_layer(layer).weights[index]
        value = weight.numpy()
        value.flat[1] = np.nan
        weight.assign(value)

    return spoil


def no_score_counts(model: keras.Model, data: Data) -> None:
    data.weights["score"][:] = 0
    data.weights["tags"][:] = 0


def large(model: keras.Model, data: Data) -> None:
    model.get_layer("score").kernel.assign(np.full((WIDTH, 1), 1e4, "float32"))


PLANTED = {
    "the logarithm of zero": Planted(
        lambda **options: make_model(log_loss, **options), nothing, "loss/score/log", "log", "loss", "log_loss"
    ),
    "an overflow in exp": Planted(
        lambda **options: make_model(activation="exponential", **options),
        large,
        "score/exp",
        "exp",
        "forward",
        "make_model",
    ),
    "a divisor of zero in a custom loss": Planted(
        lambda **options: make_model(ratio_loss, **options),
        nothing,
        "loss/score/per_sample",
        "div",
        "loss",
        "ratio_loss",
    ),
    "clipping by a norm of zero": Planted(
        lambda **options: make_model(optimizer=UnitSteps(0.1), **options),
        no_score_counts,
        "update/embedding/embeddings/div",
        "div",
        "update",
        "update_step",
    ),
    "a bad learning rate inside the optimizer": Planted(
        lambda **options: make_model(optimizer=keras.optimizers.SGD(Harmonic()), **options),
        nothing,
        "update/sgd/div",
        "div",
        "update",
        "__call__",
    ),
    "NaN in the data": Planted(
        make_model, in_data("x.features", (2, 1)), "features", "input", "none: a fed input", "make_model"
    ),
    "NaN in a weight": Planted(
        make_model,
        in_weight("shared", 0),
        "shared/kernel",
        "param",
        "none: a weight that was there before the step",
        "make_model",
    ),
    "NaN in a sample weight": Planted(
        make_model,
        in_data("weights.score", (1,)),
        "score_sample_weights",
        "sample_weight",
        "none: fed sample weights",
        "make_model",
    ),
    "NaN in a metric only": Planted(
        lambda **options: make_model(metrics=[root_metric], **options),
        nothing,
        "metrics/score_root_metric/sqrt",
        "sqrt",
        "metric",
        "root_metric",
    ),
    "NaN in batch-norm statistics": Planted(
        make_model,
        in_weight("norm", 2),
        "norm/moving_mean",
        "state",
        "none: a state that was there before the step",
        "make_model",
    ),
}
