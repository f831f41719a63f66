"""The merges: their values, their masks, and what they say of inputs that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from kgraph import Model, layers

RNG = np.random.default_rng(5)
A, B, C = RNG.normal(size=(3, 4, 5, 6)).astype("float32")
ROW = RNG.normal(size=(4, 6)).astype("float32")

FORMULAS = {
    "Subtract": (lambda a, b: a - b, [A, B]),
    "Average": (lambda a, b, c: (a + b + c) / 3, [A, B, C]),
    "Maximum": (lambda a, b, c: np.maximum(np.maximum(a, b), c), [A, B, C]),
    "Minimum": (lambda a, b, c: np.minimum(np.minimum(a, b), c), [A, B, C]),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_a_merge_is_its_formula_and_so_is_its_functional_form(name):
    formula, inputs = FORMULAS[name]
    for merge in (getattr(layers, name)(), getattr(layers, name.lower())):
        np.testing.assert_allclose(merge(inputs), formula(*inputs), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_tensor_of_fewer_dimensions_gains_them_after_its_batch(name):
    formula, _ = FORMULAS[name]
    inputs = [A, ROW] if name == "Subtract" else [A, ROW, B]
    expected = formula(*(x[:, None] if x.ndim == 2 else x for x in inputs))
    np.testing.assert_allclose(getattr(layers, name)()(inputs), expected, rtol=1e-6, atol=1e-6)


def test_the_average_of_ints_is_a_float():
    ints = np.arange(6, dtype="int32").reshape(2, 3)
    np.testing.assert_allclose(layers.Average()([ints, ints + 1]), ints + 0.5)


def masked_model(merge, *masked):
    """Tokens, embedded with a mask of the zeros where ``masked``, merged; the mask comes out as a second output."""
    inputs = [layers.Input((3,), dtype="int32") for _ in masked]
    pairs = zip(inputs, masked, strict=True)
    vectors = [layers.Embedding(4, 2, "uniform", mask_zero=flag)(tokens) for tokens, flag in pairs]
    merged = merge(vectors)
    return Model(inputs, [*vectors, merged]), merged._keras_mask


FIRST = np.array([[1, 0, 0], [2, 3, 0]], "int32")
SECOND = np.array([[0, 1, 0], [2, 0, 3]], "int32")


@pytest.mark.parametrize(("name", "extreme"), [("Maximum", np.maximum), ("Minimum", np.minimum)])
def test_what_is_masked_does_not_count_beside_what_is_not(name, extreme):
    model, mask = masked_model(getattr(layers, name)(), True, True)
    a, b, merged = model.predict_on_batch([FIRST, SECOND])
    expected = np.where((SECOND == 0)[..., None], a, np.where((FIRST == 0)[..., None], b, extreme(a, b)))
    np.testing.assert_array_equal(merged, expected)
    assert mask is not None


@pytest.mark.parametrize("name", ["Average", "Maximum", "Minimum", "Subtract", "Add", "Multiply"])
def test_a_merge_has_a_mask_where_every_input_has_one(name):
    assert masked_model(getattr(layers, name)(), True, True)[1] is not None
    assert masked_model(getattr(layers, name)(), True, False)[1] is None


def test_the_mask_of_a_merge_keeps_what_any_input_keeps():
    kept = layers.Maximum().compute_mask([A, B], [FIRST != 0, SECOND != 0])
    np.testing.assert_array_equal(kept, (FIRST != 0) | (SECOND != 0))


def test_multiply_takes_a_mask_of_timesteps_for_all_axes_behind_them():
    images, mask = RNG.normal(size=(2, 3, 4, 5)).astype("float32"), np.array([[1, 0, 1], [0, 0, 1]], bool)
    product = layers.Multiply()([images, images], mask=[mask, None])
    np.testing.assert_allclose(product, images * np.where(mask[..., None, None], images, 1), rtol=1e-6)


# --- Dot -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axes", "equation", "inputs"),
    [
        (1, "nk,nk->n", [ROW, ROW[::-1]]),
        (2, "nak,nbk->nab", [A, B]),
        ((1, 2), "nka,nbk->nab", [A, A[:, :, :5]]),
        ((-1, 1), "nak,nk->na", [A, ROW]),
        ((1, 3), "nk,nabk->nab", [ROW, RNG.normal(size=(4, 2, 3, 6)).astype("float32")]),
    ],
)
def test_dot_sums_over_an_axis_of_each_input(axes, equation, inputs):
    expected = np.einsum(equation, *inputs)
    expected = expected[:, None] if expected.ndim == 1 else expected
    np.testing.assert_allclose(layers.Dot(axes)(inputs), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(layers.dot(inputs, axes=axes), expected, rtol=1e-5, atol=1e-5)


def test_normalized_dot_is_the_cosine():
    norms = np.linalg.norm(A, axis=2)[:, :, None] * np.linalg.norm(B, axis=2)[:, None]
    expected = np.einsum("nak,nbk->nab", A, B) / norms
    np.testing.assert_allclose(layers.Dot(2, normalize=True)([A, B]), expected, rtol=1e-5, atol=1e-6)


def test_there_is_no_mask_after_dot():
    assert masked_model(layers.Dot(2), True, True)[1] is None


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dot("1"), TypeError, "axes must be an int or a list or tuple of ints, not '1'"),
        (lambda: layers.Dot((1, 2, 3)), ValueError, "axes must be an int, or two, not 3"),
        (lambda: layers.Dot(0, name="d")([A, B]), ValueError, r"layer d \(Dot\): input 0 has 3 dimensions: no axis 0"),
        (lambda: layers.Dot((1, 2), name="d")([A, ROW]), ValueError, "input 1 has 2 dimensions: no axis 2"),
        (lambda: layers.Dot((1, 2))([A, B]), ValueError, r"must be equal: they are 5 in \(4, 5, 6\), but 6"),
        (lambda: layers.Dot(1)([A]), ValueError, "takes 2 inputs, not 1"),
        (lambda: layers.Dot(1)(A), ValueError, "takes a list of tensors"),
        (lambda: layers.Subtract(name="s")([A, B, C]), ValueError, r"layer s \(Subtract\): takes 2 inputs, not 3"),
        (lambda: layers.Maximum()([A, B[:, :3]]), ValueError, "inputs do not broadcast"),
        (lambda: layers.Average()([A, B[:3]]), ValueError, "inputs have different batch sizes"),
    ],
)
def test_merges_say_what_they_cannot_take(make, error, message):
    with pytest.raises(error, match=message):
        make()
