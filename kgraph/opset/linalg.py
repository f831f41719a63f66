"""Matrix products. Each of the three forms is among the gradients of the other two, so nothing is ever transposed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from kgraph.op import Attrs, Call, Lower, Sample, define, draw, sample
from kgraph.types import TensorType

#: Multiplications and additions in one task, below which handing it out costs more than it gains.
_TASK_FLOPS: Final = 4_000_000
#: Rows of a task are a multiple of this, so that the kernel's row blocks are full; see ``csrc/kinds/matmul.h``.
_ROW_BLOCK: Final = 56


def _lower(form: str, contracted: Callable[[tuple[int, ...]], int]) -> Lower:
    """Lowers to ``form``; ``contracted`` finds k in the shape of ``a``. A unit of work is a row of the result."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        *batch, m, n = output.known_shape
        k = contracted(inputs[0].known_shape)
        rows = _TASK_FLOPS // max(1, 2 * n * k)
        grain = max(1, rows // _ROW_BLOCK) * _ROW_BLOCK
        return Call(f"{form}_{output.dtype}", prod(batch) * m, grain, (m, n, k))

    return lower


def _tn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.matmul(a.swapaxes(-1, -2), b)


def _nt(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.matmul(a, b.swapaxes(-1, -2))


def _samples(transpose_a: bool, transpose_b: bool) -> tuple[Sample, ...]:
    """Operands for products of m, n, k, some of them stacked, in the layout of one form."""
    sizes = ((3, 4, 5), (1, 1, 1), (17, 33, 9), (29, 1, 40), (1, 20, 7), (0, 3, 2), (3, 0, 2), (3, 2, 0), (60, 70, 300))
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
    lower=_lower("matmul", lambda shape: shape[-1]),
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
    lower=_lower("matmul_tn", lambda shape: shape[-2]),
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
    lower=_lower("matmul_nt", lambda shape: shape[-1]),
)
