"""The model on which the tools are tested: two outputs, sample weights, a mask, a layer that is called thrice."""

from __future__ import annotations

import numpy as np

import kgraph as keras
from kgraph import layers

SAMPLES, STEPS, FEATURES = 6, 4, 3


def two_outputs(rate: float = 0.25, shared: str = "shared", optimizer: str = "adam") -> keras.Model:
    """Compiled; ``score`` tells a class of each step where the mask holds, ``total`` a number of both inputs."""
    left = keras.Input((STEPS, FEATURES), name="left")
    right = keras.Input((STEPS, FEATURES), name="right")
    both = layers.Dense(5, activation="relu", name=shared)
    seen = both(layers.Masking(name="mask")(left))
    score = layers.Dense(1, activation="sigmoid", name="score")(layers.Dropout(rate, name="drop")(seen))
    flat = [layers.Flatten(name=f"flat_{inputs.name}")(both(inputs)) for inputs in (left, right)]
    joined = layers.concatenate(flat)
    model = keras.Model([left, right], [score, layers.Dense(1, name="total")(joined)], name="two")
    model.compile(
        optimizer,
        {"score": "binary_crossentropy", "total": "mse"},
        metrics={"score": ["accuracy"], "total": ["mae"]},
        weighted_metrics={"score": [], "total": ["mae"]},
        loss_weights={"score": 1.0, "total": 0.5},
    )
    return model


def batch(samples: int = SAMPLES) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Inputs with a masked step in each sample, targets and sample weights."""
    rng = np.random.default_rng(3)
    left, right = (rng.normal(size=(samples, STEPS, FEATURES)).astype("float32") for _ in range(2))
    left[:, -1] = 0
    targets = {
        "score": (rng.random((samples, STEPS, 1)) < 0.5).astype("float32"),
        "total": rng.normal(size=(samples, 1)).astype("float32"),
    }
    weights = {name: rng.uniform(0.5, 2, samples).astype("float32") for name in targets}
    return {"left": left, "right": right}, targets, weights
