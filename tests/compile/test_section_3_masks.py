"""Compile, section 3: masks that travel with tensors to the loss and the metrics of an output."""

from __future__ import annotations

from functools import partial

import formulas
import numpy as np
import pytest
from formulas import RULES, objective
from small_models import kernel, linear, masked_inputs, numbers

import kgraph as keras
from kgraph import layers


def embedded(*rest: keras.Layer) -> keras.Model:
    """Tokens through an embedding that masks zeros, then ``rest``, then ``Dense``."""
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(5, 3, mask_zero=True, name="embedding")(inputs)
    for layer in rest:
        x = layer(x)
    return keras.Model(inputs, layers.Dense(2, use_bias=False, name="out")(x))


def check_masked(model, x, y, mask, rtol=1e-5):
    """Loss and plain and stateful metrics of the model's output under ``mask``."""
    model.compile("sgd", "mse", metrics=["mae", keras.metrics.MeanAbsoluteError(name="exact")])
    p = model.predict(x, verbose=0)
    expected = [
        objective("keras2", formulas.mse(y, p), mask),
        objective("keras2", formulas.mae(y, p), mask),
        objective("weighted_mean", formulas.mae(y, p), mask),
    ]
    np.testing.assert_allclose(model.test_on_batch(x, y), expected, rtol=rtol)


TOKENS = np.array([[1, 2, 0, 0], [3, 0, 0, 0], [4, 1, 2, 3]])


@pytest.mark.parametrize(
    "between",
    [
        [],
        [partial(layers.Dense, 4)],
        [partial(layers.Dropout, 0.5), partial(layers.Activation, "tanh")],
        [layers.BatchNormalization],
    ],
)
def test_row_3_7_the_mask_of_an_embedding_reaches_loss_and_metrics(between, rng):
    check_masked(embedded(*[make() for make in between]), TOKENS, numbers(rng, 3, 4, 2), TOKENS != 0)


def test_row_3_7_the_mask_of_masking_reaches_loss_and_metrics(rng):
    x = numbers(rng, 3, 4, 3)
    mask = TOKENS != 0
    x[~mask] = -1.0
    inputs = keras.Input((4, 3), name="x")
    model = keras.Model(inputs, layers.Dense(2, name="out")(layers.Masking(-1.0)(inputs)))
    check_masked(model, x, numbers(rng, 3, 4, 2), mask)


def test_row_3_7_compute_mask_of_the_users_layers_is_asked(rng):
    model = linear(2, 4, mask_rank=2)
    mask = TOKENS != 0
    check_masked(model, masked_inputs(rng, mask), numbers(rng, 3, 4, 2), mask)


OTHER = np.array([[1, 0, 3, 0], [1, 1, 0, 0], [4, 1, 0, 3]])


@pytest.mark.parametrize("merge", [layers.Add, layers.Multiply, layers.Concatenate])
def test_row_3_7_merges_join_masks(merge, rng):
    """As Keras 3 joins them: a place counts where it does in either (Keras 2 asked for both)."""
    left, right = keras.Input((4,), dtype="int32", name="left"), keras.Input((4,), dtype="int32", name="right")
    embedding = layers.Embedding(5, 3, mask_zero=True)
    model = keras.Model([left, right], layers.Dense(2, name="out")(merge()([embedding(left), embedding(right)])))
    check_masked(model, [TOKENS, OTHER], numbers(rng, 3, 4, 2), (TOKENS != 0) | (OTHER != 0))


def test_row_3_7_masks_travel_through_nested_models(rng):
    body = keras.Sequential([keras.Input((None, 3)), layers.Dense(3), layers.Activation("relu")])
    check_masked(embedded(body), TOKENS, numbers(rng, 3, 4, 2), TOKENS != 0)


def test_row_3_7_a_mask_ends_at_a_layer_that_does_not_support_it(rng):
    class Plain(keras.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = False

        def call(self, inputs):
            return inputs * 2.0

    with pytest.warns(UserWarning, match="mask"):
        model = embedded(Plain())
    check_masked(model, TOKENS, numbers(rng, 3, 4, 2), None)


def test_row_3_7_labels_that_a_loss_ignores_are_a_mask(rng):
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    model = linear(3, activation="softmax")
    x, labels = numbers(rng, 6, 3), np.array([0, -1, 2, 1, -1, -1])
    kept = labels >= 0
    per_sample = formulas.sparse_categorical_crossentropy(
        np.where(kept, labels, 0), formulas.softmax(np.float64(x) @ kernel(model))
    )
    for rule in RULES:
        model.compile("sgd", loss, weighting=rule)
        assert model.test_on_batch(x, labels) == pytest.approx(objective(rule, per_sample, kept), rel=1e-5)
