"""Models small enough that a test can restate them in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np

import kgraph as keras
from kgraph import layers, ops

FEATURES = 3


class MaskZeros(keras.Layer):
    """Gives its input back; places whose first feature is 0 do not count. The mask has ``mask_rank`` axes."""

    def __init__(self, mask_rank: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_rank = mask_rank

    def call(self, inputs: Any) -> Any:
        return inputs

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        first = (..., *[0] * (len(inputs.shape) - self.mask_rank))
        return ops.not_equal(inputs[first], 0.0)


def linear(
    units: int = 1, *steps: int | None, name: str = "out", activation: Any = None, mask_rank: int = 0
) -> keras.Model:
    """``Dense`` without a bias on inputs ``(n, *steps, 3)``; masked where the first feature is 0, if ``mask_rank``."""
    inputs = keras.Input((*steps, FEATURES), name="x")
    x = MaskZeros(mask_rank, name="mask")(inputs) if mask_rank else inputs
    dense = layers.Dense(units, use_bias=False, activation=activation, name=name)
    return keras.Model(inputs, dense(x))


def twin(activation: Any = None) -> keras.Model:
    """Outputs ``a`` of 1 and ``b`` of 2 columns, without biases."""
    inputs = keras.Input((FEATURES,), name="x")
    a = layers.Dense(1, use_bias=False, activation=activation, name="a")(inputs)
    b = layers.Dense(2, use_bias=False, activation=activation, name="b")(inputs)
    return keras.Model(inputs, [a, b])


def still(**kwargs: Any) -> keras.optimizers.Optimizer:
    """An optimizer that changes nothing, so that the values of an epoch are those of one set of weights."""
    return keras.optimizers.SGD(0.0, **kwargs)


def kernel(model: keras.Model, name: str = "out") -> np.ndarray:
    return model.get_layer(name).get_weights()[0]


def numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype("float32")


def masked_inputs(rng: np.random.Generator, mask: np.ndarray, *rest: int) -> np.ndarray:
    """Inputs whose first feature is 0 where ``mask`` is."""
    x = rng.normal(size=(*mask.shape, *rest, FEATURES)) + 3
    x[..., 0] *= mask.reshape(mask.shape + (1,) * len(rest))
    return x


def ops_of(graph: keras.Graph) -> set[str]:
    return {node.op for node in graph.nodes}


def scopes_of(graph: keras.Graph) -> set[str]:
    """The first part of the names of nodes that are not leaves."""
    leaves = ("input", "target", "sample_weight", "param", "state")
    return {node.name.split("/")[0] for node in graph.nodes if node.op not in leaves}
