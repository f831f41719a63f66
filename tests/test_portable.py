"""Functions that pickle alone does not take: what goes along with an object that holds them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from kgraph.portable import Portable


class Holder(Portable):
    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function


def factorial() -> Callable[[int], int]:
    def own(n: int) -> int:
        return 1 if n < 2 else n * own(n - 1)

    return own


def even() -> Callable[[int], bool]:
    def is_even(n: int) -> bool:
        return n == 0 or is_odd(n - 1)

    def is_odd(n: int) -> bool:
        return n != 0 and is_even(n - 1)

    return is_even


def scaled(by: int, *, more: int = 1) -> Callable[..., int]:
    def inner(n: int, times: int = 2, *, plus: int = more) -> int:
        return n * by * times + plus

    return inner


FUNCTIONS = {
    "a lambda": (lambda: lambda n: n + 1, 6),
    "one that calls itself": (factorial, 120),
    "two that call each other": (even, False),
    "one with defaults and a closure": (lambda: scaled(3, more=4), 34),
}


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_made_inside_another_goes_along(name: str, duplicate: Callable[[Holder], Holder]) -> None:
    make, expected = FUNCTIONS[name]
    assert duplicate(Holder(make())).function(5) == expected


def test_a_variable_that_is_not_there_yet_is_not_there_in_the_copy() -> None:
    def make() -> Callable[[], int]:
        function = lambda: late  # noqa: E731
        if function is None:
            late = 1
        return function

    function = pickle.loads(pickle.dumps(Holder(make()))).function
    with pytest.raises(NameError, match="late"):
        function()
