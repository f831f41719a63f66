"""What is normalised by its own or by given statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from face_case import case, floats

from kgraph import ops


def normalised(x: np.ndarray, axis: Any, epsilon: float) -> np.ndarray:
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


def by_root_mean_square(x: np.ndarray, axis: Any, epsilon: float) -> np.ndarray:
    return x / np.sqrt(np.square(x).mean(axis, keepdims=True) + epsilon)


def along(vector: np.ndarray, axis: int) -> np.ndarray:
    """A vector that broadcasts along an axis of a tensor of rank 4."""
    return vector.reshape([-1 if place == axis % 4 else 1 for place in range(4)])


NORMALIZATION = [
    *(
        case(
            f"moments axes={axes} keepdims={k}",
            lambda x, axes=axes, k=k: ops.moments(x, axes, k),
            lambda x, axes=axes, k=k: (x.mean(axes, keepdims=k), x.var(axes, keepdims=k)),
            floats(3, 4, 2),
        )
        for axes in ((0, 2), (0, 1), (0,), (-1,))
        for k in (False, True)
    ),
    *(
        case(
            f"layer_normalization axis={axis}",
            lambda x, gamma, beta, axis=axis: ops.layer_normalization(x, gamma, beta, axis=axis, epsilon=1e-3),
            lambda x, gamma, beta, axis=axis: normalised(x, axis, 1e-3) * gamma + beta,
            floats(3, 4, 5),
            floats(*shape),
            floats(*shape),
        )
        for axis, shape in ((-1, (5,)), (2, (5,)), ((1, 2), (4, 5)), ((-1, -2), (4, 5)))
    ),
    case(
        "layer_normalization of the middle without weights",
        lambda x: ops.layer_normalization(x, axis=1),
        lambda x: normalised(x, 1, 1e-7),
        floats(3, 6, 2),
    ),
    case(
        "layer_normalization with rms_scaling",
        lambda x, gamma: ops.layer_normalization(x, gamma, epsilon=1e-3, rms_scaling=True),
        lambda x, gamma: x / np.sqrt(x.var(-1, keepdims=True) + 1e-3) * gamma,
        floats(3, 6),
        floats(6),
    ),
    *(
        case(
            f"rms_normalization axis={axis}",
            lambda x, scale, axis=axis: ops.rms_normalization(x, scale, axis=axis, epsilon=1e-3),
            lambda x, scale, axis=axis: by_root_mean_square(x, axis, 1e-3) * scale,
            floats(3, 4, 5),
            floats(*shape),
        )
        for axis, shape in ((-1, (5,)), ((1, 2), (4, 5)))
    ),
    *(
        case(
            f"batch_normalization axis={axis}",
            lambda x, mean, variance, offset, scale, axis=axis: ops.batch_normalization(
                x, mean, variance, axis, offset, scale
            ),
            lambda x, mean, variance, offset, scale, axis=axis: (
                (x - along(mean, axis)) / np.sqrt(along(variance, axis) + 1e-3) * along(scale, axis)
                + along(offset, axis)
            ),
            floats(2, 3, 4, 3),
            floats(3),
            floats(3, low=0.5),
            floats(3),
            floats(3),
        )
        for axis in (-1, 1)
    ),
    case(
        "batch_normalization without scale and offset",
        lambda x, mean, variance: ops.batch_normalization(x, mean, variance, -1, epsilon=0.1),
        lambda x, mean, variance: (x - mean) / np.sqrt(variance + 0.1),
        floats(7, 4),
        floats(4),
        floats(4, low=0.5),
    ),
]
