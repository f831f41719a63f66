"""Activations, regularizers, constraints, the ``K.`` names and labels, against their formulas."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from tracing import run_traced

from kgraph import activations, constraints, regularizers
from kgraph import backend as K
from kgraph.tensor import Tensor
from kgraph.types import TensorType
from kgraph.utils import clear_session, to_categorical

X = np.float32([[-7.0, -3.5, -1.0, -0.25], [0.0, 0.5, 2.0, 6.5]])
Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    return np.exp(x) / np.exp(x).sum(-1, keepdims=True)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "softmax": softmax,
    "log_softmax": lambda x: np.log(softmax(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "squareplus": lambda x: (x + np.sqrt(x * x + 4)) / 2,
    "sparse_plus": lambda x: np.where(x > 1, x, np.clip(x + 1, 0, 2) ** 2 / 4),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "tanh_shrink": lambda x: x - np.tanh(x),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "glu": lambda x: x[:, :2] * sigmoid(x[:, 2:]),
    "sparsemax": lambda x: np.array([[0.0, 0.0, 0.125, 0.875], [0.0, 0.0, 0.0, 1.0]]),
    "silu": lambda x: x * sigmoid(x),
    "swish": lambda x: x * sigmoid(x),
    "gelu": lambda x: 0.5 * x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "log_sigmoid": lambda x: np.log(sigmoid(x)),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "exponential": np.exp,
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_has_its_formula(name: str) -> None:
    activation = activations.get(name)
    np.testing.assert_allclose(activation(X), ACTIVATIONS[name](X), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(run_traced(activation, X)[0], activation(X))
    assert activations.get(activations.serialize(activation)) is activation


def test_relu_takes_a_slope_a_bound_and_a_threshold() -> None:
    expected = np.where(X >= 1, np.minimum(X, 3), 0.1 * (X - 1))
    np.testing.assert_allclose(activations.relu(X, 0.1, 3.0, 1.0), expected, rtol=1e-6)
    np.testing.assert_allclose(activations.relu(X, 0.1), np.where(X > 0, X, 0.1 * X), rtol=1e-6)
    np.testing.assert_allclose(activations.relu(X, max_value=1.5), np.clip(X, 0, 1.5))


def test_activations_take_their_parameters() -> None:
    np.testing.assert_allclose(activations.celu(X, 2.0), np.where(X > 0, X, 2 * np.expm1(X / 2)), rtol=1e-6)
    np.testing.assert_allclose(activations.squareplus(X, 1.0), (X + np.sqrt(X * X + 1)) / 2, rtol=1e-5)
    np.testing.assert_allclose(activations.soft_shrink(X, 1.0), np.sign(X) * np.maximum(np.abs(X) - 1, 0), rtol=1e-6)
    np.testing.assert_array_equal(activations.hard_shrink(X, 1.0), np.where(np.abs(X) > 1, X, 0))
    np.testing.assert_array_equal(activations.threshold(X, 0.4, -9.0), np.where(X > 0.4, X, -9))
    np.testing.assert_allclose(activations.glu(X, 0), X[:1] * sigmoid(X[1:]), rtol=1e-6)
    with pytest.raises(ValueError, match="3"):
        activations.glu(X[:, :3])


def test_no_activation_is_the_linear_one() -> None:
    assert activations.get(None) is activations.linear
    with pytest.raises(ValueError, match="unknown activation 'reul'"):
        activations.get("reul")


def test_regularizers_have_their_formulas() -> None:
    l1, l2 = np.abs(X).sum(), np.square(X).sum()
    assert float(regularizers.get("l1")(X)) == pytest.approx(0.01 * l1)
    assert float(regularizers.l2(0.5)(X)) == pytest.approx(0.5 * l2)
    assert float(regularizers.L1L2(0.1, 0.2)(X)) == pytest.approx(0.1 * l1 + 0.2 * l2)
    assert float(regularizers.L1L2()(X)) == 0.0
    with pytest.raises(ValueError, match="l2 must be 0 or more, and finite, not -1"):
        regularizers.L2(-1)


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_the_orthogonal_penalty_is_the_mean_size_of_the_cosines_of_all_pairs(mode: str) -> None:
    rows = X if mode == "rows" else X.T
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    pairs = [abs(a @ b) for i, a in enumerate(units) for b in units[:i]]
    penalty = regularizers.OrthogonalRegularizer(0.3, mode)
    assert float(penalty(X)) == pytest.approx(0.3 * np.mean(pairs), rel=1e-5)
    assert float(run_traced(penalty, X)[0]) == pytest.approx(0.3 * np.mean(pairs), rel=1e-5)
    again = regularizers.deserialize(regularizers.serialize(penalty))
    assert again.get_config() == {"factor": 0.3, "mode": mode}


def test_an_orthogonal_penalty_of_one_row_is_zero_and_of_no_matrix_an_error() -> None:
    assert float(regularizers.get("orthogonal_regularizer")(X[:1])) == 0.0
    with pytest.raises(ValueError, match=r"of matrices, not of a weight of shape \(4,\)"):
        regularizers.OrthogonalRegularizer()(X[0])
    with pytest.raises(ValueError, match="mode must be one of 'rows', 'columns', not 'diagonal'"):
        regularizers.OrthogonalRegularizer(mode="diagonal")
    with pytest.raises(ValueError, match="factor must be 0 or more"):
        regularizers.OrthogonalRegularizer(-1)


def test_constraints_have_their_formulas() -> None:
    norms = np.sqrt(np.square(X).sum(0, keepdims=True))
    cases = {
        constraints.MaxNorm(2.0): X * np.minimum(norms, 2) / norms,
        constraints.NonNeg(): np.maximum(X, 0),
        constraints.UnitNorm(): X / norms,
        constraints.MinMaxNorm(1.0, 3.0, 0.5): X * (0.5 * np.clip(norms, 1, 3) + 0.5 * norms) / norms,
    }
    for constraint, expected in cases.items():
        np.testing.assert_allclose(constraint(X), expected, rtol=1e-5)
    zeros = np.zeros((2, 2), np.float32)
    np.testing.assert_array_equal(constraints.get("max_norm")(zeros), zeros)
    assert constraints.get(None) is None


A, B = X[:, :3], np.float32([[1, 2, 3], [4, 5, 6]])
NORMALIZED = (A - B[0]) / np.sqrt(B[1] + 1e-3) * B[1] + B[0]
K_CASES = {
    "mean": (lambda: K.mean(A, axis=-1), A.mean(-1)),
    "argmax of the last axis": (lambda: K.argmax(A), A.argmax(-1)),
    "argmin of the last axis": (lambda: K.argmin(A), A.argmin(-1)),
    "concatenate along the last axis": (lambda: K.concatenate([A, B]), np.concatenate([A, B], -1)),
    "expand_dims at the end": (lambda: K.expand_dims(A), A[..., None]),
    "cumsum along the first axis": (lambda: K.cumsum(A), A.cumsum(0)),
    "cumprod along the first axis": (lambda: K.cumprod(B), B.cumprod(0)),
    "pow": (lambda: K.pow(B, 2), B**2),
    "permute_dimensions": (lambda: K.permute_dimensions(A, (1, 0)), A.T),
    "repeat_elements": (lambda: K.repeat_elements(A, 2, 1), A.repeat(2, 1)),
    "reverse": (lambda: K.reverse(A, 1), A[:, ::-1]),
    "flatten": (lambda: K.flatten(A), A.ravel()),
    "batch_flatten": (lambda: K.batch_flatten(B.reshape(2, 3, 1)), B),
    "repeat": (lambda: K.repeat(A, 2), np.stack([A, A], 1)),
    "gather": (lambda: K.gather(B, [1, 1, 0]), B[[1, 1, 0]]),
    "one_hot": (lambda: K.one_hot([2, 0], 3), np.eye(3)[[2, 0]]),
    "batch_dot": (lambda: K.batch_dot(A, B, axes=1), (A * B).sum(1, keepdims=True)),
    "batch_dot of matrices": (lambda: K.batch_dot(A[:, None], B[..., None]), A[:, None] @ B[..., None]),
    "batch_dot along axes": (
        lambda: K.batch_dot(np.stack([A, B]), np.stack([B, A]), axes=(2, 2)),
        np.stack([A @ B.T, B @ A.T]),
    ),
    "dot": (lambda: K.dot(A, B.T), A @ B.T),
    "clip": (lambda: K.clip(A, -1, 1), A.clip(-1, 1)),
    "relu": (lambda: K.relu(A, 0.1), np.where(A > 0, A, 0.1 * A)),
    "hard_sigmoid of Keras 2": (lambda: K.hard_sigmoid(A), np.clip(0.2 * A + 0.5, 0, 1)),
    "l2_normalize": (lambda: K.l2_normalize(B, axis=1), B / np.linalg.norm(B, axis=1, keepdims=True)),
    "switch": (lambda: K.switch(A > 0, A, lambda: -A), np.abs(A)),
    "switch by rows": (lambda: K.switch(np.array([True, False]), A, B), np.stack([A[0], B[1]])),
    "in_train_phase outside of training": (lambda: K.in_train_phase(A, lambda: B), B),
    "in_train_phase in training": (lambda: K.in_train_phase(lambda: A, B, training=True), A),
    "in_test_phase": (lambda: K.in_test_phase(A, B), A),
    "eye": (lambda: K.eye(2), np.eye(2)),
    "constant": (lambda: K.constant(2, shape=(2,)), [2, 2]),
    "zeros": (lambda: K.zeros((2,)), [0, 0]),
    "ones": (lambda: K.ones((2,)), [1, 1]),
    "arange": (lambda: K.arange(3), [0, 1, 2]),
    "in_top_k": (lambda: K.in_top_k(B, np.int32([2, 0]), 1), [True, False]),
    "cast_to_floatx": (lambda: K.cast_to_floatx(np.float64([1])), [1]),
    "binary_crossentropy": (lambda: K.binary_crossentropy(np.float32([1]), np.float32([0.5])), [np.log(2)]),
    "dropout of nothing": (lambda: K.dropout(A, 0.0), A),
    "bias_add": (lambda: K.bias_add(A, B[0]), A + B[0]),
    "bias_add to the first channels": (
        lambda: K.bias_add(np.stack([A, B]), np.float32([1, 2]), "channels_first"),
        np.stack([A, B]) + np.float32([[1], [2]]),
    ),
    "batch_normalization": (lambda: K.batch_normalization(A, B[0], B[1], B[0], B[1]), NORMALIZED),
    "temporal_padding": (lambda: K.temporal_padding(A[None], (1, 2)), np.pad(A, ((1, 2), (0, 0)))[None]),
    "map_fn": (lambda: K.map_fn(lambda row: row * 2, A, dtype="float64"), A * 2),
    "foldl": (lambda: K.foldl(lambda total, row: total * 2 + row, B), B[0] * 2 + B[1]),
    "foldr from a value": (lambda: K.foldr(lambda total, row: total * 2 + row, B, 1.0), 4 + B[1] * 2 + B[0]),
    "random_bernoulli of certainty": (lambda: K.random_bernoulli((2,), 1.0), [1, 1]),
}


@pytest.mark.parametrize("name", K_CASES)
def test_a_k_function_means_what_it_meant(name: str) -> None:
    call, expected = K_CASES[name]
    result = call()
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_every_k_name_exists() -> None:
    assert all(callable(getattr(K, name)) for name in K.__all__)


def test_in_train_phase_is_a_phase_node_where_code_stands_for_both() -> None:
    result, _, graph = run_traced(lambda x: K.in_train_phase(lambda: x * 2, lambda: x + 1), A)
    assert "phase" in [node.op for node in graph.nodes]
    np.testing.assert_array_equal(result, A + 1)


def test_variables_are_read_and_written_by_k_names() -> None:
    variable = K.variable([1, 2])
    assert variable.dtype == "float32"
    K.set_value(variable, [3, 4])
    np.testing.assert_array_equal(K.get_value(variable), [3, 4])
    K.batch_set_value([(variable, [5, 6])])
    np.testing.assert_array_equal(K.batch_get_value([variable])[0], [5, 6])
    K.update_add(variable, 1.0)
    K.update_sub(variable, [2.0, 0.0])
    K.moving_average_update(variable, [0.0, 0.0], 0.5)
    np.testing.assert_array_equal(K.get_value(variable), [2, 3.5])
    K.update(variable, [7, 8])
    np.testing.assert_array_equal(K.eval(variable), [7, 8])
    assert K.count_params(variable) == 2
    assert K.int_shape(Tensor(TensorType("f32", ("N", 3)))) == (None, 3)
    assert K.image_data_format() == "channels_last"


def test_labels_become_one_hot_vectors() -> None:
    np.testing.assert_array_equal(to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]])
    np.testing.assert_array_equal(to_categorical([[1], [0]], 3), np.eye(3)[[1, 0]])
    np.testing.assert_array_equal(to_categorical([-1], 3), np.eye(3)[[2]])
    assert to_categorical([0]).dtype == np.float32
    with pytest.raises(ValueError, match="label 3 is outside the 3 classes"):
        to_categorical([0, 3], 3)


def test_clearing_the_session_starts_names_again() -> None:
    from kgraph.names import auto_name

    clear_session()
    assert auto_name("face") == "face"
    assert auto_name("face") == "face_1"
    clear_session()
    assert auto_name("face") == "face"
