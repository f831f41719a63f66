"""``ops``: the same calls give the same values, shapes and dtypes as in Keras."""

from __future__ import annotations

import functools

import numpy as np
import ops_cases
import ops_number_cases
import ops_structure_cases
import pytest
from sides import TOLERANCE, keras, kgraph

pytestmark = pytest.mark.keras

CASES = [*ops_cases.CASES, *ops_number_cases.CASES, *ops_structure_cases.CASES]
#: Not called here: they are no functions of arrays alone, or leave values open.
ELSEWHERE = {
    "convert_to_numpy", "convert_to_tensor", "ctc_loss", "dtype", "empty", "get_item", "is_keras_tensor", "is_tensor",
    "linalg", "nn", "sparsemax", "stop_gradient", "vectorize",
}  # fmt: skip
#: What gives numbers or ``Dimension`` objects, and no tensors.
OF_SHAPES = ("shape", "size", "ndim")


def flat(result):
    if isinstance(result, (list, tuple)):
        return [array for part in result for array in flat(part)]
    return [np.asarray(result)]


def label(case):
    name, arguments, options = case
    options = {key: f"{value.dtype}" if isinstance(value, np.ndarray) else value for key, value in options.items()}
    return f"{name}({', '.join(map(kind, arguments))}, {options})"


def kind(argument):
    if isinstance(argument, np.ndarray):
        return f"{argument.dtype}{argument.shape}"
    return "list" if isinstance(argument, list) else "function" if callable(argument) else str(argument)


@functools.cache
def theirs(index):
    """What Keras gives for a case."""
    name, arguments, options = CASES[index]
    return flat(getattr(keras.ops, name)(*arguments, **options))


def assert_equal(name, ours, index):
    expected = theirs(index)
    assert len(ours) == len(expected)
    for mine, other in zip(ours, expected, strict=True):
        assert mine.shape == other.shape
        if name not in OF_SHAPES:
            assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, **TOLERANCE)


by_case = pytest.mark.parametrize("index", range(len(CASES)), ids=[label(case) for case in CASES])


@by_case
def test_a_call_gives_what_it_gives_in_keras(index):
    name, arguments, options = CASES[index]
    assert_equal(name, flat(getattr(kgraph.ops, name)(*arguments, **options)), index)


@by_case
def test_a_call_on_the_inputs_of_a_functional_model_gives_the_same(index):
    name, arguments, options = CASES[index]
    if not has_arrays([arguments, options]) or name in OF_SHAPES or (name, options) == ("bincount", {}):
        pytest.skip("it takes no tensors, gives none, or has a shape that depends on values")
    inputs, arrays = [], []
    symbolic = [with_inputs(part, inputs, arrays) for part in (arguments, options)]
    outputs = kgraph.tree.flatten(getattr(kgraph.ops, name)(*symbolic[0], **symbolic[1]))
    tensors = [x for x in outputs if kgraph.ops.is_keras_tensor(x)]
    values = iter(kgraph.Model(inputs, tensors)(arrays) if tensors else ())
    assert_equal(name, [np.asarray(next(values) if kgraph.ops.is_keras_tensor(x) else x) for x in outputs], index)


def has_arrays(structure):
    return any(isinstance(leaf, np.ndarray) and leaf.ndim for leaf in kgraph.tree.flatten(structure))


def with_inputs(structure, inputs, arrays):
    """``structure`` with an input in the place of each array, which is added to ``arrays``."""

    def as_input(leaf):
        if not isinstance(leaf, np.ndarray) or not leaf.ndim:
            return leaf
        inputs.append(kgraph.Input(batch_shape=leaf.shape, dtype=leaf.dtype.name))
        arrays.append(leaf)
        return inputs[-1]

    return kgraph.tree.map_structure(as_input, structure)


def test_every_op_is_called():
    assert set(kgraph.ops.__all__) - {name for name, _, _ in CASES} == ELSEWHERE


def test_an_op_and_its_other_names_are_at_the_places_of_keras():
    assert {name for name in kgraph.ops.__all__ if not hasattr(keras.ops, name)} <= {"linalg", "nn", "is_keras_tensor"}
