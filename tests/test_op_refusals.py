"""What every op refuses: operands and attributes that do not fit its signature, and values that its kernel cannot take.

All are drawn from the registry: the signature says what is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from op_cases import ADMITTED, CASES, COMPUTING, OPS, Case, declared_dtypes, run_call, widened

from kgraph._ops import KernelFault
from kgraph.builder import Builder
from kgraph.op import ATTRIBUTE_KINDS, Attribute, Op, Operand, OpError
from kgraph.runtime import Function, NodeError, Storage
from kgraph.types import DTYPES, FLOATS, INTS, TensorType

DRAWN = [op for op in OPS if op.samples]
WITH_OPERANDS = [op for op in DRAWN if op.operands]
WITH_ATTRIBUTES = [op for op in DRAWN if op.attributes]
FAULTY = [op for op in COMPUTING if op.fault is not None]
#: A result of more elements than this is not computed.
MOST_ELEMENTS = 100_000
#: For each kind of attribute, what is of another kind.
OF_ANOTHER_KIND: dict[str, Any] = {
    "int": 1.5,
    "ints": [0, "1"],
    "float": "1",
    "floats": [None],
    "number": "1",
    "bool": 1,
    "str": 1,
    "dim": -1,
    "shape": [-1],
    "dtype": "f16",
}


def each(ops: list[Op]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("op", ops, ids=lambda op: op.name)


def operand_at(op: Op, index: int) -> tuple[Operand, str]:
    """The operand that takes the input at ``index``, and what messages call it."""
    operand = op.operands[min(index, len(op.operands) - 1)]
    return operand, f"{operand.name}[{index - len(op.operands) + 1}]" if operand.variadic else operand.name


def check_refusal(op: Op, types: list[TensorType], attrs: dict[str, Any], *names: str) -> None:
    """Asserts that the op refuses the types in a sentence that starts with its name and says one of ``names``."""
    with pytest.raises(OpError) as caught:
        op.result_type(types, op.bind_attrs(attrs))
    message = str(caught.value)
    assert message.startswith(f"{op.name}: "), message
    assert any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", message) for name in names), message


# --- operands --------------------------------------------------------------------------------------------------------


@each(DRAWN)
def test_an_op_names_its_operands_when_it_gets_too_few_or_too_many(op: Op) -> None:
    case = CASES[op.name][0]
    extra = TensorType("f32", ())
    variadic = any(operand.variadic for operand in op.operands)
    names = [operand.name for operand in op.operands] or ["no operands"]
    if op.operands:
        check_refusal(op, case.types[: len(op.operands) - 1], case.attrs, *(["operands"] if variadic else names))
    if not variadic:
        check_refusal(op, [*case.types, extra], case.attrs, *names)


@each(WITH_OPERANDS)
def test_an_op_names_the_operand_whose_dtype_it_does_not_admit(op: Op) -> None:
    for case in CASES[op.name]:
        for index, type in enumerate(case.types):
            operand, name = operand_at(op, index)
            for dtype in set(DTYPES) - set(ADMITTED.get(operand.dtype, (operand.dtype,))):
                types = [*case.types[:index], type.with_dtype(dtype), *case.types[index + 1 :]]
                check_refusal(op, types, case.attrs, name)


@each(WITH_OPERANDS)
def test_an_op_names_the_operands_whose_dtypes_disagree(op: Op) -> None:
    for case in CASES[op.name]:
        declared = declared_dtypes(op, case.sample)
        count = Counter(declared)
        for index, type in enumerate(case.types):
            admitted = ADMITTED.get(declared[index], ())
            if count[declared[index]] > 1 and admitted:
                other = next(dtype for dtype in admitted if dtype != type.dtype)
                types = [*case.types[:index], type.with_dtype(other), *case.types[index + 1 :]]
                check_refusal(op, types, case.attrs, operand_at(op, index)[1])


@each(WITH_OPERANDS)
def test_an_op_names_the_operand_whose_rank_is_wrong(op: Op) -> None:
    for case in CASES[op.name]:
        for index, type in enumerate(case.types):
            operand, name = operand_at(op, index)
            least = sum(not str(dim).startswith("*") for dim in operand.dims)
            wrong = [type.shape[:rank] for rank in range(min(least, type.rank))]
            if least == len(operand.dims):
                wrong.append((*type.shape, 2))
            for shape in wrong:
                types = [*case.types[:index], type.with_shape(shape), *case.types[index + 1 :]]
                check_refusal(op, types, case.attrs, name)


@each(WITH_OPERANDS)
def test_an_op_names_the_operand_whose_dimension_disagrees(op: Op) -> None:
    """A dimension or group of dimensions that stands in several operands is changed in one of them."""
    shared = {dim for dim, count in Counter(dim for each in op.operands for dim in each.dims).items() if count > 1}
    for case in CASES[op.name]:
        for index, type in enumerate(case.types):
            operand, name = operand_at(op, index)
            for axis, dim in enumerate(type.shape):
                pattern = dim_pattern(operand, axis, type.rank)
                if pattern in shared - {"_", "*_"} or isinstance(pattern, int):
                    shape = (*type.shape[:axis], int(dim) + 1, *type.shape[axis + 1 :])
                    types = [*case.types[:index], type.with_shape(shape), *case.types[index + 1 :]]
                    check_refusal(op, types, case.attrs, name)


def dim_pattern(operand: Operand, axis: int, rank: int) -> int | str:
    """What the signature calls the dimension at ``axis`` of an operand of ``rank``."""
    group = next((i for i, dim in enumerate(operand.dims) if str(dim).startswith("*")), len(operand.dims))
    if axis < group:
        return operand.dims[axis]
    return operand.dims[max(group, axis - rank + len(operand.dims))]


# --- attributes ------------------------------------------------------------------------------------------------------


@each(WITH_ATTRIBUTES)
def test_an_op_names_the_attribute_that_is_missing_unknown_or_of_another_kind(op: Op) -> None:
    attrs = CASES[op.name][0].attrs
    wrong = {"unheard_of": attrs | {"unheard_of": 1}}
    for attribute in op.attributes:
        wrong[f"{attribute.name} of another kind"] = attrs | {attribute.name: OF_ANOTHER_KIND[attribute.kind]}
        if attribute.required:
            rest = {key: value for key, value in attrs.items() if key != attribute.name}
            wrong[f"{attribute.name} missing"] = rest
    for name, given in wrong.items():
        with pytest.raises(OpError, match=rf"^{op.name}: .*\b{name.split()[0]}\b"):
            op.bind_attrs(given)


def test_every_kind_of_attribute_is_refused_what_is_of_another_kind() -> None:
    assert OF_ANOTHER_KIND.keys() == ATTRIBUTE_KINDS.keys() - {"json"}


@each(WITH_ATTRIBUTES)
def test_an_attribute_of_any_value_is_refused_or_computes_what_the_reference_says(op: Op) -> None:
    for case in CASES[op.name]:
        for attribute, value in mutations(case):
            attrs = case.attrs | {attribute.name: value}
            try:
                result_type = op.result_type(case.types, op.bind_attrs(attrs))
            except OpError as error:
                assert str(error).startswith(f"{op.name}: "), error
                continue
            if op.role == "compute" and np.prod([1, *filter(None, result_type.known_shape)]) <= MOST_ELEMENTS:
                check_value(case, attrs, result_type, compare=attribute.kind not in UNBOUND)


def mutations(case: Case) -> Iterator[tuple[Attribute, Any]]:
    """Other values of an attribute's own kind, one attribute at a time."""
    for attribute in case.op.attributes:
        for other in OTHERS[attribute.kind](case.attrs[attribute.name]):
            yield attribute, other


def other_ints(value: int) -> list[Any]:
    return [value - 1, value + 1, -value, -1, 97, -97, 2**31, -(2**31) - 1, 2**63, -(2**70)]


def other_lists(value: list[Any]) -> list[Any]:
    changed = [[*value[:i], number, *value[i + 1 :]] for i in range(len(value)) for number in (0, 1, -1, 7, -(2**70))]
    return [[], [0], value[:-1], value[1:], [*value, 0], [*value, 1], value[::-1], value * 2, *changed]


def other_numbers(value: float) -> list[Any]:
    return [0, -1, 0.5, 2, -value, 1e300, -1e300, float("nan"), float("inf"), float("-inf"), 2**70]


#: For each kind of attribute, values near one that is right.
OTHERS: dict[str, Any] = {
    "int": other_ints,
    "ints": other_lists,
    "float": other_numbers,
    "floats": lambda value: [[], [0.0], [float("nan")], value[:-1], value[::-1], [*value, float("inf"), -1]],
    "number": other_numbers,
    "bool": lambda value: [not value],
    "str": lambda value: ["", f"{value}_"],
    "dim": lambda value: [0, 1, value + 1],
    "shape": lambda value: [other for other in other_lists(value) if min(other, default=0) >= 0],
    "dtype": lambda value: list(DTYPES),
}
#: Kinds of attributes for which a formula may leave its domain; kernels must then only stay within their memory.
UNBOUND = ("float", "floats", "number")


def check_value(case: Case, attrs: dict[str, Any], result_type: TensorType, compare: bool) -> None:
    assert case.op.lower is not None and case.op.reference is not None
    try:
        result = run_call(case.op.lower(case.types, result_type, attrs), case.operands, result_type)
    except KernelFault:
        assert case.op.fault is not None
        return
    if not compare:
        return
    with np.errstate(all="ignore"):
        expected = np.asarray(case.op.reference(*map(widened, case.operands), **attrs))
    assert expected.shape == result.shape, f"{case} with {attrs}"
    with np.errstate(all="ignore"):
        eps = np.finfo(np.float32).eps if "f32" in (*case.dtypes, result_type.dtype) else np.finfo(np.float64).eps
        expected = expected.astype(result.dtype)
        np.testing.assert_allclose(result, expected, rtol=64 * eps, atol=64 * eps, err_msg=f"{case} with {attrs}")


# --- values ----------------------------------------------------------------------------------------------------------


def bad_values(op: Op, index: int, array: np.ndarray) -> list[Any]:
    """Values that the operand at ``index`` of a faulty op cannot hold: faults are about indices and labels.

    Those of an op that takes floats alone are about what is not finite.
    """
    operand = op.operands[index]
    if {operand.dtype for operand in op.operands} == {"T"}:
        return [np.nan, np.inf]
    if operand.dtype in FLOATS + ("T",) or array.dtype.kind == "b":
        return []
    whole = [-1, 10**6]
    return [*whole, 0.5, np.nan, np.inf] if array.dtype.kind == "f" else whole


def faulty_cases(op: Op) -> Iterator[tuple[Case, int, Any]]:
    for case in CASES[op.name]:
        for index, array in enumerate(case.operands):
            is_data = op.operands[index].dtype in ("A", "R") and {o.dtype for o in op.operands} & {"I", *INTS}
            for value in bad_values(op, index, array) if array.size and not is_data else ():
                yield case, index, value


@each(FAULTY)
def test_a_kernel_that_refuses_a_value_says_which_and_leaves_the_variables_alone(op: Op) -> None:
    refused = 0
    for case, index, value in faulty_cases(op):
        operands = [array.copy() for array in case.operands]
        place = int(case.rng.integers(operands[index].size))
        operands[index].flat[place] = value
        function, storages = updating_function(case, index, operands)
        before = {name: storage.array.copy() for name, storage in storages.items()}
        with pytest.raises(NodeError) as caught:
            function({"bad": operands[index]})
        check_fault(op, caught.value, place, value)
        for name, storage in storages.items():
            assert storage.array.tobytes() == before[name].tobytes(), f"{name} of {case}"
        refused += 1
    assert refused


def updating_function(case: Case, index: int, operands: list[np.ndarray]) -> tuple[Function, dict[str, Storage]]:
    """A function of the op that updates every operand but the bad one, and a counter, before and after the op."""
    builder, storages = Builder("updating"), {}
    for number, (array, type) in enumerate(zip(operands, case.types, strict=True)):
        if number == index:
            builder.leaf("input", "bad", type)
        else:
            builder.leaf("state", f"operand_{number}", type)
            storages[f"operand_{number}"] = Storage(array)
    counter = builder.leaf("state", "counter", TensorType("f64", (3,)))
    storages["counter"] = Storage(np.arange(3.0))
    values = [builder.values["bad" if i == index else f"operand_{i}"] for i in range(len(operands))]
    builder.update(counter, builder.emit("square", [builder.emit("neg", [counter], {})], {}))
    result = builder.emit(case.op.name, values, case.attrs)
    for value in values:
        if value.op == "state":
            builder.update(value, builder.emit("select", [builder.emit("equal", [value, value], {}), value, value], {}))
    builder.output("result", result)
    return Function(builder.finish(), storages), storages


def check_fault(op: Op, error: NodeError, place: int, value: Any) -> None:
    """Asserts that the message is the op's sentence with the value and its position filled in."""
    assert op.fault is not None and isinstance(error, ValueError)
    sentence = re.sub(r"\\{(\w+)(?::[^}]*)?\\}", r"(?P<\1>\\S+)", re.escape(op.fault).replace(r"\.0f", ".0f"))
    match = re.fullmatch(rf"%{op.name}, made at \S+test_op_refusals\.py:\d+: {sentence}", str(error))
    assert match is not None, f"{error} is not {op.fault}"
    assert match["position"] == str(place) == str(error.position)
    assert error.value == value or np.isnan([error.value, value]).all()
    assert float(match["value"].rstrip(",")) == value or np.isnan(value)
    assert error.node == op.name
