"""EinsumDense: equations, shapes, biases, and how the kernel begins."""

from __future__ import annotations

import numpy as np
import pytest

from kgraph import Model, constraints, initializers, layers

RNG = np.random.default_rng(9)
STEPS = RNG.normal(size=(3, 4, 5)).astype("float32")
IMAGES = RNG.normal(size=(3, 4, 5, 2)).astype("float32")

#: Equation, output shape, bias axes, inputs; then the shapes of kernel and bias.
CASES = {
    "dense": ("abc,cd->abd", (4, 7), "d", STEPS, (5, 7), (7,)),
    "to heads": ("abc,cde->abde", (None, 2, 3), "de", STEPS, (5, 2, 3), (2, 3)),
    "a bias with an axis of 1": ("abc,cde->abde", (4, 2, 3), "be", STEPS, (5, 2, 3), (4, 1, 3)),
    "from heads": ("abcd,cde->abe", (4, 6), "e", IMAGES, (5, 2, 6), (6,)),
    "a kernel a step": ("abc,bcd->abd", (None, 3), "bd", STEPS, (4, 5, 3), (4, 3)),
    "leading axes": ("...x,xy->...y", 3, "y", IMAGES, (2, 3), (3,)),
    "trailing axes": ("ab...,bc->ac...", 3, "c", IMAGES, (4, 3), (3, 1, 1)),
    "spaces": ("ab, bc -> ac", 3, None, STEPS[:, 0], (5, 3), None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_output_is_the_einsum_with_the_kernel_and_the_bias(case):
    equation, output_shape, bias_axes, data, kernel_shape, bias_shape = CASES[case]
    layer = layers.EinsumDense(equation, output_shape, "tanh", bias_axes, bias_initializer="uniform")
    result = layer(data)
    assert [weight.shape for weight in layer.weights] == [s for s in (kernel_shape, bias_shape) if s is not None]
    kernel, *rest = layer.get_weights()
    expected = np.tanh(np.einsum(equation.replace(" ", ""), data, kernel) + (rest[0] if rest else 0))
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, *data.shape[1:])) == (None, *expected.shape[1:])


def test_the_weights_are_kernel_and_bias_with_their_own_rules():
    rules = {"kernel_regularizer": "l2", "bias_constraint": "non_neg"}
    layer = layers.EinsumDense("ab,bc->ac", 3, bias_axes="c", name="e", **rules)
    layer.build((None, 5))
    assert [weight.path for weight in layer.weights] == ["e/kernel", "e/bias"]
    assert layer.kernel.regularizer is not None
    assert isinstance(layer.bias.constraint, constraints.NonNeg)


@pytest.mark.parametrize(
    ("equation", "output_shape", "input_shape", "fans"),
    [
        ("abc,cde->abde", (4, 30, 40), (None, 4, 50), (50, 1200)),
        ("abcd,cde->abe", (4, 60), (None, 4, 30, 20), (600, 60)),
        ("abc,dce->abde", (4, 20, 30), (None, 4, 50), (50, 600)),
        ("abc,bcd->abd", (20, 30), (None, 20, 40), (40, 600)),
    ],
)
def test_a_glorot_kernel_counts_the_axes_that_are_summed_over_as_inputs(equation, output_shape, input_shape, fans):
    layer = layers.EinsumDense(equation, output_shape)
    layer.build(input_shape)
    limit = np.sqrt(6 / sum(fans))
    values = layer.kernel.numpy()
    assert limit * 0.99 < np.abs(values).max() <= limit
    for axis in range(values.ndim):
        others = tuple(i for i in range(values.ndim) if i != axis)
        assert (values.std(others) > 0.2 * limit).all()


def test_another_initializer_is_given_the_shape_of_the_kernel():
    asked = []

    def fill(shape, dtype=None):
        asked.append(tuple(shape))
        return np.zeros(shape, dtype)

    layers.EinsumDense("abc,cde->abde", (4, 2, 3), kernel_initializer=fill).build((None, 4, 5))
    layers.EinsumDense("ab,bc->ac", 3, kernel_initializer=initializers.RandomNormal(seed=1)).build((None, 5))
    assert asked == [(5, 2, 3)]


def test_an_unknown_number_of_steps_is_no_hindrance_where_no_weight_has_it():
    inputs = layers.Input((None, 5))
    layer = layers.EinsumDense("abc,cd->abd", (None, 2), bias_axes="d")
    model = Model(inputs, layer(inputs))
    assert model.output_shape == (None, None, 2)
    for steps in (4, 2):
        np.testing.assert_allclose(model.predict_on_batch(STEPS[:, :steps]), layer(STEPS[:, :steps]), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.EinsumDense("ab,bc", 3), r"equation must be like 'ab,bc->ac', .* not 'ab,bc'"),
        (lambda: layers.EinsumDense("...b,bc->c", 3), "equation must be like"),
        (lambda: layers.EinsumDense("ab,bc->acd", (3, 2)), "'d' must also stand in another part"),
        (lambda: layers.EinsumDense("ab,bcd->ac", 3), "'d' must also stand in another part"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="cb"), "bias_axes 'cb': 'b' is not in the outputs, 'ac'"),
        (
            lambda: layers.EinsumDense("abc,cd->abd", 3, name="e")(STEPS),
            r"layer e \(EinsumDense\): output_shape \(3,\) must have 2 entries",
        ),
        (lambda: layers.EinsumDense("abc,cd->abd", (9, 3))(STEPS), r"axis 'b' is 4 in the inputs, but 9 in output"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3)(STEPS), r"'ab' does not name the axes of inputs of shape"),
        (
            lambda: layers.EinsumDense("abc,bcd->abd", (None, 3))(layers.Input((None, 5))),
            "weight kernel needs known dimensions",
        ),
    ],
)
def test_einsum_dense_says_what_it_cannot_take(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_einsum_dense_refuses_another_rank_than_before():
    layer = layers.EinsumDense("...x,xy->...y", 3, name="e")
    layer(STEPS)
    with pytest.raises(ValueError, match=r"layer e \(EinsumDense\): expects inputs of 3 dimensions, not 4"):
        layer(IMAGES)
