"""Matrices as products of simpler ones, and equations of triangular ones. Axes before the last two are a batch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from kgraph import dims
from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Lower, OpError, Sample, define, draw, sample
from kgraph.opset.layout import grain_of
from kgraph.types import TensorType


def _by_matrix(kernel: str, *flags: str) -> Lower:
    """A unit of work is a matrix; the kernel reads the sizes of the last operand's, and the flags."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        *stack, rows, columns = inputs[-1].known_shape
        ints = (rows, columns, *(int(attrs[name]) for name in flags))
        return Call(f"{kernel}_{output.dtype}", prod(stack), grain_of(rows * rows * columns), ints)

    return lower


# --- what the gradient rules are made of -----------------------------------------------------------------------------


def _part(g: Any, x: Any, relation: str) -> Any:
    """The elements of ``x`` whose row is in that relation to their column, 0 elsewhere."""
    shape = list(g.type(x).shape)
    rows, columns = (g.iota(shape=shape, axis=len(shape) - at, dtype="i32") for at in (2, 1))
    return g.select(getattr(g, relation)(rows, columns), x, g.constant_like(x, 0.0))


def _flip(g: Any, x: Any) -> Any:
    """The transposed matrices."""
    rank = g.type(x).rank
    return g.transpose(x, perm=[*range(rank - 2), rank - 1, rank - 2])


def _solve(g: Any, a: Any, b: Any, *, lower: bool, transposed: bool = False, ones: bool = False) -> Any:
    return g.solve_triangular(a, b, lower=lower, transposed=transposed, ones=ones)


# --- cholesky --------------------------------------------------------------------------------------------------------


def _cholesky_grad(g: Any) -> Any:
    """``L⁻ᵀ Q L⁻¹ / 2``, where ``Q`` has the lower part of ``Lᵀ dL`` on both sides of its diagonal."""
    product = g.matmul_tn(g.out, g.dy)
    below = _part(g, product, "greater")
    both = g.add(_part(g, product, "greater_equal"), _flip(g, below))
    half = _flip(g, _solve(g, g.out, both, lower=True, transposed=True))
    twice = _solve(g, g.out, half, lower=True, transposed=True)
    return g.mul(twice, g.constant_like(twice, 0.5))


def _cholesky(x: np.ndarray) -> np.ndarray:
    """Column by column; numpy's own refuses what is not positive definite."""
    both, out = (x + x.swapaxes(-1, -2)) / 2, np.zeros_like(x)
    for j in range(x.shape[-1]):
        rest = both[..., j:, j] - (out[..., j:, :j] @ out[..., j, :j, None])[..., 0]
        out[..., j, j] = np.sqrt(rest[..., 0])
        out[..., j + 1 :, j] = rest[..., 1:] / out[..., j, j, None]
    return out


define(
    "cholesky(x: T[*b,n,n]) -> T[*b,n,n]",
    "The lower triangular matrix whose product with its transpose is `(x + xᵀ) / 2`; NaN if that is not positive.",
    lower=_by_matrix("cholesky"),
    grad=(_cholesky_grad,),
    reference=_cholesky,
    samples=(
        sample(draw(9, 9, low=-1, high=1, diagonal=9)),
        sample(draw(2, 3, 4, 4, low=-1, high=1, diagonal=4)),
        sample(draw(1, 1, low=1)),
        sample(draw(0, 0)),
        sample(draw(0, 2, 2)),
        sample(draw(20, 20, low=-1, high=1, diagonal=20)),
    ),
)


# --- solve_triangular ------------------------------------------------------------------------------------------------


def _solve_wrt_matrix(g: Any) -> Any:
    back = _solve_wrt_columns(g)
    pair = (g.out, back) if g.attrs["transposed"] else (back, g.out)
    relation = "greater" if g.attrs["lower"] else "less"
    return g.neg(_part(g, g.matmul_nt(*pair), relation if g.attrs["ones"] else f"{relation}_equal"))


def _solve_wrt_columns(g: Any) -> Any:
    attrs = dict(g.attrs)
    return g.once("solve_triangular", g.a, g.dy, **attrs | {"transposed": not attrs["transposed"]})


def _solve_triangular(a: np.ndarray, b: np.ndarray, *, lower: bool, transposed: bool, ones: bool) -> np.ndarray:
    """Row by row; numpy's own refuses what is singular."""
    n, out = a.shape[-1], np.zeros_like(b)
    part = (np.tril if lower else np.triu)(a)
    part = part.swapaxes(-1, -2) if transposed else part
    for i in range(n) if lower != transposed else reversed(range(n)):
        rest = b[..., i, :] - (part[..., i, None, :] @ out)[..., 0, :]
        out[..., i, :] = rest if ones else rest / part[..., i, i, None]
    return out


def _triangular_samples() -> tuple[Sample, ...]:
    flags = [{"lower": lower, "transposed": turned} for lower in (True, False) for turned in (False, True)]
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((4, 4), (4, 3)), ((2, 3, 3), (2, 3, 1))]
    odd = [((1, 1), (1, 1)), ((0, 0), (0, 2)), ((3, 3), (3, 0)), ((12, 12), (12, 5))]
    drawn = [
        sample(draw(*a, low=-1, high=1, diagonal=3.0), draw(*b), ones=False, **each)
        for a, b in shapes
        for each in flags
    ]
    unit = [sample(draw(4, 4, low=-0.5, high=0.5), draw(4, 3), ones=True, **each) for each in flags]
    more = [
        sample(draw(*a, low=-1, high=1, diagonal=3.0), draw(*b), lower=True, transposed=False, ones=False)
        for a, b in odd
    ]
    return (*drawn, *unit, *more)


define(
    "solve_triangular(a: T[*b,n,n], b: T[*b,n,m]; lower: bool=true, transposed: bool=false, ones: bool=false) "
    "-> T[*b,n,m]",
    "The `x` of `a x = b`, or of `aᵀ x = b` if transposed, where `a` is lower or upper triangular: the other part of "
    "it is not looked at, nor is its diagonal where that is taken to be ones.",
    lower=_by_matrix("solve_triangular", "lower", "transposed", "ones"),
    grad=(_solve_wrt_matrix, _solve_wrt_columns),
    reference=_solve_triangular,
    samples=_triangular_samples(),
)


# --- lu --------------------------------------------------------------------------------------------------------------


def _lu_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    shape = inputs[0].shape
    return (*shape[:-2], dims.add(shape[-2], 1), shape[-1])


def _rows(g: Any, x: Any, begin: Any, count: Any) -> Any:
    shape = g.type(x).shape
    start = [*[0] * (len(shape) - 2), begin, 0]
    return g.slice(x, begin=start, shape=[*shape[:-2], count, shape[-1]], step=[1] * len(shape))


def _lu_grad(g: Any) -> Any:
    """``Pᵀ L⁻ᵀ (below(Lᵀ dL) + above(dU Uᵀ)) U⁻ᵀ``."""
    shape = list(g.type(g.x).shape)
    n = shape[-1]
    factors, adjoint = _rows(g, g.out, 0, n), _rows(g, g.dy, 0, n)
    upper = _part(g, factors, "less_equal")
    below = _part(g, adjoint, "greater")
    lower_product = g.add(g.matmul_tn(_part(g, factors, "greater"), below), below)
    upper_product = g.matmul_nt(_part(g, adjoint, "less_equal"), upper)
    inner = g.add(_part(g, lower_product, "greater"), _part(g, upper_product, "less_equal"))
    left = _solve(g, factors, inner, lower=True, transposed=True, ones=True)
    both = _flip(g, _solve(g, factors, _flip(g, left), lower=False))
    order = g.reshape(_rows(g, g.out, n, 1), shape=[*shape[:-2], n, 1])
    places = g.broadcast(g.cast(order, dtype="i32"), shape=shape)
    return g.add_along_axis(places, both, axis=len(shape) - 2, size=n)


def _lu(x: np.ndarray) -> np.ndarray:
    n = x.shape[-1]
    stack = x.reshape(prod(x.shape[:-2]), n, n)
    result = np.array([_lu_one(one.astype(np.float64)) for one in stack]).reshape(*x.shape[:-2], n + 1, n)
    return result.astype(x.dtype)


def _lu_one(x: np.ndarray) -> np.ndarray:
    order = np.arange(len(x))
    for j in range(len(x)):
        sizes = np.abs(x[j:, j])
        best = j + int(np.argmax(np.where(np.isnan(sizes), -1, sizes)))
        x[[j, best]], order[[j, best]] = x[[best, j]], order[[best, j]]
        if x[j, j] != 0:
            x[j + 1 :, j] /= x[j, j]
            x[j + 1 :, j + 1 :] -= np.outer(x[j + 1 :, j], x[j, j + 1 :])
    return np.concatenate([x, order[None]])


define(
    "lu(x: T[*b,n,n]) -> T[?]",
    "The factors `L U` of `x` with its rows in another order: `U` and, left of its diagonal, `L` without its ones; "
    "in one row more, which row of `x` each row is.",
    infer=_lu_type,
    lower=_by_matrix("lu"),
    grad=(_lu_grad,),
    reference=_lu,
    samples=(
        sample(draw(4, 4)),
        sample(draw(4, 4, diagonal=3)),
        sample(draw(2, 3, 3, 3)),
        sample(draw(1, 1, low=1)),
        sample(draw(0, 0)),
        sample(draw(0, 2, 2)),
        sample(draw(9, 9, low=-1, high=1, diagonal=5)),
    ),
)


# --- qr --------------------------------------------------------------------------------------------------------------


def _qr_type(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    *_, rows, columns = inputs[0].shape
    if isinstance(rows, int) and isinstance(columns, int) and rows < columns:
        raise OpError(f"x must have no more columns than rows, not {inputs[0]}")
    return inputs[0].shape


def _qr_grad(g: Any) -> Any:
    """``(dQ - Q S) R⁻ᵀ`` with ``S`` symmetric, of the lower part of ``dQᵀ Q``, where ``R = Qᵀ x``."""
    upper = _part(g, g.matmul_tn(g.out, g.x), "less_equal")
    product = g.matmul_tn(g.dy, g.out)
    both = g.add(_part(g, product, "greater_equal"), _flip(g, _part(g, product, "greater")))
    rest = g.sub(g.dy, g.matmul(g.out, both))
    return _flip(g, _solve(g, upper, _flip(g, rest), lower=False))


def _qr(x: np.ndarray) -> np.ndarray:
    return np.linalg.qr(x)[0]


def _qr_samples() -> tuple[Sample, ...]:
    shapes: tuple[tuple[int, ...], ...] = ((13, 6), (9, 9), (2, 9, 5), (1, 1), (3, 0), (0, 2, 2), (30, 9))
    return tuple(sample(draw(*shape, diagonal=3)) for shape in shapes)


define(
    "qr(x: T[*b,m,n]) -> T[?]",
    "The columns of `x` made orthogonal, each a combination of it and those before, of length 1; with LAPACK's signs.",
    infer=_qr_type,
    lower=_by_matrix("qr"),
    grad=(_qr_grad,),
    reference=_qr,
    samples=_qr_samples(),
)
