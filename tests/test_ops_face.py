"""``kgraph.ops`` against numpy: every function on arrays, and as a graph whose dimensions are symbols."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from face_case import Case
from face_elements import COMPARISONS, ELEMENTWISE
from face_normalization import NORMALIZATION
from face_numbers import NUMBERS, PLACES, STATISTICS, WHOLE, WINDOWS
from face_products import NETWORKS, PRODUCTS
from face_reductions import REDUCTIONS
from face_shapes import CORE, CREATION, INDICES, SHAPES
from face_structure import CONTROL, DIAGONALS, FACTORS, PARTS, SCATTERING

from kgraph import ops, tree
from kgraph.builder import Builder
from kgraph.dimension import Dimension
from kgraph.ir import Graph
from kgraph.tensor import Tensor, lower, wrap
from kgraph.trace import Trace
from kgraph.types import TensorType, type_of
from kgraph.variable import Variable

CASES = [
    *ELEMENTWISE,
    *COMPARISONS,
    *REDUCTIONS,
    *SHAPES,
    *CREATION,
    *PRODUCTS,
    *INDICES,
    *NETWORKS,
    *NORMALIZATION,
    *CORE,
    *NUMBERS,
    *WHOLE,
    *STATISTICS,
    *PLACES,
    *WINDOWS,
    *DIAGONALS,
    *FACTORS,
    *PARTS,
    *SCATTERING,
    *CONTROL,
]
by_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def symbolic(array: np.ndarray, index: int, known: Any) -> TensorType:
    """The type of ``array`` with a symbol for each dimension, but for those of 1, and for the known axis."""
    if known is ...:
        return type_of(array)
    kept = range(array.ndim)[known] if isinstance(known, int) else None
    shape = [dim if dim == 1 or axis == kept else f"s{dim}" for axis, dim in enumerate(array.shape)]
    return TensorType(type_of(array).dtype, tuple(shape))


def as_graph(case: Case, as_symbols: bool) -> tuple[Graph, dict[str, np.ndarray]]:
    """The graph of the case's function, and its feeds."""
    builder = Builder("case")
    trace = Trace(builder)
    feeds = {f"x{index}": array for index, array in enumerate(case.arrays)}
    known = case.known or ((),) * len(case.arrays)
    leaves = [
        builder.leaf("input", name, symbolic(array, index, known[index]) if as_symbols else type_of(array))
        for index, (name, array) in enumerate(feeds.items())
    ]
    with trace.active():
        results = tree.flatten(case.face(*map(wrap, leaves)))
        for index, result in enumerate(results):
            builder.output(str(index), lower(trace, result))
    return builder.finish(), feeds


def check(results: list[Any], case: Case) -> None:
    expected = tree.flatten(case.expected(*case.arrays))
    assert len(results) == len(expected)
    for got, want in zip(results, expected, strict=True):
        assert isinstance(got, np.ndarray | np.generic)
        assert got.shape == np.shape(want)
        np.testing.assert_allclose(got, want, rtol=2e-5, atol=2e-6)
        if case.dtype is not None:
            assert got.dtype.name == case.dtype


@by_case
def test_a_function_gives_on_arrays_what_numpy_gives(case: Case) -> None:
    check(tree.flatten(case.face(*case.arrays)), case)


@by_case
def test_a_function_gives_in_a_graph_what_numpy_gives(case: Case) -> None:
    graph, feeds = as_graph(case, as_symbols=False)
    check(list(graph.run(feeds).values()), case)


@by_case
def test_a_function_describes_shapes_that_are_not_known_yet(case: Case) -> None:
    graph, feeds = as_graph(case, as_symbols=True)
    check(list(graph.run(feeds).values()), case)


def test_every_function_is_in_a_case() -> None:
    text = {word for case in CASES for word in case.name.replace("_of_", " ").split()}
    without_values = {"shape", "ndim", "size", "dtype", "is_tensor", "is_keras_tensor", "convert_to_numpy", "nn"}
    without_values |= {"linalg"}
    missing = [name for name in ops.__all__ if name not in text | without_values]
    assert not missing


X = np.ones((2, 3), np.float32)
ERRORS = [
    (lambda: ops.sum(X, axis=2), ValueError, "ops.sum: axis must be from -2 to 1 here, not 2"),
    (lambda: ops.sum(X, axis=(0, -2)), ValueError, "ops.sum: axis (0, -2) names an axis twice"),
    (lambda: ops.argmax(X, axis=0.5), TypeError, "ops.argmax: an axis is an int, not 0.5"),
    (lambda: ops.reshape(X, (4, -1)), ValueError, "no -1 fits (4, -1), since (2, 3) has 6 elements"),
    (lambda: ops.reshape(X, (4, 2)), ValueError, "(2, 3) has 6 elements, but (4, 2) takes 8"),
    (lambda: ops.reshape(X, (-1, -1)), ValueError, "only one dimension can be -1"),
    (lambda: ops.reshape(X, (None, 6)), ValueError, "take unknown dimensions from ops.shape(x)"),
    (lambda: ops.zeros((2, -1)), ValueError, "shape (2, -1) has a negative dimension"),
    (lambda: ops.squeeze(X, 0), ValueError, "ops.squeeze: axis 0 of (2, 3) is 2, not 1"),
    (lambda: ops.transpose(X, (0, 0)), ValueError, "axes must name each of the 2 axes once"),
    (lambda: ops.moveaxis(X, (0, 1), 0), ValueError, "must name equally many axes"),
    (lambda: ops.broadcast_to(X, (3, 3)), ValueError, "(2, 3) does not broadcast to (3, 3)"),
    (lambda: ops.concatenate([X, X.T]), ValueError, "operand 0 has shape (2, 3) but operand 1 has (3, 2)"),
    (lambda: ops.concatenate([]), ValueError, "takes at least one tensor"),
    (lambda: ops.split(X, 2, 1), ValueError, "axis 1 of 3 does not divide into 2 equal sections"),
    (lambda: ops.repeat(X, [1, 2], 1), ValueError, "2 counts were given for 3 slices along axis 1"),
    (lambda: ops.unstack(X, 3), ValueError, "axis 0 has 2 slices, but num is 3"),
    (lambda: ops.pad(X, 1, "wrap"), ValueError, "mode is constant, reflect or symmetric, not 'wrap'"),
    (lambda: ops.pad(X, 4, "reflect"), ValueError, "axis 0 of 2 is too short to be mirrored for 4"),
    (lambda: ops.where(X), ValueError, "x1 or x2 is missing"),
    (lambda: ops.where(X, X, X[:, :2]), ValueError, "ops.where: shapes (2, 3) and (2, 2) do not broadcast"),
    (
        lambda: ops.tensordot(X, X, 1),
        ValueError,
        "ops.tensordot: an axis is 3 in the operands before, but 2 in operand 1",
    ),
    (lambda: ops.einsum("ij,jk->ik", X), ValueError, "names 2 operands, but 1 were given"),
    (lambda: ops.einsum("ijk->i", X), ValueError, "'ijk' does not fit operand 0, which has 2 dimensions"),
    (lambda: ops.einsum("ij->ik", X), ValueError, "'k' must stand once in the result"),
    (lambda: ops.norm(X, 3), ValueError, "takes a number as ord and one axis"),
    (lambda: ops.arange(1, 5, 0), ValueError, "step cannot be 0"),
    (lambda: ops.normalize(X, order=0), ValueError, "order must be 1 or more, not 0"),
    (lambda: ops.binary_crossentropy(X, X.T), ValueError, "target has shape (2, 3) but output has (3, 2)"),
    (lambda: ops.sparse_categorical_crossentropy(X, X), ValueError, "one index a row"),
    (lambda: ops.take(X, [5], 0), Exception, "index 5 at position 0 is outside [0, 2)"),
    (lambda: ops.sparse_categorical_crossentropy([0, 3], X), Exception, "3"),
]


@pytest.mark.parametrize(("call", "error", "text"), ERRORS, ids=[text for _, _, text in ERRORS])
def test_a_mistake_is_named_with_the_value_expected_and_given(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert text in str(raised.value)


def test_tensors_outside_a_trace_record_what_functions_do_also_with_shapes_that_are_not_known() -> None:
    x = Tensor(TensorType("f32", ("N", 3)), "x")
    padded = ops.concatenate([x, ops.zeros((ops.shape(x)[0], 2))], axis=1)
    assert padded.shape == (None, 5)
    trace = Trace(Builder("recorded"))
    trace.memo[x] = wrap(trace.builder.leaf("input", "x", x.type))
    with trace.active():
        trace.builder.output("result", lower(trace, padded + 1))
    result = trace.builder.finish().run({"x": X})["result"]
    np.testing.assert_array_equal(result, [[2, 2, 2, 1, 1]] * 2)


def test_a_wrong_claim_about_an_unknown_dimension_is_refused_when_data_come() -> None:
    builder = Builder("claim")
    trace = Trace(builder)
    x = wrap(builder.leaf("input", "x", TensorType("f32", ("N", 3))))
    with trace.active():
        builder.output("result", lower(trace, ops.reshape(x, (4, 3))))
    graph = builder.finish()
    assert graph.run({"x": np.ones((4, 3), np.float32)})["result"].shape == (4, 3)
    with pytest.raises(ValueError, match="15"):
        graph.run({"x": np.ones((5, 3), np.float32)})


def test_shape_gives_ints_and_dimensions() -> None:
    x = Tensor(TensorType("f32", ("N", 3)), "x")
    assert ops.shape(x) == (Dimension("N"), 3)
    assert ops.size(x) == Dimension("3*N")
    assert (ops.ndim(x), ops.dtype(x), ops.is_tensor(x), ops.is_keras_tensor(x)) == (2, "float32", True, True)
    assert ops.shape(X) == (2, 3)
    assert not ops.is_keras_tensor(X)


def test_a_symbolic_tensor_has_no_numpy_value() -> None:
    with pytest.raises(TypeError, match="no value yet"):
        ops.convert_to_numpy(Tensor(TensorType("f32", ("N", 3)), "x"))
    np.testing.assert_array_equal(ops.convert_to_numpy(Variable(X)), X)
