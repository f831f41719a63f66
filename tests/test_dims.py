"""Symbolic dimensions: their text is canonical, and means what their arithmetic means."""

from __future__ import annotations

import itertools
import random

import pytest

from kgraph.dims import (
    Dim,
    add,
    divide_exactly,
    floor_divide,
    multiply,
    parse_dim,
    product,
    substitute,
    subtract,
    symbols,
)
from kgraph.types import parse_type


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (add("N", 1), "N+1"),
        (subtract("N", "N"), 0),
        (subtract(3, "N"), "-N+3"),
        (multiply("T", "N"), "N*T"),
        (multiply(2, add("N", 1)), "2*N+2"),
        (floor_divide("N", 2), "(N)//2"),
        (floor_divide(multiply(4, "N"), 2), "2*N"),
        (add(floor_divide(subtract("T", 1), 2), 1), "(T-1)//2+1"),
        (multiply(3, floor_divide("N", 2)), "3*((N)//2)"),
        (multiply(-1, floor_divide("N", 2)), "-(N)//2"),
        (multiply("T", floor_divide("N", 2)), "((N)//2)*T"),
        (product(("N", 2, 3)), "6*N"),
    ],
)
def test_a_dimension_has_one_text(made: Dim, text: Dim) -> None:
    assert made == text
    assert parse_dim(str(made)) == made


@pytest.mark.parametrize("seed", range(200))
def test_arithmetic_on_symbols_is_arithmetic_on_their_numbers(seed: int) -> None:
    rng = random.Random(seed)
    numbers = {"N": rng.randrange(1, 30), "T": rng.randrange(1, 30)}
    made: list[tuple[Dim, int]] = [("N", numbers["N"]), ("T", numbers["T"]), (3, 3)]
    for _ in range(6):
        (a, a_number), (b, b_number) = rng.choice(made), rng.choice(made)
        divisor = rng.randrange(1, 5)
        made.append(
            rng.choice(
                [
                    (add(a, b), a_number + b_number),
                    (subtract(a, b), a_number - b_number),
                    (multiply(a, b), a_number * b_number),
                    (floor_divide(a, divisor), a_number // divisor),
                ]
            )
        )
    for dim, number in made:
        assert substitute(dim, numbers) == number, dim
        assert parse_dim(str(dim)) == dim
        assert symbols(dim) <= {"N", "T"}


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [("6*N", "2*N", 3), ("N*T", "T", "N"), ("N", "T", None), ("N+1", "N", None), (7, 2, None), ("N+1", "N+1", 1)],
)
def test_exact_division_says_when_it_is_not_exact(a: Dim, b: Dim, quotient: Dim | None) -> None:
    assert divide_exactly(a, b) == quotient


@pytest.mark.parametrize("text", ["", "N+", "(N", "N//0", "N//T", "2N", "N $", "N)"])
def test_what_is_not_a_dimension_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_dim(text)


def test_types_print_and_parse() -> None:
    for text, dtype in itertools.product(("", "3", "N,2*T", "3*((N)//2)"), ("f32", "bool")):
        assert str(parse_type(f"{dtype}[{text}]")) == f"{dtype}[{text}]"
    for wrong in ("f16[N]", "f32", "f32[-1]", "f32[N,]"):
        with pytest.raises(ValueError):
            parse_type(wrong)
