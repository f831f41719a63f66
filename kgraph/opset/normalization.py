"""Rows normalised: by mean and variance (``layer_norm``) or by the mean of squares (``rms_norm``), scaled and shifted.

A row is read from memory once, in each direction: what it is divided by is found again for the gradient, while the row
is in cache, and is not kept. With ``h`` the normalised row and ``r`` what it was multiplied by, ``g = dy * gamma``::

    dx = r * (g - mean(g) - h * mean(g * h))        dgamma = sum(dy * h)        dbeta = sum(dy)

where the sums are over the rows; ``rms_norm`` has neither ``mean(g)`` nor ``beta``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

import numpy as np

from kgraph import dims
from kgraph.op import Attrs, Call, Draw, Lower, Sample, define, draw, sample
from kgraph.opset.flops import per_element
from kgraph.opset.layout import TASK_ELEMENTS, grain_of, rows_of
from kgraph.types import TensorType

_EPSILON: Final = 0.5
_SHAPES: Final = ((3, 5), (4, 37), (2, 3, 10), (7,), (2, 130), (1, 1), (1,), (0, 5))
_SUM_SHAPES: Final = ((3, 5), (40, 37), (2, 3, 10), (3, 33, 20), (2, 530), (1, 1), (0, 5), (2, 0, 3))


def part_weight(elements: int) -> float:
    """The weight of a task that goes through so many elements."""
    return max(1.0, elements / TASK_ELEMENTS)


def _lower_rows(kernel: str) -> Lower:
    """A unit of work is a row."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        shape = output.known_shape
        kernel_name = f"{kernel}_{output.dtype}"
        return Call(kernel_name, rows_of(shape), grain_of(2 * shape[-1]), (shape[-1],), (attrs["epsilon"],))

    return lower


def _lower_sums(kernel: str) -> Lower:
    """A unit of work is a matrix of rows."""

    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        *batch, rows, columns = inputs[0].known_shape
        size, matrices = rows * columns, prod(batch)
        ints, floats = (matrices, rows, columns), (attrs["epsilon"],)
        return Call(f"{kernel}_{output.dtype}", matrices, grain_of(size), ints, floats, part_weight(size))

    return lower


def _as_matrix(g: Any, value: Any) -> Any:
    """``value`` with all axes but the last made one."""
    *rows, columns = g.type(value).shape
    return value if len(rows) == 1 else g.once("reshape", value, shape=[dims.product(rows), columns])


def part_of(g: Any, pair: Any, index: int) -> Any:
    """``pair[index]`` of a pair of vectors."""
    columns = g.type(pair).shape[-1]
    row = g.slice(pair, begin=[index, 0], shape=[1, columns], step=[1, 1])
    return g.reshape(row, shape=[columns])


def _layer_norm_sums_part(index: int) -> Callable[[Any], Any]:
    def rule(g: Any) -> Any:
        operands = (_as_matrix(g, g.x), _as_matrix(g, g.dy))
        return part_of(g, g.once("layer_norm_sums", *operands, **g.attrs), index)

    return rule


def _normalised(x: np.ndarray, epsilon: float, centred: bool) -> tuple[np.ndarray, np.ndarray]:
    """The rows of ``x`` normalised, and what they were multiplied by."""
    x = x - x.mean(-1, keepdims=True) if centred else x
    factor = 1 / np.sqrt(np.square(x).mean(-1, keepdims=True) + epsilon)
    return x * factor, factor


def _layer_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, *, epsilon: float) -> np.ndarray:
    return _normalised(x, epsilon, True)[0] * gamma + beta


def _layer_norm_grad(x: np.ndarray, gamma: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    h, factor = _normalised(x, epsilon, True)
    g = dy * gamma
    return factor * (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True))


def _layer_norm_sums(x: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    h, _ = _normalised(x, epsilon, True)
    return np.stack([(dy * h).sum(-2), dy.sum(-2)])


def _rms_norm(x: np.ndarray, scale: np.ndarray, *, epsilon: float) -> np.ndarray:
    return _normalised(x, epsilon, False)[0] * scale


def _rms_norm_grad(x: np.ndarray, scale: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    h, factor = _normalised(x, epsilon, False)
    g = dy * scale
    return factor * (g - h * (g * h).mean(-1, keepdims=True))


def _rms_norm_sums(x: np.ndarray, dy: np.ndarray, *, epsilon: float) -> np.ndarray:
    h, _ = _normalised(x, epsilon, False)
    return (dy * h).sum(-2)


def _row_samples(vectors: int, tail: int = 0) -> tuple[Sample, ...]:
    """Rows, then so many vectors, then so many operands like the rows.

    A few are whole numbers: of equal ones the adjoints then cancel to 0, and not to a rounding error.
    """

    def operands(shape: tuple[int, ...]) -> list[Draw]:
        sizes = [shape, *[shape[-1:]] * vectors, *[shape] * tail]
        return [draw(*size, whole=prod(shape) <= 64) for size in sizes]

    return tuple(sample(*operands(shape), epsilon=_EPSILON) for shape in _SHAPES)


def _sum_samples() -> tuple[Sample, ...]:
    return tuple(sample(draw(*shape), draw(*shape), epsilon=_EPSILON) for shape in _SUM_SHAPES)


define(
    "layer_norm(x: T[*s,c], gamma: T[c], beta: T[c]; epsilon: float) -> T[*s,c]",
    "`(x - mean) / sqrt(variance + epsilon) * gamma + beta`, with mean and variance of each row.",
    grad=(
        lambda g: g.layer_norm_grad(g.x, g.gamma, g.dy, **g.attrs),
        _layer_norm_sums_part(0),
        _layer_norm_sums_part(1),
    ),
    reference=_layer_norm,
    samples=_row_samples(2),
    lower=_lower_rows("layer_norm"),
    flops=per_element(7),
)
define(
    "layer_norm_grad(x: T[*s,c], gamma: T[c], dy: T[*s,c]; epsilon: float) -> T[*s,c]",
    "The adjoint of `layer_norm`'s operand `x`.",
    reference=_layer_norm_grad,
    samples=_row_samples(1, 1),
    lower=_lower_rows("layer_norm_grad"),
    flops=per_element(9),
)
define(
    "layer_norm_sums(x: T[*b,n,c], dy: T[*b,n,c]; epsilon: float) -> T[2,*b,c]",
    "The sums over rows of `dy` times the normalised `x`, and of `dy`: the adjoints of `gamma` and `beta`.",
    reference=_layer_norm_sums,
    samples=_sum_samples(),
    lower=_lower_sums("layer_norm_sums"),
)
define(
    "rms_norm(x: T[*s,c], scale: T[c]; epsilon: float) -> T[*s,c]",
    "`x / sqrt(mean(x * x) + epsilon) * scale`, with the mean of each row.",
    grad=(
        lambda g: g.rms_norm_grad(g.x, g.scale, g.dy, **g.attrs),
        lambda g: g.rms_norm_sums(_as_matrix(g, g.x), _as_matrix(g, g.dy), **g.attrs),
    ),
    reference=_rms_norm,
    samples=_row_samples(1),
    lower=_lower_rows("rms_norm"),
    flops=per_element(4),
)
define(
    "rms_norm_grad(x: T[*s,c], scale: T[c], dy: T[*s,c]; epsilon: float) -> T[*s,c]",
    "The adjoint of `rms_norm`'s operand `x`.",
    reference=_rms_norm_grad,
    samples=_row_samples(1, 1),
    lower=_lower_rows("rms_norm_grad"),
    flops=per_element(6),
)
define(
    "rms_norm_sums(x: T[*b,n,c], dy: T[*b,n,c]; epsilon: float) -> T[*b,c]",
    "The adjoint of `rms_norm`'s `scale`: the sums over rows of `dy` times the normalised `x`.",
    reference=_rms_norm_sums,
    samples=_sum_samples(),
    lower=_lower_sums("rms_norm_sums"),
)
