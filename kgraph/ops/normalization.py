"""Statistics, and what is normalised by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgraph import config, dims
from kgraph.dims import Dim
from kgraph.ops.elementwise import maximum, multiply, rsqrt, square
from kgraph.ops.linalg import norm
from kgraph.ops.operands import Axes, TensorLike, as_float, axes_of, axis_of, rank_of, shape_of, to_shape
from kgraph.ops.reductions import mean
from kgraph.ops.reductions import sum as reduce_sum
from kgraph.ops.shaping import moveaxis, squeeze, stack
from kgraph.tensor import apply, binary, named, operand_type, spread, take_slice


def moments(
    x: TensorLike, axes: Axes, keepdims: bool = False, synchronized: bool = False
) -> tuple[TensorLike, TensorLike]:
    """Mean and variance over ``axes``.

    Raises:
        ValueError: ``synchronized``, which several machines would need.
    """
    if synchronized:
        raise ValueError("ops.moments: synchronized moments need several machines; there is one")
    x = as_float(x)
    rank, over = rank_of(x), axes_of("moments", rank_of(x), axes)
    if rank > 1 and over == list(range(rank - 1)):
        pair = column_moments(as_matrix(x))
        shape = [*[1] * (rank - 1), shape_of(x)[-1]] if keepdims else [shape_of(x)[-1]]
        return to_shape(take_slice(pair, 0), shape), to_shape(take_slice(pair, 1), shape)
    middle = mean(x, over, keepdims=True)
    variance = mean(square(binary("sub", x, middle)), over, keepdims)
    return (middle if keepdims else squeeze(middle, over)), variance


def normalize(x: TensorLike, axis: Axes = -1, order: int = 2, epsilon: float | None = None) -> TensorLike:
    """``x / max(norm(x), epsilon)`` along ``axis``, with the norm of ``order``.

    Raises:
        ValueError: ``order`` is below 1.
    """
    if order < 1:
        raise ValueError(f"ops.normalize: order must be 1 or more, not {order}")
    x = as_float(x)
    smallest = config.epsilon() if epsilon is None else epsilon
    if order == 2:
        return multiply(x, rsqrt(maximum(reduce_sum(square(x), axis, keepdims=True), smallest**2)))
    return binary("div", x, maximum(norm(x, order, axis, keepdims=True), smallest))


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: int,
    offset: TensorLike = None,
    scale: TensorLike = None,
    epsilon: float = 1e-3,
) -> TensorLike:
    """``(x - mean) / sqrt(variance + epsilon) * scale + offset``, where each is a vector along ``axis``.

    Raises:
        ValueError: a vector is not as long as the axis.
    """
    x = as_float(x)
    axis = axis_of("batch_normalization", rank_of(x), axis)
    last = moveaxis(x, axis, -1)
    features = shape_of(last)[-1]
    given = {"mean": mean, "variance": variance, "offset": offset, "scale": scale}
    _check_vectors("batch_normalization", features, given)
    dtype = operand_type(x).dtype
    pair = named(stack([spread(vector, dtype, (features,)) for vector in (mean, variance)]), "moments")
    result = normalize_columns(as_matrix(last), pair, scale, offset, epsilon)
    return moveaxis(to_shape(result, shape_of(last)), -1, axis)


def layer_normalization(
    x: TensorLike,
    gamma: TensorLike = None,
    beta: TensorLike = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> TensorLike:
    """``(x - mean) / sqrt(variance + epsilon) * gamma + beta``, with mean and variance over ``axis``.

    ``gamma`` and ``beta`` have the shape of these axes. With ``rms_scaling=True``, which Keras deprecates, the mean is
    not taken off, nor ``beta`` added; see ``rms_normalization`` for what that should be.

    Raises:
        ValueError: ``gamma`` or ``beta`` does not have the shape of the axes.
        TypeError: another argument is given.
    """
    rms_scaling = kwargs.pop("rms_scaling", False)
    if kwargs:
        raise TypeError(f"ops.layer_normalization has no argument {', '.join(map(repr, kwargs))}")
    epsilon = config.epsilon() if epsilon is None else epsilon
    rows = _Rows("layer_normalization", x, axis)
    if rms_scaling:
        return rows.back(_scaled_by_deviation(rows, gamma, epsilon))
    scale, shift = rows.vector("gamma", gamma, 1.0), rows.vector("beta", beta, 0.0)
    return rows.back(apply("layer_norm", rows.matrix, scale, shift, epsilon=float(epsilon)))


def rms_normalization(
    x: TensorLike, scale: TensorLike = None, axis: int | Sequence[int] = -1, epsilon: float | None = None
) -> TensorLike:
    """``x / sqrt(mean(x * x) + epsilon) * scale``, with the mean over ``axis``; ``scale`` has the shape of these axes.

    Raises:
        ValueError: ``scale`` does not have the shape of the axes.
    """
    epsilon = config.epsilon() if epsilon is None else epsilon
    rows = _Rows("rms_normalization", x, axis)
    return rows.back(apply("rms_norm", rows.matrix, rows.vector("scale", scale, 1.0), epsilon=float(epsilon)))


class _Rows:
    """A tensor with the axes that are normalised last, and made one."""

    def __init__(self, function: str, x: TensorLike, axis: int | Sequence[int]) -> None:
        x = as_float(x)
        self.function = function
        self.axes = axes_of(function, rank_of(x), axis)
        self.last = list(range(rank_of(x) - len(self.axes), rank_of(x)))
        moved = moveaxis(x, self.axes, self.last)
        self.shape = shape_of(moved)
        self.own = self.shape[self.last[0] :] if self.last else ()
        self.matrix = to_shape(moved, [*self.shape[: rank_of(x) - len(self.axes)], dims.product(self.own)])

    def vector(self, name: str, weight: TensorLike, otherwise: float) -> TensorLike:
        """A weight of the axes' shape as one vector; a number everywhere where there is none."""
        size, dtype = shape_of(self.matrix)[-1], operand_type(self.matrix).dtype
        if weight is None:
            return spread(otherwise, dtype, (size,))
        given = dims.product(shape_of(weight))
        if given != size and isinstance(given, int) and isinstance(size, int):
            text = f"{name} must have the shape of axis {self.axes}, {list(self.own)}, not {list(shape_of(weight))}"
            raise ValueError(f"ops.{self.function}: {text}")
        return spread(to_shape(weight, [size]), dtype, (size,))

    def back(self, matrix: TensorLike) -> TensorLike:
        """A matrix of the same rows with the axes where they were."""
        return moveaxis(to_shape(matrix, self.shape), self.last, self.axes)


def _scaled_by_deviation(rows: _Rows, gamma: TensorLike, epsilon: float) -> TensorLike:
    _, variance = moments(rows.matrix, -1, keepdims=True)
    scaled = multiply(rows.matrix, rsqrt(binary("add", variance, epsilon)))
    return multiply(scaled, rows.vector("gamma", gamma, 1.0))


def as_matrix(x: TensorLike) -> TensorLike:
    """``x`` with all axes but the last made one."""
    *rows, columns = shape_of(x)
    return to_shape(x, [dims.product(tuple(rows)), columns])


def column_moments(matrix: TensorLike) -> TensorLike:
    """Means and variances of the columns, as a pair: ``(..., n, c) -> (2, ..., c)``."""
    return named(apply("column_moments", matrix), "moments")


def normalize_columns(
    matrix: TensorLike, pair: TensorLike, scale: TensorLike, offset: TensorLike, epsilon: float
) -> TensorLike:
    """The columns of ``(..., n, c)`` normalised by a pair ``(2, ..., c)`` of means and variances.

    ``scale`` and ``offset``, ``(c,)``, are 1 and 0 where not given.
    """
    given = operand_type(matrix)
    gamma, beta = (
        spread(otherwise if vector is None else vector, given.dtype, given.shape[-1:])
        for vector, otherwise in ((scale, 1.0), (offset, 0.0))
    )
    return apply("batch_norm", matrix, pair, gamma, beta, epsilon=float(epsilon))


def _check_vectors(function: str, features: Dim, vectors: dict[str, TensorLike]) -> None:
    for name, vector in vectors.items():
        shape = () if vector is None else shape_of(vector)
        wrong = len(shape) != 1 or (shape[0] != features and isinstance(shape[0], int) and isinstance(features, int))
        if vector is not None and wrong:
            raise ValueError(f"ops.{function}: {name} must have shape [{features}], not {list(shape)}")
