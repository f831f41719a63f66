"""The text of graphs: what parses, what it means, and that all else is a ``GraphSyntaxError``."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from graph_law import check_text
from random_graphs import RandomGraph

from kgraph.builder import Builder
from kgraph.ir import Graph
from kgraph.opset.leaves import MAX_LISTED, decode_value, encode_value
from kgraph.text import GraphSyntaxError
from kgraph.types import DTYPES, TensorType

ODD_NAMES = (
    "two words",
    'a "quoted" one',
    "back\\slash",
    "Größe/温度/🌡",
    "line\nfeed",
    "tab\t",
    "\x00\x1f\x7f\x85\u2028",
    "\ud800",
    "",
    " ",
    "%",
    "#",
    "x){y",
    "x){a: 1}",
    "a, %b",
    "): f32[] = neg(",
    '"',
    "output",
    "<-",
    "../up",
)
ODD_NUMBERS = (0.0, -0.0, 0.1, 1e-45, 1e300, np.pi, float("nan"), float("inf"), float("-inf"))

SMALL = """\
graph small
layer dense = {"units": 2}

# placeholders
%x: f32[N,3] = input()

# parameters
%dense/kernel: f32[3,2] = param()

# state
%steps: i64[] = state()

# dense
%dense/matmul: f32[N,2] = matmul(%x, %dense/kernel)
%dense/clip: f32[N,2] = clip(%dense/matmul){low: -1, high: Infinity}
%dense/half: f32[2] = const(){value: [0.5, NaN]}
%dense/sum: f32[2] = sum(%dense/clip){axes: [0]}
%dense/next: i64[] = neg(%steps)

# results
output sum = %dense/sum
update %steps <- %dense/next
"""


def line_of(text: str) -> int:
    """The number of the one line of ``SMALL`` that starts with ``text``."""
    (number,) = [i for i, line in enumerate(SMALL.splitlines(), start=1) if line.startswith(text)]
    return number


def test_the_small_graph_is_the_text_of_itself() -> None:
    check_text(Graph.parse(SMALL))
    assert str(Graph.parse(SMALL)) == SMALL


# --- errors stand at their line --------------------------------------------------------------------------------------

#: The start of a line, what is replaced in it, by what, and a part of the reason.
WRONG = (
    ("graph", "graph small", "graf small", "is not a statement"),
    ("layer", '{"units": 2}', '{"units": }', "Expecting value"),
    ("%x", "input()", "inputs()", "no op is named 'inputs'"),
    ("%x", "f32[N,3]", "f16[N,3]", "is not a type"),
    ("%x", "f32[N,3]", "f32[N,-3]", "negative dimension"),
    ("%x", "f32[N,3]", "f32[N,,3]", "is not a dimension"),
    ("%x", "f32[N,3]", "f32[N//0,3]", "only a positive int can divide"),
    ("%x", "%x:", "%x y:", "is not a statement"),
    ("%x", "input()", "input(){value: 1}", "no attribute 'value'"),
    ("%dense/kernel", "%dense/kernel", "%x", "given twice"),
    ("%dense/matmul", "%x,", "%y,", "%y does not stand before it"),
    ("%dense/matmul", "%x,", "%dense/clip,", "%dense/clip does not stand before it"),
    ("%dense/matmul", "%x, %dense/kernel", "%x,%dense/kernel", "is not a list of nodes"),
    ("%dense/matmul", "%x, %dense/kernel", "%x", "matmul: takes a, b"),
    ("%dense/matmul", "%x, %dense/kernel", "%dense/kernel, %x", "k is 2 in a but N in b"),
    ("%dense/matmul", "f32[N,2]", "f32[N,3]", "matmul makes f32[N,2] of its operands"),
    ("%dense/clip", "low: -1", "low: [-1]", "low must be number"),
    ("%dense/clip", "low: -1, ", "", "'low' is missing"),
    ("%dense/clip", "low: -1, ", "low: -1; ", "a ', ' is missing"),
    ("%dense/clip", "low:", "=low:", "is not an attribute"),
    ("%dense/half", "[0.5, NaN]", "[0.5, NaN, 1]", "shape [3], but the type says [2]"),
    ("%dense/half", "[0.5, NaN]", "[[0.5], 1]", "differ in length"),
    ("%dense/half", "[0.5, NaN]", "[0.5, NaN", "Expecting"),
    ("%dense/half", "[0.5, NaN]", '{"base64": "AAAA"}', "3 bytes"),
    ("%dense/half", "[0.5, NaN]", '{"base64": "A!"}', "base64"),
    ("%dense/half", "[0.5, NaN]", '["a", "b"]', "the type says float32"),
    ("output", "%dense/sum", "%dense/mean", "%dense/mean is no node"),
    ("update", "%steps <-", "%x <-", "only a param or state can be updated"),
    ("update", "<- %dense/next", "<- %dense/sum", "but %dense/sum is f32[2]"),
    ("update", "<-", "=", "is not a statement"),
)


@pytest.mark.parametrize(("start", "old", "new", "reason"), WRONG)
def test_an_error_stands_at_its_line(start: str, old: str, new: str, reason: str) -> None:
    number = line_of(start)
    lines = SMALL.splitlines()
    assert lines[number - 1].count(old) == 1
    lines[number - 1] = lines[number - 1].replace(old, new)
    with pytest.raises(GraphSyntaxError) as caught:
        Graph.parse("\n".join(lines))
    assert caught.value.line == number
    assert reason in caught.value.reason
    assert str(caught.value) == f"line {number}: {caught.value.reason}"


@pytest.mark.parametrize("start", ["layer", "%dense/matmul", "output", "update"])
def test_a_statement_that_stands_twice_is_an_error_at_the_second(start: str) -> None:
    lines = SMALL.splitlines()
    number = line_of(start)
    lines.insert(number, lines[number - 1])
    with pytest.raises(GraphSyntaxError, match="given twice") as caught:
        Graph.parse("\n".join(lines))
    assert caught.value.line == number + 1


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_string_is_a_name(name: str, tmp_path: Path) -> None:
    builder = Builder(name)
    type = TensorType("f32", (2,))
    variable = builder.leaf("param", name, type)
    with builder.scope(name):
        moved = builder.emit("clip", [variable], {"low": 0, "high": 1})
    other = builder.emit("add", [moved, variable], {}, stem=name)
    builder.output(name, other)
    builder.update(variable, moved)
    builder.layers[name] = {name: name}
    graph = builder.finish()
    graph.save(tmp_path / "odd.kg")
    loaded = Graph.load(tmp_path / "odd.kg")
    assert loaded == graph
    assert str(loaded) == str(graph)
    assert all(line.isascii() for line in str(graph).splitlines())


def test_the_text_has_one_line_for_each_statement_whatever_the_names() -> None:
    builder = Builder("lines")
    for name in ODD_NAMES:
        builder.leaf("input", name, TensorType("bool", ()))
    statements = [line for line in str(builder.finish()).split("\n") if line.startswith("%")]
    assert len(statements) == len(ODD_NAMES)


# --- constants -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,), (2, 0, 3), (MAX_LISTED,), (MAX_LISTED + 1,), (40, 5)])
def test_a_constant_of_any_dtype_and_size_is_the_same_after_the_text(dtype: str, shape: tuple[int, ...]) -> None:
    type = TensorType(dtype, shape)
    bits = np.random.default_rng(1).integers(0, 256, (int(type.size), type.numpy_dtype.itemsize), np.uint8)
    array = (bits & 1 if dtype == "bool" else bits).view(type.numpy_dtype).reshape(shape)
    array = np.where(np.isnan(array), 0, array).astype(type.numpy_dtype)
    assert constant_after_text(array, type).tobytes() == array.tobytes()


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("count", [1, 5, MAX_LISTED + 1])
def test_nan_infinity_and_the_least_numbers_are_constants(dtype: str, count: int) -> None:
    with np.errstate(over="ignore"):
        numbers = np.repeat(np.asarray(ODD_NUMBERS).astype(DTYPES[dtype]), count)
    for start in range(0, len(numbers), count):
        array = numbers[start : start + count]
        assert constant_after_text(array, TensorType(dtype, (count,))).tobytes() == array.tobytes()


def constant_after_text(array: np.ndarray, type: TensorType) -> np.ndarray:
    builder = Builder("constants")
    builder.output("value", builder.constant(encode_value(array), type, "value"))
    graph = Graph.parse(str(builder.finish()))
    return decode_value(graph["value"].attrs["value"], type.numpy_dtype, type.known_shape)


def test_a_large_constant_stands_as_base64_in_one_line() -> None:
    builder = Builder("constants")
    builder.constant(encode_value(np.arange(1000.0)), TensorType("f64", (1000,)), "value")
    (line,) = [line for line in str(builder.finish()).splitlines() if line.startswith("%")]
    assert line.startswith('%value: f64[1000] = const(){value: {"base64": "AAAAAAAAAAA')


# --- anything at all -------------------------------------------------------------------------------------------------

PIECES = (
    ["%", ":", "=", "(", ")", "{", "}", "[", "]", ",", ", ", ": ", " ", '"', "\\", "\n", "#", "-", "//", "*", "<- "]
    + ["N", "0", "-1", "9" * 20, "1e999", "NaN", "-Infinity", "null", "true", '"\\ud800"', '{"base64": ""}', "[[]]"]
    + ["f32", "f64", "i32", "bool", "input", "const", "full", "slice", "reshape", "axes", "shape", "value", "\x85", "é"]
)


def mutate(text: str, rng: random.Random) -> str:
    """``text`` with one place changed: a piece put in, a stretch taken out, doubled or moved, two lines swapped."""
    at, length = rng.randrange(len(text) + 1), rng.choice((0, 1, 1, 2, 5, 20))
    before, stretch, after = text[:at], text[at : at + length], text[at + length :]
    lines = text.split("\n")
    rng.shuffle(lines)
    changes: tuple[Callable[[], str], ...] = (
        lambda: before + rng.choice(PIECES) + after,
        lambda: before + after,
        lambda: before + stretch * rng.choice((2, 3, 50)) + after,
        lambda: after + stretch + before,
        lambda: "\n".join(lines),
        lambda: before + chr(rng.randrange(0x110000)) + after,
    )
    return rng.choices(changes, weights=(8, 4, 2, 1, 1, 1))[0]()


def parse_or_refuse(text: str) -> bool:
    """Whether ``text`` is a graph; then it keeps the law.

    Raises:
        Exception: anything but a ``GraphSyntaxError`` from the first parse.
    """
    try:
        graph = Graph.parse(text)
    except GraphSyntaxError as error:
        assert 1 <= error.line <= max(1, len(text.splitlines()))
        return False
    check_text(graph)
    return True


def every_kind_of_attribute() -> str:
    """A graph with attributes of many kinds, for mutations to change."""
    builder = Builder("kinds")
    x = builder.leaf("input", "x", TensorType("f32", ("N", 4)))
    labels = builder.leaf("target", "labels", TensorType("i32", ("N",)))
    flat = builder.emit("reshape", [x], {"shape": ["4*N"]})
    builder.emit("slice", [x], {"begin": [0, 1], "shape": ["N", 2], "step": [1, -1]})
    builder.emit("transpose", [x], {"perm": [1, 0]})
    builder.emit("concat", [x, x, x], {"axis": 0})
    builder.emit("pad", [x], {"before": [0, 1], "after": [1, 0], "value": 0.5})
    builder.emit("gather", [x, labels], {})
    builder.emit("scatter_add", [labels, x], {"rows": 7})
    builder.emit("one_hot", [labels], {"depth": 3, "dtype": "f64"})
    builder.emit("argmax", [x], {"axis": 1})
    builder.emit("max", [x], {"axes": [0, 1], "keepdims": True})
    builder.emit("cast", [flat], {"dtype": "bool"})
    builder.emit("iota", [], {"shape": ["N", 3], "axis": 1, "dtype": "i64"})
    builder.emit("size", [], {"of": "2*N+1", "dtype": "f32"})
    builder.constant(encode_value(np.arange(20)), TensorType("i64", (20,)))
    return str(builder.finish())


SEEDS = (SMALL, every_kind_of_attribute(), str(RandomGraph(np.random.default_rng(3)).make(15)))


@pytest.mark.parametrize("part", range(8))
def test_a_mutated_text_is_a_graph_or_a_syntax_error(part: int) -> None:
    rng = random.Random(part)
    accepted = 0
    for _ in range(300):
        text = rng.choice(SEEDS)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            text = mutate(text, rng)
        try:
            accepted += parse_or_refuse(text)
        except Exception as error:
            pytest.fail(f"{error!r} from\n{text}")
    assert 10 < accepted < 290


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "%" * 10_000,
        "(" * 100_000,
        f"%x: f32[{'(' * 5_000}N{')' * 5_000}] = input()",
        f"%x: f32[{'9' * 10_000}] = input()",
        f"%x: f32[{'N*' * 5_000}N] = input()",
        f"%x: f32[] = const(){{value: {'[' * 50_000}}}",
        f"%x: f32[] = const(){{value: {'[' * 100}1{']' * 100}}}",
        f"%x: f32[] = const(){{value: {'9' * 10_000}}}",
        f"%x: f32[] = const(){{value: {'9' * 1_000}}}",
        f"%x: f32[{2**32},{2**32}] = const(){{value: " + '{"base64": ""}}',
        f"layer a = {'[' * 50_000}",
        f"graph {json.dumps('x' * 100_000)}",
        f"%{'a' * 100_000}: f32[] = input()",
        '%"' + "\\" * 10_001,
        "%x: f32[] = neg(" + "%a, " * 20_000 + ")",
        "%x: f32[" + "*".join(f"(a{i}+b{i})" for i in range(40)) + "] = input()",
    ],
    ids=lambda text: repr(text[:25]),
)
def test_a_monstrous_text_is_refused_or_read_at_once(text: str) -> None:
    parse_or_refuse(text)
