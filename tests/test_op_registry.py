"""Every op, as the registry has it: kernels, values, layouts, tasks, instruction sets, NaN and errors.

Nothing here knows an op by name. ``test_op_gradients`` does the same for gradient rules, ``test_op_refusals`` for what
ops refuse.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import op_cases
import pytest
from op_cases import ADMITTED, CASES, COMPUTING, OPS, Case, run_call, run_kernel

from kgraph import _ops
from kgraph.builder import Builder
from kgraph.op import Op, OpError
from kgraph.opset.leaves import encode_value
from kgraph.runtime import Function, apply
from kgraph.types import DTYPES, type_of

#: The errors allowed, in units in the last place: of each element for functions of one number, of the largest element
#: of the result for the rest, whose terms may cancel.
UNARY_ULPS, ULPS = 4, 16
#: Numbers at which functions of floats are special.
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0, 0.5, -2.5, 3.0)
#: Numbers whose products and differences round too much to compare, for functions of one number alone.
FAR = (1e30, -1e30, 80.0, -80.0, 720.0, -720.0, 1e-30)
#: The result of every case of an op.
Results = dict[str, list[np.ndarray]]
#: Ops that have a reference: all but the leaves and choices.
REFERRED = [op for op in OPS if op.role not in ("leaf", "choice")]
ELEMENTWISE = [op for op in COMPUTING if op.is_elementwise]


def each(ops: Sequence[Op]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("op", ops, ids=lambda op: op.name)


def check_close(case: Case, result: np.ndarray, expected: np.ndarray, note: str = "") -> None:
    """Asserts that ``result`` is ``expected``: exactly for ints and bools, to a rounding error for floats."""
    message = f"{note} {case}"
    assert result.shape == expected.shape, message
    if result.dtype.kind != "f":
        np.testing.assert_array_equal(result, expected.astype(result.dtype), err_msg=message)
        return
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(result[~finite], expected[~finite], err_msg=message)
    size, info = np.abs(expected[finite]), np.finfo(result.dtype)
    scale = size * UNARY_ULPS if is_function_of_one_number(case.op) else np.max(size, initial=0.0) * ULPS
    error = np.abs(result[finite] - expected[finite])
    wrong = ~(error <= scale * info.eps + info.tiny)
    assert not wrong.any(), f"{message}: {result[finite][wrong][:5]} should be {expected[finite][wrong][:5]}"


def is_function_of_one_number(op: Op) -> bool:
    return op.is_elementwise and len(op.operands) == 1


def takes_one_tensor_of_floats(op: Op) -> bool:
    return sum("f32" in ADMITTED.get(operand.dtype, ()) for operand in op.operands) == 1


# --- completeness ----------------------------------------------------------------------------------------------------


@each(OPS)
def test_an_op_says_what_it_does_in_a_sentence(op: Op) -> None:
    assert op.doc.endswith(".") and len(op.doc) > 1


@each(REFERRED)
def test_an_op_has_a_reference_and_samples(op: Op) -> None:
    assert op.reference is not None
    assert op.samples


@each(OPS)
def test_an_op_has_no_more_gradient_rules_than_operands(op: Op) -> None:
    assert len(op.grad) in (0, len(op.operands))


@each(REFERRED)
def test_samples_cover_every_dtype_that_the_signature_admits(op: Op) -> None:
    variables = list(dict.fromkeys(operand.dtype for operand in op.operands if operand.dtype in ADMITTED))
    covered = set()
    for case in CASES[op.name]:
        dtype_of = dict(zip(op_cases.declared_dtypes(op, case.sample), case.dtypes, strict=True))
        covered.add(tuple(dtype_of[variable] for variable in variables))
    assert covered == set(product(*(ADMITTED[variable] for variable in variables)))


@each(REFERRED)
def test_samples_include_an_empty_case_and_one_of_size_1(op: Op) -> None:
    sizes = [free_sizes(op, case) for case in CASES[op.name]]
    if not any(sizes):
        pytest.skip("every dimension is set")
    assert any(0 in given for given in sizes), "no sample is empty"
    assert any(given and set(given) == {1} for given in sizes), "no sample has size 1 all over"


def free_sizes(op: Op, case: Case) -> list[int]:
    """How many times an operand is as large as its signature sets it to be, for those that it leaves some freedom.

    Likewise the result, where an attribute is its shape.
    """
    operands = list(zip(op.operands, case.operands, strict=False))
    set_sizes = [prod(dim for dim in operand.dims if isinstance(dim, int)) for operand, _ in operands]
    free = [
        array.size // set_size
        for (operand, array), set_size in zip(operands, set_sizes, strict=True)
        if any(isinstance(dim, str) for dim in operand.dims)
    ]
    is_shaped = any(attribute.kind == "shape" for attribute in op.attributes)
    return [*free, *[int(case.result_type.size)] * is_shaped]


def test_every_kernel_belongs_to_an_op_and_every_op_has_its_kernels() -> None:
    called = {case.call.kernel for op in COMPUTING for case in CASES[op.name]}
    kernels = set(_ops.kernel_names())
    assert not called - kernels, "ops without their kernels"
    assert not kernels - called, "kernels without an op"


@each([op for op in COMPUTING if any(attribute.kind == "dtype" for attribute in op.attributes)])
def test_an_op_has_a_kernel_for_every_dtype_that_its_attributes_admit(op: Op) -> None:
    (name,) = [attribute.name for attribute in op.attributes if attribute.kind == "dtype"]
    admitted = set()
    for case, dtype in product(CASES[op.name], DTYPES):
        attrs = case.attrs | {name: dtype}
        try:
            result = op.result_type(case.types, attrs)
        except OpError:
            continue
        assert op.lower is not None
        assert op.lower(case.types, result, attrs).kernel in _ops.kernel_names(), f"{case} as {dtype}"
        admitted.add(dtype)
    assert admitted == {case.attrs[name] for case in CASES[op.name]}, "samples lack a dtype"


# --- values ----------------------------------------------------------------------------------------------------------


@each(COMPUTING)
def test_the_kernel_computes_what_the_reference_says(op: Op) -> None:
    for case in CASES[op.name]:
        check_close(case, case.result, case.expected)


@each(REFERRED)
def test_the_reference_has_the_type_that_the_op_infers(op: Op) -> None:
    """Constant folding stands on it."""
    for case in CASES[op.name]:
        value = case.reference(case.operands)
        assert value.shape == case.result_type.known_shape, case
        assert np.can_cast(value.dtype, case.result_type.numpy_dtype, "same_kind"), case


@each(REFERRED)
def test_a_graph_takes_operands_that_are_strided_backwards_unaligned_and_read_only(op: Op) -> None:
    for case in CASES[op.name]:
        plain = apply(op.name, case.operands, case.attrs)
        check_close(case, plain, case.expected, "applied")
        before = [array.tobytes() for array in case.operands]
        for lay_out in (spread_out, backwards, in_fortran_order, unaligned):
            operands = [lay_out(array) for array in case.operands]
            result = apply(op.name, operands, case.attrs)
            assert result.tobytes() == plain.tobytes(), f"{lay_out.__name__} {case}"
            assert [array.tobytes() for array in operands] == before, f"{lay_out.__name__} {case}"
            assert not any(np.shares_memory(result, array) for array in operands), case


def frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def spread_out(array: np.ndarray) -> np.ndarray:
    """The same values, every other element of an array twice as long along each axis."""
    whole = np.zeros([2 * size for size in array.shape], array.dtype)
    part = whole[(..., *(slice(None, None, 2),) * array.ndim)]
    part[...] = array
    return frozen(part)


def backwards(array: np.ndarray) -> np.ndarray:
    """The same values, in memory from last to first."""
    turn = (..., *(slice(None, None, -1),) * array.ndim)
    return frozen(array[turn].copy()[turn])


def in_fortran_order(array: np.ndarray) -> np.ndarray:
    return frozen(np.array(array, order="F"))


def unaligned(array: np.ndarray) -> np.ndarray:
    memory = np.zeros(array.nbytes + 1, np.uint8)
    shifted = memory[1:].view(array.dtype).reshape(array.shape)
    shifted[...] = array
    return frozen(shifted)


@each(REFERRED)
def test_an_op_of_constants_folds_to_what_its_kernel_computes(op: Op) -> None:
    for case in CASES[op.name]:
        if op.fault is None and all(array.size <= 64 for array in case.operands):
            builder = Builder("folded")
            constants = [
                builder.constant(encode_value(array), type)
                for array, type in zip(case.operands, case.types, strict=True)
            ]
            builder.output("result", builder.emit(op.name, constants, case.attrs))
            check_close(case, Function(builder.finish(), {})({})["result"], case.expected, "folded")


@each(REFERRED)
def test_an_op_of_one_number_everywhere_folds_to_what_its_kernel_computes(op: Op) -> None:
    for case in CASES[op.name]:
        if op.fault is not None or not case.operands or any(array.size > 64 for array in case.operands):
            continue
        builder = Builder("folded")
        numbers = [array.ravel()[0].item() if array.size else 1 for array in case.operands]
        fulls = [
            builder.emit("full", (), {"shape": list(type.shape), "value": number, "dtype": type.dtype})
            for type, number in zip(case.types, numbers, strict=True)
        ]
        builder.output("result", builder.emit(op.name, fulls, case.attrs))
        operands = [np.full_like(array, number) for array, number in zip(case.operands, numbers, strict=True)]
        expected = case.reference([op_cases.widened(array) for array in operands])
        check_close(case, Function(builder.finish(), {})({})["result"], expected, "folded")


# --- tasks and memory ------------------------------------------------------------------------------------------------


@each(COMPUTING)
@pytest.mark.parametrize("grain", [1, 3, 64])
def test_the_result_does_not_depend_on_the_split_into_tasks(op: Op, grain: int) -> None:
    for case in CASES[op.name]:
        result = run_kernel(case, case.operands, grain)
        assert result.tobytes() == case.result.tobytes(), case


@each(ELEMENTWISE)
def test_an_elementwise_result_may_take_the_place_of_any_operand(op: Op) -> None:
    for case in CASES[op.name]:
        for index, array in enumerate(case.operands):
            element = case.result_type.numpy_dtype.itemsize
            if array.shape == case.result_type.shape and array.dtype.itemsize == element:
                in_place = run_kernel(case, case.operands, in_place=index)
                assert in_place.tobytes() == case.result.tobytes(), f"operand {index} of {case}"


# --- instruction sets ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=_ops.supported_isas())
def results_elsewhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The result of every case, by op, as a process on another instruction set computes it."""
    path = tmp_path_factory.mktemp("results") / "results.npy"
    environment = os.environ | {"KGRAPH_ISA": request.param, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(Path(op_cases.__file__)), str(path)]
    subprocess.run(command, env=environment, check=True)
    data, place, results = np.load(path), 0, {}
    for op in COMPUTING:
        results[op.name] = []
        for case in CASES[op.name]:
            end = place + case.result.nbytes
            array = data[place:end].copy().view(case.result.dtype).reshape(case.result.shape)
            results[op.name].append(array)
            place = end
    assert place == len(data)
    return results


def test_every_instruction_set_gives_the_results_of_the_reference(
    results_elsewhere: Results,
) -> None:
    for op in COMPUTING:
        for case, result in zip(CASES[op.name], results_elsewhere[op.name], strict=True):
            check_close(case, result, case.expected)


def test_ops_that_round_nothing_give_the_same_bits_on_every_instruction_set(results_elsewhere: Results) -> None:
    compared = 0
    for op in COMPUTING:
        for case, result in zip(CASES[op.name], results_elsewhere[op.name], strict=True):
            if result.dtype.kind != "f" or only_moves(case):
                assert result.tobytes() == case.result.tobytes(), case
                compared += 1
    assert compared > 100


def only_moves(case: Case) -> bool:
    """Whether the kernel is named by the width of its elements, which it therefore cannot compute with."""
    return any(part in ("b1", "b4", "b8") for part in case.call.kernel.split("_"))


# --- NaN and infinity ------------------------------------------------------------------------------------------------


@each([op for op in ELEMENTWISE if {"f32", "f64"} & set().union(*(case.dtypes for case in CASES[op.name]))])
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_nan_and_infinity_pass_as_the_reference_says(op: Op, dtype: str) -> None:
    cases = [case for case in CASES[op.name] if dtype in case.dtypes and case.dtypes[-1] in (dtype, "bool")]
    for case in {str(case.attrs): case for case in cases}.values():
        for operands in special_operands(case):
            shape = np.broadcast_shapes(*(array.shape for array in operands))
            types = [type_of(array) for array in operands]
            result_type = op.result_type(types, case.attrs)
            assert op.lower is not None and result_type.shape == shape
            result = run_call(op.lower(types, result_type, case.attrs), operands, result_type)
            check_same_kinds(case, operands, result, case.reference(operands))


@each([op for op in COMPUTING if op.fault is None and takes_one_tensor_of_floats(op)])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_nan_or_infinity_in_one_place_comes_out_as_the_reference_says(op: Op, number: float) -> None:
    for case in CASES[op.name]:
        for index, array in enumerate(case.operands):
            if array.dtype.kind == "f" and array.size:
                operands = [each.copy() for each in case.operands]
                operands[index].flat[case.rng.integers(array.size)] = number
                check_same_kinds(case, operands, run_kernel(case, operands), case.reference(operands))


def special_operands(case: Case) -> Iterator[list[np.ndarray]]:
    """Operands that together hold every combination of special numbers; those of rank 0 take them in turn."""
    ranks = [operand.dims for operand in case.op.operands]
    wide = [array for array, dims in zip(case.operands, ranks, strict=True) if dims]
    floats = SPECIAL + FAR if is_function_of_one_number(case.op) else SPECIAL
    values = [floats if array.dtype.kind == "f" else (False, True) for array in wide]
    columns = np.array(list(product(*values)))
    for scalar in SPECIAL if len(wide) < len(ranks) else (0.0,):
        grid = iter(columns.T)
        yield [
            np.ascontiguousarray(next(grid) if dims else scalar).astype(array.dtype).reshape(-1 if dims else ())
            for array, dims in zip(case.operands, ranks, strict=True)
        ]


def check_same_kinds(case: Case, operands: list[np.ndarray], result: np.ndarray, expected: np.ndarray) -> None:
    """Asserts that results and expected values are NaN, infinite and finite together, the finite ones nearly equal."""
    expected = expected.astype(result.dtype)
    with np.errstate(all="ignore"):
        same = (result == expected) | (np.isnan(result) & np.isnan(expected))
        if result.dtype.kind == "f":
            eps = np.finfo(result.dtype).eps
            near = np.isclose(result, expected, rtol=64 * eps, atol=256 * eps)
            same |= near & np.isfinite(result) & np.isfinite(expected)
    wrong = np.flatnonzero(~same)
    shown = [
        f"{[array.flat[min(i, array.size - 1)].item() for array in operands]} gives {result.flat[i]}, "
        f"not {expected.flat[i]}"
        for i in wrong[:8]
    ]
    assert not wrong.size, f"{case}: " + "; ".join(shown)
