"""Models and batches whose losses are explained."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import kgraph as keras
from kgraph import layers

SAMPLES, STEPS, WORDS = 7, 4, 6
RULES = ("keras2", "keras3", "weighted_mean")
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)


class Batch(NamedTuple):
    """What a batch is made of; weights may be ``None``."""

    x: Any
    y: Any
    sample_weight: Any = None


def tagger(**compile_arguments: Any) -> keras.Model:
    """Two masked inputs through one embedding and one dense layer: ``tag`` a number a step, ``grade`` two a sample."""
    inputs = [keras.Input((STEPS,), dtype="int32", name=name) for name in ("left", "right")]
    embed = layers.Embedding(WORDS, 3, mask_zero=True, name="embed")
    shared = layers.Dense(
        4,
        activation="tanh",
        kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02),
        activity_regularizer=keras.regularizers.L2(0.03),
        name="shared",
    )
    left, right = (shared(embed(one)) for one in inputs)
    tag = layers.Dense(1, name="tag")(left)
    pooled = layers.Lambda(lambda x: keras.ops.mean(x, axis=1), mask=lambda *_: None, name="pooled")(right)
    grade = layers.Dense(2, name="grade")(layers.Dropout(0.4, name="drop")(pooled))
    model = keras.Model(inputs, [tag, grade])
    settings: dict[str, Any] = {"optimizer": "sgd", "loss": ["mse", "mae"], "loss_weights": [0.7, 1.5]}
    model.compile(**settings | compile_arguments)
    return model


def tagger_batch(rng: np.random.Generator, temporal: bool = False, zero: bool = False) -> Batch:
    """Random words, some of them 0, which are masked; random weights, some of them 0; all of them where ``zero``."""
    x = [rng.integers(0, WORDS // 2, (SAMPLES, STEPS)) for _ in range(2)]
    y = [rng.normal(size=(SAMPLES, STEPS, 1)), rng.normal(size=(SAMPLES, 2))]
    shape = (SAMPLES, STEPS) if temporal else (SAMPLES,)
    weights = [rng.integers(0, 3, shape) * rng.random(shape), rng.integers(0, 3, SAMPLES).astype(float)]
    return Batch(x, y, [weight * (not zero) for weight in weights])


def line(**compile_arguments: Any) -> keras.Model:
    """``out = a + 2 b`` of inputs ``a`` and ``b``."""
    dense = layers.Dense(1, use_bias=False, kernel_regularizer=keras.regularizers.L2(0.125), name="out")
    model = keras.Sequential([keras.Input((2,), name="x"), dense])
    dense.set_weights([np.array([[1.0], [2.0]], np.float32)])
    model.compile(**{"optimizer": "sgd", "loss": "mse"} | compile_arguments)
    return model
