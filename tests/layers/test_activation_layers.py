"""ReLU, LeakyReLU, ELU, PReLU and Softmax, against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from kgraph import Model, layers

X = np.array([[-3.0, -1.0, -0.5], [0.0, 0.5, 4.0]], "float32")
SCORES = np.random.default_rng(2).normal(size=(3, 4, 5)).astype("float32")


def test_relu_is_bent_at_its_threshold_and_flat_from_its_bound_on():
    np.testing.assert_allclose(layers.ReLU()(X), np.maximum(X, 0))
    np.testing.assert_allclose(layers.ReLU(max_value=2)(X), np.clip(X, 0, 2))
    expected = np.where(X > 1, np.minimum(X, 3), 0.5 * (X - 1))
    np.testing.assert_allclose(layers.ReLU(3.0, 0.5, 1.0)(X), expected)


def test_leaky_relu_and_elu_are_their_formulas():
    np.testing.assert_allclose(layers.LeakyReLU()(X), np.where(X > 0, X, np.float32(0.3) * X))
    np.testing.assert_allclose(layers.ELU(0.5)(X), np.where(X > 0, X, 0.5 * np.expm1(X)), rtol=1e-6)


def test_prelu_learns_a_slope_for_each_place_that_is_not_shared():
    layer = layers.PReLU(shared_axes=[2], name="prelu")
    layer(SCORES)
    assert [(weight.path, weight.shape) for weight in layer.weights] == [("prelu/alpha", (4, 1))]
    slopes = np.linspace(0, 1, 4, dtype="float32")[:, None]
    layer.set_weights([slopes])
    np.testing.assert_allclose(layer(SCORES), np.where(SCORES > 0, SCORES, slopes * SCORES), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.ReLU(max_value=-1), "max_value must be a number of at least 0, not -1"),
        (lambda: layers.ReLU(threshold=None), "threshold must be a number of at least 0, not None"),
        (lambda: layers.LeakyReLU(float("nan")), "negative_slope must be a number of at least 0, not nan"),
        (lambda: layers.PReLU(shared_axes=[0]), r"shared_axes must count from 1, not be \[0\]"),
        (lambda: layers.PReLU(shared_axes=[3], name="p")(X), r"layer p \(PReLU\): shared_axes \[3\] are not all axes"),
        (lambda: layers.PReLU(name="p")(layers.Input((None, 2))), "weight alpha needs known dimensions"),
    ],
)
def test_rectifiers_say_what_they_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_prelu_refuses_samples_of_another_shape_than_before():
    layer = layers.PReLU(shared_axes=[1], name="p")
    layer(SCORES)
    assert layer(SCORES[:, :2]).shape == (3, 2, 5)
    with pytest.raises(ValueError, match=r"expects inputs whose dimension 2 is 5, not 4"):
        layer(SCORES[:, :, :4])


def test_softmax_sums_to_1_along_each_of_its_axes():
    for axis in (-1, 1, (1, 2), [0, 2]):
        shares = layers.Softmax(axis)(SCORES)
        np.testing.assert_allclose(shares.sum(tuple(axis) if isinstance(axis, list) else axis), 1, rtol=1e-6)


def test_what_the_mask_of_softmax_leaves_out_is_0_and_takes_nothing():
    mask = np.array([[True, True, False, True, False], [False] * 5, [True] * 5, [False, True, True, True, True]])
    shares = layers.Softmax()(SCORES, mask=mask)
    weights = np.exp(SCORES) * mask
    totals = weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(shares, np.divide(weights, totals, where=totals > 0, out=0 * weights), rtol=1e-5)


def test_a_mask_of_softmax_may_have_axes_of_1_and_hold_numbers():
    mask = np.array([1.0, 0.0, 0.4, 0.6], "float32")[:, None]
    shares = layers.Softmax(axis=1)(SCORES, mask=mask)
    assert (shares[:, 1:3] == 0).all()
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-6)


def test_the_mask_that_comes_with_the_inputs_counts_in_softmax():
    tokens = np.array([[1, 2, 0], [3, 0, 0]])
    inputs = layers.Input((3,), dtype="int32")
    embedded = layers.Embedding(4, 1, mask_zero=True)(inputs)
    scores = layers.Lambda(lambda x: x[:, :, 0], mask=lambda _, mask: mask)(embedded)
    shares = Model(inputs, layers.Softmax()(scores)).predict_on_batch(tokens)
    assert ((shares == 0) == (tokens == 0)).all()
    np.testing.assert_allclose(shares.sum(1), 1, rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 5), (4, 5, 1), (1, 3, 4, 5)])
def test_a_mask_that_does_not_broadcast_to_the_inputs_is_refused(shape):
    with pytest.raises(ValueError, match=r"layer s \(Softmax\): the mask must broadcast to inputs \(3, 4, 5\)"):
        layers.Softmax(name="s")(SCORES, mask=np.ones(shape, bool))
