"""``ops``: the same calls give the same values, shapes and dtypes as in Keras."""

from __future__ import annotations

import numpy as np
import pytest
from ops_cases import CASES
from sides import TOLERANCE, keras, kgraph

pytestmark = pytest.mark.keras

#: Not called here: they are no functions of arrays alone, or leave values open.
ELSEWHERE = {
    "cond", "convert_to_numpy", "convert_to_tensor", "dtype", "empty", "get_item", "is_keras_tensor", "is_tensor",
    "nn", "stop_gradient",
}  # fmt: skip


def flat(result):
    parts = result if isinstance(result, (list, tuple)) else [result]
    return [np.asarray(part) for part in parts]


def label(case):
    name, arguments, options = case
    options = {key: f"{value.dtype}" if isinstance(value, np.ndarray) else value for key, value in options.items()}
    return f"{name}({', '.join(map(kind, arguments))}, {options})"


def kind(argument):
    if isinstance(argument, np.ndarray):
        return f"{argument.dtype}{argument.shape}"
    return "list" if isinstance(argument, list) else str(argument)


@pytest.mark.parametrize("case", CASES, ids=label)
def test_a_call_gives_what_it_gives_in_keras(case):
    name, arguments, options = case
    ours = flat(getattr(kgraph.ops, name)(*arguments, **options))
    theirs = flat(getattr(keras.ops, name)(*arguments, **options))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.shape == other.shape
        if name not in ("shape", "size", "ndim"):
            assert mine.dtype == other.dtype
        np.testing.assert_allclose(mine, other, **TOLERANCE)


def test_every_op_is_called():
    assert set(kgraph.ops.__all__) - {name for name, _, _ in CASES} == ELSEWHERE


def test_an_op_and_its_other_names_are_at_the_places_of_keras():
    assert {name for name in kgraph.ops.__all__ if not hasattr(keras.ops, name)} <= {"nn", "is_keras_tensor"}
