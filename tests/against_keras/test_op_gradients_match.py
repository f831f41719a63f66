"""``ops``: the gradients of what is made of other ops are those of Keras on JAX."""

from __future__ import annotations

import numpy as np
import ops_number_cases
import ops_structure_cases
import pytest
from sides import keras, kgraph

from kgraph.autodiff import gradients
from kgraph.builder import Builder
from kgraph.tensor import lower, wrap
from kgraph.trace import Trace
from kgraph.types import type_of

jax = pytest.importorskip("jax")
pytestmark = pytest.mark.keras

#: What JAX does not differentiate, by name and mode; and the columns of a complete ``Q``, which are constants here.
WITHOUT = {
    ("nextafter", None), ("qr", "complete"), ("scatter_update", "mul"), ("segment_prod", None), ("while_loop", None),
}  # fmt: skip


def is_float_array(leaf):
    return isinstance(leaf, np.ndarray) and leaf.dtype == np.float32 and leaf.ndim > 0


def with_leaves(case, leaves):
    """The arguments and options of a case, with ``leaves`` in the places of its float arrays."""
    remaining = iter(leaves)
    return kgraph.tree.map_structure(lambda x: next(remaining) if is_float_array(x) else x, list(case[1:]))


def first_of_each_name():
    found = {}
    for case in (*ops_number_cases.CASES, *ops_structure_cases.CASES):
        floats = [x for x in kgraph.tree.flatten(case[1:]) if is_float_array(x)]
        if floats and all(np.isfinite(x).all() for x in floats):
            found.setdefault((case[0], case[2].get("mode") or case[2].get("reduction")), case)
    return [found[key] for key in found if key not in WITHOUT]


CASES = first_of_each_name()


def weighted(ops, outputs, is_float):
    """One number that depends on every element of the floats among ``outputs``."""
    total = 0.0
    for output in filter(is_float, kgraph.tree.flatten(outputs)):
        weights = np.cos(np.arange(np.prod(output.shape), dtype=np.float32)).reshape(output.shape)
        total = ops.add(total, ops.sum(ops.multiply(output, weights)))
    return total


def ours(case, arrays):
    trace = Trace(Builder("case"))
    leaves = [wrap(trace.builder.leaf("input", f"x{i}", type_of(array))) for i, array in enumerate(arrays)]
    with trace.active():
        arguments, options = with_leaves(case, leaves)
        outputs = getattr(kgraph.ops, case[0])(*arguments, **options)
        total = weighted(kgraph.ops, outputs, lambda x: kgraph.ops.dtype(x) == "float32")
        value = lower(trace, total)
        trace.builder.output("total", value)
    names = [f"x{i}" for i in range(len(arrays))]
    results = gradients(trace.builder.finish(), value.name, names).run(dict(zip(names, arrays, strict=True)))
    return [results.get(f"grad/{name}", np.zeros_like(array)) for name, array in zip(names, arrays, strict=True)]


def theirs(case, arrays):
    def total(leaves):
        arguments, options = with_leaves(case, leaves)
        outputs = getattr(keras.ops, case[0])(*arguments, **options)
        return weighted(keras.ops, outputs, lambda x: getattr(x, "dtype", None) == np.float32)

    return jax.grad(total)(arrays)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {sorted(case[2])}")
def test_a_function_has_the_gradient_of_keras(case):
    arrays = [x for x in kgraph.tree.flatten(case[1:]) if is_float_array(x)]
    for mine, other in zip(ours(case, arrays), theirs(case, arrays), strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-4, atol=2e-5)
