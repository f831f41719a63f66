"""Matrix products. Each of the three forms is among the gradients of the other two, so nothing is ever transposed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kgraph.op import Lower, Sample, define, draw, sample
from kgraph.opset.flops import product
from kgraph.opset.tiles import Tiles, product_call, product_tiles, wide_tiles


def _lower(form: str, contracted: int, tiles_of: Callable[[int, int, int], Tiles] = product_tiles) -> Lower:
    """Lowers to ``form``; ``contracted`` is k's axis in ``a``."""
    return lambda inputs, output, attrs: product_call(
        form, output, inputs[0].known_shape[contracted], tiles_of=tiles_of
    )


def _tn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.matmul(a.swapaxes(-1, -2), b)


def _nt(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.matmul(a, b.swapaxes(-1, -2))


def _samples(transpose_a: bool, transpose_b: bool) -> tuple[Sample, ...]:
    """Operands for products of m, n, k, some of them stacked, in the layout of one form."""
    empty = ((0, 3, 2), (3, 0, 2), (3, 2, 0))
    small = ((3, 4, 5), (1, 1, 1), (17, 33, 9), (29, 1, 40), (1, 20, 7), (5, 100, 33))
    sizes = (*empty, *small, (60, 70, 400), (61, 530, 3))
    stacks: tuple[tuple[int, ...], ...] = ((), (2,), (2, 3))
    chosen = [((), size) for size in sizes] + [(stack, (3, 4, 5)) for stack in stacks[1:]]
    return tuple(
        sample(
            draw(*stack, *((k, m) if transpose_a else (m, k)), low=-0.5, high=0.5),
            draw(*stack, *((n, k) if transpose_b else (k, n)), low=-0.5, high=0.5),
        )
        for stack, (m, n, k) in chosen
    )


def _matmul_grad_a(g: Any) -> Any:
    return g.matmul_nt(g.dy, g.b)


def _matmul_grad_b(g: Any) -> Any:
    return g.matmul_tn(g.a, g.dy)


define(
    "matmul(a: T[*b,m,k], b: T[*b,k,n]) -> T[*b,m,n]",
    "`a @ b` over the last two axes.",
    grad=(_matmul_grad_a, _matmul_grad_b),
    reference=np.matmul,
    samples=_samples(False, False),
    lower=_lower("matmul", -1),
    flops=product(-1),
)


def _matmul_tn_grad_a(g: Any) -> Any:
    return g.matmul_nt(g.b, g.dy)


def _matmul_tn_grad_b(g: Any) -> Any:
    return g.matmul(g.a, g.dy)


define(
    "matmul_tn(a: T[*b,k,m], b: T[*b,k,n]) -> T[*b,m,n]",
    "`aᵀ @ b` over the last two axes.",
    grad=(_matmul_tn_grad_a, _matmul_tn_grad_b),
    reference=_tn,
    samples=_samples(True, False),
    lower=_lower("matmul_tn", -2, wide_tiles),
    flops=product(-2),
)


def _matmul_nt_grad_a(g: Any) -> Any:
    return g.matmul(g.dy, g.b)


def _matmul_nt_grad_b(g: Any) -> Any:
    return g.matmul_tn(g.dy, g.a)


define(
    "matmul_nt(a: T[*b,m,k], b: T[*b,n,k]) -> T[*b,m,n]",
    "`a @ bᵀ` over the last two axes.",
    grad=(_matmul_nt_grad_a, _matmul_nt_grad_b),
    reference=_nt,
    samples=_samples(False, True),
    lower=_lower("matmul_nt", -1),
    flops=product(-1),
)
