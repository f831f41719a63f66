"""Columns normalised: by mean and variance over the axis before the last, for each matrix of a batch of matrices.

The moments are a pair, ``[2,*b,c]``: means, then variances. With ``h`` the normalised columns and ``r`` what they were
multiplied by, ``sums`` the pair ``sum(dy * h), sum(dy)``::

    dgamma, dbeta = sums        dmean = -gamma * r * sum(dy)        dvariance = -gamma * r**2 * sum(dy * h) / 2

and ``dx = gamma * r * dy``, to which the moments add ``(dmean + 2 * dvariance * (x - mean)) / n`` where they are those
of ``x``: ``passes.fuse_norm`` makes one op of the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from kgraph import dims
from kgraph.op import Attrs, Call, Draw, Lower, Sample, define, draw, sample
from kgraph.opset.flops import per_element
from kgraph.opset.layout import grain_of
from kgraph.opset.normalization import part_of, part_weight
from kgraph.types import TensorType

_EPSILON: Final = 0.05
#: Columns that one unit of work sums; ``NORM_STRIP`` in csrc/kinds/normalization.h.
_STRIP: Final = 64
_SHAPES: Final = ((3, 5), (70, 4), (5, 130), (2, 3, 4), (2, 2, 40, 3), (1, 1), (2, 0), (0, 3, 2))


def _epsilons(attrs: Attrs) -> tuple[float, ...]:
    return (attrs["epsilon"],) if "epsilon" in attrs else ()


def _lower_strips(kernel: str) -> Lower:
    """A unit of work is a strip of the columns of one matrix of the first operand."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        *batch, rows, columns = inputs[0].known_shape
        matrices, size = prod(batch), _STRIP * rows
        ints, strips = (matrices, rows, columns), -(-columns // _STRIP)
        kernel_name = f"{kernel}_{output.dtype}"
        return Call(kernel_name, matrices * strips, grain_of(size), ints, _epsilons(attrs), part_weight(size))

    return lower


def _lower_rows(kernel: str) -> Lower:
    """A unit of work is a row of the result."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        *batch, rows, columns = output.known_shape
        ints, work = (prod(batch), rows, columns), prod(batch) * rows
        return Call(f"{kernel}_{output.dtype}", work, grain_of(columns), ints, _epsilons(attrs))

    return lower


def _lower_vectors(kernel: str) -> Lower:
    """A unit of work is the moments of one matrix."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        _, *batch, columns = output.known_shape
        ints = (prod(batch), columns)
        return Call(f"{kernel}_{output.dtype}", prod(batch), grain_of(4 * columns), ints, _epsilons(attrs))

    return lower


def _lower_merge(kernel: str) -> Lower:
    """A unit of work is the moments of one merged matrix."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        _, *batch, parts, columns = inputs[0].known_shape
        size = parts * columns
        ints = (prod(batch), parts, columns)
        return Call(f"{kernel}_{output.dtype}", prod(batch), grain_of(size), ints, (), part_weight(size))

    return lower


# --- moments ---------------------------------------------------------------------------------------------------------


def _column_moments(x: np.ndarray) -> np.ndarray:
    mean = x.sum(-2, keepdims=True) / x.shape[-2]
    return np.stack([mean[..., 0, :], np.square(x - mean).sum(-2) / x.shape[-2]])


def _column_moments_grad(x: np.ndarray, moments: np.ndarray, dy: np.ndarray) -> np.ndarray:
    return (dy[0][..., None, :] + 2 * dy[1][..., None, :] * (x - moments[0][..., None, :])) / x.shape[-2]


def _merge_moments(parts: np.ndarray) -> np.ndarray:
    means, variances = _column_moments(parts[0]), _column_moments(parts[1])
    return np.stack([means[0], variances[0] + means[1]])


def _merge_moments_grad(parts: np.ndarray, moments: np.ndarray, dy: np.ndarray) -> np.ndarray:
    count = parts.shape[-2]
    variances = np.broadcast_to(dy[1][..., None, :] / count, parts[1].shape)
    return np.stack([_column_moments_grad(parts[0], moments, dy), variances])


def _statistics(shape: tuple[int, ...]) -> Draw:
    """A pair of vectors for each matrix, that may be a mean and a variance."""
    return draw(2, *shape[:-2], shape[-1], low=0.5, high=2.0)


define(
    "column_moments(x: T[*b,n,c]) -> T[2,*b,c]",
    "The mean and the variance of each column.",
    grad=(lambda g: g.column_moments_grad(g.x, g.out, g.dy),),
    reference=_column_moments,
    samples=tuple(sample(draw(*shape)) for shape in _SHAPES),
    lower=_lower_strips("column_moments"),
    flops=per_element(4),
)
define(
    "column_moments_grad(x: T[*b,n,c], moments: T[2,*b,c], dy: T[2,*b,c]) -> T[*b,n,c]",
    "The adjoint of the operand whose `column_moments` are `moments`.",
    reference=_column_moments_grad,
    samples=tuple(sample(draw(*shape), _statistics(shape), _statistics(shape)) for shape in _SHAPES),
    lower=_lower_rows("column_moments_grad"),
    flops=per_element(3),
)
define(
    "merge_moments(parts: T[2,*b,n,c]) -> T[2,*b,c]",
    "The moments of `n` equally large parts together, from those of each.",
    grad=(lambda g: g.merge_moments_grad(g.parts, g.out, g.dy),),
    reference=_merge_moments,
    samples=tuple(sample(draw(2, *shape)) for shape in _SHAPES),
    lower=_lower_merge("merge_moments"),
)
define(
    "merge_moments_grad(parts: T[2,*b,n,c], moments: T[2,*b,c], dy: T[2,*b,c]) -> T[2,*b,n,c]",
    "The adjoint of the parts whose `merge_moments` are `moments`.",
    reference=_merge_moments_grad,
    samples=tuple(sample(draw(2, *shape), _statistics(shape), _statistics(shape)) for shape in _SHAPES),
    lower=_lower_merge("merge_moments_grad"),
)

# --- normalisation ---------------------------------------------------------------------------------------------------


def _factor(moments: np.ndarray, gamma: np.ndarray, epsilon: float) -> np.ndarray:
    return (gamma / np.sqrt(moments[1] + epsilon))[..., None, :]


def _batch_norm(
    x: np.ndarray, moments: np.ndarray, gamma: np.ndarray, beta: np.ndarray, *, epsilon: float
) -> np.ndarray:
    return (x - moments[0][..., None, :]) * _factor(moments, gamma, epsilon) + beta


def _batch_norm_sums(x: np.ndarray, moments: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    h = (x - moments[0][..., None, :]) * _factor(moments, np.ones_like(moments[0]), epsilon)
    return np.stack([(dy * h).sum(-2), dy.sum(-2)])


def _batch_norm_scale(moments: np.ndarray, gamma: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    return dy * _factor(moments, gamma, epsilon)


def _batch_norm_moments_grad(moments: np.ndarray, gamma: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    factor = 1 / np.sqrt(moments[1] + epsilon)
    return np.stack([-gamma * factor * dy[1], -0.5 * gamma * factor**2 * dy[0]])


def _batch_norm_grad(
    x: np.ndarray, moments: np.ndarray, gamma: np.ndarray, dy: np.ndarray, dmoments: np.ndarray, *, epsilon: float
) -> np.ndarray:
    direct = _batch_norm_scale(moments, gamma, dy, epsilon=epsilon)
    return direct + _column_moments_grad(x, moments, dmoments)


def _sums(g: Any) -> Any:
    return g.once("batch_norm_sums", g.x, g.moments, g.dy, **g.attrs)


def _vector_rule(index: int) -> Callable[[Any], Any]:
    """The adjoint of ``gamma`` or ``beta``: one of the sums, of all matrices together."""

    def rule(g: Any) -> Any:
        sums = _sums(g)
        _, *batch, columns = g.type(sums).shape
        if batch:
            matrices = g.once("reshape", sums, shape=[2, dims.product(batch), columns])
            sums = g.once("sum", matrices, axes=[1])
        return part_of(g, sums, index)

    return rule


def _samples(*kinds: Callable[[tuple[int, ...]], Draw]) -> tuple[Sample, ...]:
    """A sample for each shape, of an operand of each kind."""
    return tuple(sample(*(kind(shape) for kind in kinds), epsilon=_EPSILON) for shape in _SHAPES)


def _whole(shape: tuple[int, ...]) -> Draw:
    return draw(*shape)


def _vector(shape: tuple[int, ...]) -> Draw:
    return draw(shape[-1])


define(
    "batch_norm(x: T[*b,n,c], moments: T[2,*b,c], gamma: T[c], beta: T[c]; epsilon: float) -> T[*b,n,c]",
    "`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with the mean and variance of each column in `moments`.",
    grad=(
        lambda g: g.batch_norm_scale(g.moments, g.gamma, g.dy, **g.attrs),
        lambda g: g.batch_norm_moments_grad(g.moments, g.gamma, _sums(g), **g.attrs),
        _vector_rule(0),
        _vector_rule(1),
    ),
    reference=_batch_norm,
    samples=_samples(_whole, _statistics, _vector, _vector),
    lower=_lower_rows("batch_norm"),
    flops=per_element(3),
)
define(
    "batch_norm_sums(x: T[*b,n,c], moments: T[2,*b,c], dy: T[*b,n,c]; epsilon: float) -> T[2,*b,c]",
    "The sums over each column of `dy` times the normalised `x`, and of `dy`.",
    reference=_batch_norm_sums,
    samples=_samples(_whole, _statistics, _whole),
    lower=_lower_strips("batch_norm_sums"),
    flops=per_element(5),
)
define(
    "batch_norm_scale(moments: T[2,*b,c], gamma: T[c], dy: T[*b,n,c]; epsilon: float) -> T[*b,n,c]",
    "The adjoint of `batch_norm`'s operand `x` for given moments: `dy * gamma / sqrt(variance + epsilon)`.",
    reference=_batch_norm_scale,
    samples=_samples(_statistics, _vector, _whole),
    lower=_lower_rows("batch_norm_scale"),
)
define(
    "batch_norm_moments_grad(moments: T[2,*b,c], gamma: T[c], dy: T[2,*b,c]; epsilon: float) -> T[2,*b,c]",
    "The adjoint of `batch_norm`'s operand `moments`, where `dy` are the sums that `batch_norm_sums` makes.",
    reference=_batch_norm_moments_grad,
    samples=_samples(_statistics, _vector, _statistics),
    lower=_lower_vectors("batch_norm_moments_grad"),
)
define(
    "batch_norm_grad(x: T[*b,n,c], moments: T[2,*b,c], gamma: T[c], dy: T[*b,n,c], dmoments: T[2,*b,c];"
    " epsilon: float) -> T[*b,n,c]",
    "The adjoint of `batch_norm`'s operand `x` where the moments are its own, and `dmoments` their adjoint.",
    reference=_batch_norm_grad,
    samples=_samples(_whole, _statistics, _vector, _whole, _statistics),
    lower=_lower_rows("batch_norm_grad"),
    flops=per_element(6),
)
