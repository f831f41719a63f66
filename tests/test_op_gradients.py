"""Gradient rules against central differences, for every op and operand, in float64, as the registry has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from op_cases import CASES, OPS, Case

from kgraph.autodiff import gradients
from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.op import Op
from kgraph.runtime import Function

#: The step of a difference, and the most elements whose slopes are measured one by one.
STEP, MOST_ELEMENTS = 1e-5, 2500
#: A slope may be wrong by this much relative to itself, and by this much of the largest.
RELATIVE, OF_LARGEST = 1e-6, 1e-8
#: Where the slopes to the left and to the right differ by more than this, there is a kink in between.
KINK = 1e-3
#: The part of a case's elements that may lie at a kink.
MOST_KINKS = 0.05


def is_double(case: Case) -> bool:
    """Whether slopes can be measured: all floats are in double precision, among them the result."""
    floats = {type.dtype for type in (*case.types, case.result_type) if type.is_float}
    return floats == {"f64"} and case.result_type.is_float


def smooth_operands(case: Case) -> list[int]:
    return [index for index, type in enumerate(case.types) if type.is_float]


#: ``stop_gradient`` says flat of what is not, on purpose.
DIFFERENTIABLE = [op for op in OPS if op.role != "leaf" and any(op.grad) and op.name != "stop_gradient"]
RULED = [(op, [case for case in CASES[op.name] if is_double(case)]) for op in DIFFERENTIABLE]
#: Ops and operands without a rule, though operand and result are floats.
UNRULED = [
    (op, index)
    for op in OPS
    for index in sorted({i for case in CASES[op.name] if is_double(case) for i in smooth_operands(case)})
    if op.grad_rule(index) is None
]


@dataclass(frozen=True)
class Measured:
    """The slopes of ``sum(weights * result)`` in an operand, by difference; NaN at kinks."""

    slopes: np.ndarray
    kinks: int


def weighted_graph(case: Case) -> Graph:
    """``out = op(0, 1, ...)`` and ``total = sum(weights * out)``."""
    builder = Builder(case.op.name)
    operands = [builder.leaf("input", str(index), type) for index, type in enumerate(case.types)]
    result = builder.emit(case.op.name, operands, case.attrs, stem="out")
    weights = builder.leaf("input", "weights", case.result_type)
    axes = {"axes": list(range(result.type.rank))}
    builder.emit("sum", [builder.emit("mul", [weights, result], {})], axes, stem="total")
    builder.output("out", result)
    return builder.finish()


def feeds_of(case: Case) -> dict[str, np.ndarray]:
    feeds = {str(index): array for index, array in enumerate(case.operands)}
    return feeds | {"weights": case.rng.uniform(0.5, 1.5, case.result_type.known_shape)}


def measure(case: Case, index: int, feeds: dict[str, np.ndarray]) -> Measured:
    """The slopes in operand ``index``, element by element."""
    forward = Function(weighted_graph(case), {})
    weights, middle = feeds["weights"], forward(feeds)["out"]
    moved = feeds[str(index)].copy()
    slopes, kinks = np.zeros(moved.shape), 0
    for place in np.ndindex(*moved.shape):
        value = moved[place]
        moved[place] = value + STEP
        above = forward(feeds | {str(index): moved})["out"]
        moved[place] = value - STEP
        below = forward(feeds | {str(index): moved})["out"]
        moved[place] = value
        left, right = (np.vdot(weights, d) / STEP for d in (middle - below, above - middle))
        if abs(left - right) > KINK * max(1.0, abs(left), abs(right)):
            kinks += 1
            slopes[place] = np.nan
        else:
            slopes[place] = np.vdot(weights, above - below) / (2 * STEP)
    return Measured(slopes, kinks)


def check_slopes(case: Case, index: int, given: np.ndarray | None, feeds: dict[str, np.ndarray]) -> None:
    """Compares a gradient (``None`` for zeros) with what is measured."""
    measured = measure(case, index, feeds)
    assert measured.kinks <= MOST_KINKS * measured.slopes.size, f"operand {index} of {case} is at a kink"
    smooth = ~np.isnan(measured.slopes)
    expected = measured.slopes[smooth]
    found = np.zeros_like(expected) if given is None else given[smooth]
    floor = OF_LARGEST * max(1.0, np.max(np.abs(expected), initial=0.0))
    message = f"operand {index} of {case}"
    np.testing.assert_allclose(found, expected, rtol=RELATIVE, atol=10 * floor, err_msg=message)


def is_small(case: Case) -> bool:
    return sum(array.size for array in case.operands) + int(case.result_type.size) <= MOST_ELEMENTS


@pytest.mark.parametrize(("op", "cases"), RULED, ids=lambda value: value.name if isinstance(value, Op) else "")
def test_the_gradient_rule_agrees_with_differences(op: Op, cases: list[Case]) -> None:
    measured = 0
    for case in filter(is_small, cases):
        ruled = [index for index in smooth_operands(case) if op.grad_rule(index) is not None]
        names = [str(index) for index in ruled]
        graph = gradients(weighted_graph(case), "total", names)
        feeds = feeds_of(case)
        results = Function(graph, {})(feeds)
        for index in ruled:
            check_slopes(case, index, results.get(f"grad/{index}"), feeds)
            measured += case.operands[index].size
    assert measured, "no sample is small enough to measure"


#: Unruled ops by where they are declared: steps of optimizers, counts of metrics and samples, which no loss is made of.
BEYOND_LOSSES = ("kgraph.opset.updates", "kgraph.opset.metrics", "kgraph.opset.rejection")


@pytest.mark.parametrize(("op", "index"), UNRULED, ids=lambda value: value.name if isinstance(value, Op) else value)
def test_only_adjoints_and_what_no_loss_is_made_of_lack_a_rule(op: Op, index: int) -> None:
    assert op.reference is not None
    is_adjoint = any(operand.name == "dy" for operand in op.operands)
    assert is_adjoint or op.reference.__module__ in BEYOND_LOSSES


@pytest.mark.parametrize(("op", "index"), UNRULED, ids=lambda value: value.name if isinstance(value, Op) else value)
def test_differentiating_where_no_rule_is_known_is_an_error_that_names_the_op(op: Op, index: int) -> None:
    case = next(case for case in CASES[op.name] if is_double(case))
    with pytest.raises(ValueError, match=f"%out: no derivative of {op.name} in %{index} is known"):
        gradients(weighted_graph(case), "total", [str(index)])


def test_no_gradient_flows_through_stop_gradient() -> None:
    case = next(case for case in CASES["stop_gradient"] if is_double(case))
    assert "grad/0" not in gradients(weighted_graph(case), "total", ["0"]).outputs
