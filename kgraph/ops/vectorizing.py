"""Functions of small tensors, called on every part of larger ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import reduce
from math import prod
from typing import Any

from kgraph import tree
from kgraph.broadcasting import broadcast_shapes
from kgraph.dims import Shape
from kgraph.ops.control import map as map_slices
from kgraph.ops.operands import TensorLike, shape_of, to_shape
from kgraph.tensor import operand_type, spread

_CORE = re.compile(r"\(([^)]*)\)")


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Iterable[int] | None = None, signature: str | None = None
) -> Callable[..., Any]:
    """``pyfunc`` as a function of tensors: called on each of their elements, which broadcast.

    The calls are written out one by one, as in ``ops.map``.

    Args:
        pyfunc: takes and gives scalars, or what ``signature`` says.
        excluded: places of arguments that are handed on as they are.
        signature: the axes of one call's arguments, such as ``"(n),(n)->()"``.
    """
    whole = frozenset(excluded or ())

    def vectorized(*args: Any) -> Any:
        looped = [i for i in range(len(args)) if i not in whole]
        ranks = _core_ranks(signature, len(looped))
        shapes = [shape_of(args[i]) for i in looped]
        cores = [shape[len(shape) - rank :] for shape, rank in zip(shapes, ranks, strict=True)]
        outer = _outer_shape(args, looped, cores)
        flat = [_flat(args[i], outer, core) for i, core in zip(looped, cores, strict=True)]

        def call(parts: list[TensorLike]) -> Any:
            given = dict(zip(looped, parts, strict=True))
            return pyfunc(*(given.get(i, arg) for i, arg in enumerate(args)))

        results = map_slices(call, flat)
        return tree.map_structure(lambda x: to_shape(x, [*outer, *shape_of(x)[1:]]), results)

    return vectorized


def _core_ranks(signature: str | None, count: int) -> list[int]:
    if signature is None:
        return [0] * count
    cores = _CORE.findall(signature.partition("->")[0])
    if len(cores) != count:
        raise ValueError(f"ops.vectorize: signature {signature!r} is of {len(cores)} arguments, but {count} were given")
    return [len([name for name in core.split(",") if name.strip()]) for core in cores]


def _outer_shape(args: tuple[Any, ...], looped: list[int], cores: list[Shape]) -> tuple[int, ...]:
    """The shape over which calls are made, which must be known."""
    shapes = [shape_of(args[i]) for i in looped]
    outers = [shape[: len(shape) - len(core)] for shape, core in zip(shapes, cores, strict=True)]
    shape: Shape = reduce(broadcast_shapes, outers, ())
    if not all(isinstance(dim, int) for dim in shape):
        raise ValueError("ops.vectorize: the axes over which calls are made must be known; use ops on whole tensors")
    return tuple(int(dim) for dim in shape)


def _flat(x: TensorLike, outer: tuple[int, ...], core: Shape) -> TensorLike:
    return to_shape(spread(x, operand_type(x).dtype, (*outer, *core)), [prod(outer), *core])
