"""Steps that only happen where something holds, decided while the graph runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kgraph import ops
from kgraph.tensor import Tensor, named, scope
from kgraph.variable import Variable


@contextmanager
def only_where(condition: Any, variables: Iterable[Variable]) -> Iterator[None]:
    """Where ``condition``, a bool, does not hold, what the code inside assigns to ``variables`` is undone."""
    before = {variable: variable.value for variable in variables}
    yield
    for variable, old in before.items():
        new = variable.value
        if not _is_same(new, old):
            with scope(f"update/{variable.path}", absolute=True):
                variable.assign(named(ops.where(condition, new, old), "kept"))


def _is_same(new: Any, old: Any) -> bool:
    return isinstance(new, Tensor) and isinstance(old, Tensor) and new.value is old.value


@contextmanager
def gathered(accumulators: Sequence[Variable], grads: Sequence[Any], steps: int, is_update: Any) -> Iterator[list[Any]]:
    """Adds ``grads`` to what the accumulators hold, and gives the sums divided by ``steps``.

    Afterwards the accumulators hold the sums; 0 where ``is_update`` says that they were just used.
    """
    sums = []
    for accumulator, gradient in zip(accumulators, grads, strict=True):
        with scope(f"update/{accumulator.path}", absolute=True):
            sums.append(named(accumulator.value + gradient, "sum"))
    yield [total / steps for total in sums]
    for accumulator, total in zip(accumulators, sums, strict=True):
        with scope(f"update/{accumulator.path}", absolute=True):
            accumulator.assign(named(ops.where(is_update, 0.0, total), "kept"))
