"""Choices and loops.

A graph has no loop: while one is described, a loop whose number of steps is known is written out step after step, at
most ``MOST_STEPS`` of them; a choice computes all its branches and takes one. On arrays both run as they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from kgraph import tree
from kgraph.dims import Dim
from kgraph.ops.comparison import equal, where
from kgraph.ops.core import convert_to_tensor, unstack
from kgraph.ops.elementwise import clip
from kgraph.ops.operands import TensorLike, axis_of, rank_of, shape_of
from kgraph.ops.shaping import concatenate, flip, stack
from kgraph.tensor import as_array, is_symbolic, lower, take_slice, wrap
from kgraph.trace import current_trace
from kgraph.variable import Variable

State = TypeVar("State")

#: A graph of more steps would take long to make, and is a mistake more often than not.
MOST_STEPS: Final = 1000


def _has_no_value(*structures: Any) -> bool:
    """Whether a leaf is symbolic, or a variable that is being traced."""
    leaves = tree.flatten(structures)
    return any(is_symbolic(x) or (isinstance(x, Variable) and current_trace() is not None) for x in leaves)


def _check_steps(function: str, steps: int, *structures: Any) -> None:
    if steps > MOST_STEPS and (current_trace() is not None or _has_no_value(*structures)):
        text = f"{steps} steps would be written out one by one, and at most {MOST_STEPS} are"
        raise ValueError(f"ops.{function}: {text}; use ops on whole tensors, or ops.cumsum and its like, instead")


# --- choices ---------------------------------------------------------------------------------------------------------


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """``true_fn()`` where ``pred`` holds, else ``false_fn()``.

    Where ``pred`` has no value yet both are computed, and each pair of their tensors meets in ``where``; so do the
    values that they assign to variables.
    """
    if _has_no_value(pred):
        return _one_of([pred], [true_fn, false_fn])
    return true_fn() if bool(as_array(pred)) else false_fn()


def _one_of(conditions: Sequence[TensorLike], branches: Sequence[Callable[[], Any]]) -> Any:
    """The result of the branch whose condition holds, else of the last one; so too what each assigns to variables."""
    trace = current_trace()
    if trace is None:
        return _chosen(conditions, [branch() for branch in branches])
    described = [trace.apart(branch) for branch in branches]
    for variable in dict.fromkeys(variable for _, assigned in described for variable in assigned):
        values = [wrap(assigned.get(variable) or trace.read(variable)) for _, assigned in described]
        trace.assign(variable, lower(trace, _chosen(conditions, values)))
    return _chosen(conditions, [result for result, _ in described])


def _chosen(conditions: Sequence[TensorLike], results: Sequence[Any]) -> Any:
    *others, chosen = results
    for condition, result in reversed(list(zip(conditions, others, strict=True))):
        chosen = tree.map_structure(lambda a, b, c=condition: None if a is None else where(c, a, b), result, chosen)
    return chosen


def switch(index: TensorLike, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """``branches[index](*operands)``; an index outside is that of the nearest branch.

    Where ``index`` has no value yet all branches are computed, and their tensors meet in ``where``.

    Raises:
        ValueError: there are no branches.
    """
    if not branches:
        raise ValueError("ops.switch: takes at least one branch")
    if not _has_no_value(index):
        return branches[min(max(int(as_array(index)), 0), len(branches) - 1)](*operands)
    place = clip(index, 0, len(branches) - 1)
    conditions = [equal(place, number) for number in range(len(branches) - 1)]
    return _one_of(conditions, [partial(branch, *operands) for branch in branches])


# --- loops -----------------------------------------------------------------------------------------------------------


def fori_loop(lower: int, upper: int, body_fun: Callable[[Any, State], State], init_val: State) -> State:
    """``body_fun(i, value)`` again and again, for each ``i`` from ``lower`` below ``upper``, from ``init_val`` on.

    Raises:
        ValueError: a bound has no value yet, or the steps would be too many to be written out.
    """
    if _has_no_value(lower, upper):
        text = "the bounds have no values yet, and a graph has no loop; give ints, or use ops on whole tensors"
        raise ValueError(f"ops.fori_loop: {text}")
    first, last = int(as_array(lower)), int(as_array(upper))
    _check_steps("fori_loop", last - first, init_val)
    value = init_val
    for i in range(first, last):
        value = body_fun(i, value)
    return value


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """``body(*loop_vars)`` again and again while ``cond(*loop_vars)`` holds, ``maximum_iterations`` times at most.

    Raises:
        ValueError: the condition has no value yet, or the steps are too many to be written out.
    """
    several = isinstance(loop_vars, (list, tuple))
    values = tree.map_structure(convert_to_tensor, tuple(loop_vars) if several else (loop_vars,))
    steps = 0
    while maximum_iterations is None or steps < maximum_iterations:
        holds = cond(*values)
        if _has_no_value(holds):
            text = "the condition has no value yet, and a graph has no loop whose length depends on values"
            advice = "use ops.fori_loop with ints as bounds, and ops.where for what is to stop sooner"
            raise ValueError(f"ops.while_loop: {text}; {advice}")
        if not bool(as_array(holds)):
            break
        steps += 1
        _check_steps("while_loop", steps, values)
        result = body(*values)
        values = tuple(result) if several else (result,)
    return values if several else values[0]


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """``carry, y = f(carry, x)`` for each slice ``x`` of ``xs`` along the first axis, from ``init`` on.

    Args:
        f: takes the carry and a slice (``None`` where there is nothing to slice).
        init: the first carry, a tensor or several of them.
        xs: a tensor, or several of them with first axes of one length.
        length: that length, where there is no ``xs``.
        reverse: from the last slice to the first.
        unroll: has no say here: the steps are always written out.

    Returns:
        The last carry, and the ``y`` along a new first axis, in the order of ``xs``.

    Raises:
        ValueError: the length is not known, differs, or is too large to be written out.
    """
    count = _length("scan", xs, length)
    _check_steps("scan", count, init, xs)
    slices = [unstack(x) for x in tree.flatten(xs)] if xs is not None else []
    carry, results = init, []
    for i in reversed(range(count)) if reverse else range(count):
        carry, y = f(carry, None if xs is None else tree.pack_like(xs, [parts[i] for parts in slices]))
        results.append(y)
    return carry, _stacked(results[::-1] if reverse else results)


def _length(function: str, xs: Any, length: int | None) -> int:
    sizes = [shape_of(x)[0] if rank_of(x) else None for x in tree.flatten(xs)] if xs is not None else []
    found: set[Dim | None] = {*sizes, *([] if length is None else [length])}
    if len(found) != 1 or not isinstance(next(iter(found)), int):
        text = f"the first axes of xs must be of one known length, which is also length where both are given: {found}"
        raise ValueError(f"ops.{function}: {text}")
    return int(next(iter(found)))  # type: ignore[arg-type]


def _stacked(results: list[Any]) -> Any:
    if not results:
        return None
    leaves = zip(*[tree.flatten(result) for result in results], strict=True)
    return tree.pack_like(results[0], [None if parts[0] is None else stack(list(parts)) for parts in leaves])


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """``f`` of each slice of ``xs`` along the first axis, the results along a new one; see ``scan``."""
    return scan(lambda _, x: (None, f(x)), None, xs)[1]


def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """``function`` of each slice of ``elements`` along the first axis, the results along a new one; see ``scan``."""
    return map(function, elements)


def associative_scan(f: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """``f`` of all slices up to each one along ``axis``, or from each one on with ``reverse``.

    Args:
        f: takes two of what ``elems`` is, and combines them slice by slice; ``f(f(a, b), c)`` is ``f(a, f(b, c))``.
        elems: a tensor, or several of them.
        reverse: whether to begin with the last slice.
        axis: of them all.

    Raises:
        ValueError: the axis's length is not known, or differs.
    """
    leaves = tree.flatten(elems)
    axis = axis_of("associative_scan", rank_of(leaves[0]), axis)
    lengths = {shape_of(x)[axis] for x in leaves}
    length = lengths.pop()
    if lengths or not isinstance(length, int):
        raise ValueError(f"ops.associative_scan: the elements must have one known length along axis {axis}")
    if reverse:
        turned = associative_scan(f, tree.map_structure(lambda x: flip(x, axis), elems), axis=axis)
        return tree.map_structure(lambda x: flip(x, axis), turned)
    # Each round joins every slice with the one that stands as far before it as it has joined already.
    joined = 1
    while joined < length:
        before, after, first = (
            tree.map_structure(lambda x, part=part: _part(x, axis, part), elems)
            for part in (slice(None, -joined), slice(joined, None), slice(None, joined))
        )
        elems = tree.map_structure(lambda a, b: concatenate([a, b], axis), first, f(before, after))
        joined *= 2
    return elems


def _part(x: TensorLike, axis: int, part: slice) -> TensorLike:
    return take_slice(x, (*(slice(None),) * axis, part))
