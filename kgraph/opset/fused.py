"""Products with what a layer does next, in one kernel: they never leave the cache in between.

Nothing emits these ops but the passes that fuse, once gradients are there; they have their rules all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from kgraph.dims import Shape
from kgraph.op import Attrs, Call, Draw, Lower, OpError, Sample, define, draw, sample
from kgraph.opset.flops import product
from kgraph.opset.tiles import product_call
from kgraph.types import TensorType

#: What ``dense`` applies to its sums; the places are the kernel's numbers, ``kg_finish`` in csrc/kinds/matmul.h.
ACTIVATIONS: Final = ("linear", "relu", "sigmoid", "tanh")

_REFERENCES: Final[Mapping[str, Callable[[np.ndarray], np.ndarray]]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 0.5 * (1 + np.tanh(0.5 * x)),
    "tanh": np.tanh,
}
#: m, n, k: some for each method of the kernel, and the edges of its tiles.
_EMPTY: Final = ((0, 3, 2), (3, 0, 2), (3, 2, 0))
_SIZES: Final = (*_EMPTY, (3, 4, 5), (1, 1, 1), (33, 1, 70), (1, 20, 7), (9, 33, 65), (60, 70, 390))


def _dense(a: np.ndarray, b: np.ndarray, bias: np.ndarray, *, activation: str) -> np.ndarray:
    return _REFERENCES[activation](a @ b + bias)


def _infer_dense(inputs: Sequence[TensorType], attrs: Attrs) -> Shape:
    if attrs["activation"] not in ACTIVATIONS:
        raise OpError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {attrs['activation']!r}")
    return (inputs[0].shape[0], inputs[1].shape[1])


def _lower_dense(kernel: str) -> Lower:
    def lower(inputs: Sequence[TensorType], output: TensorType, attrs: Attrs) -> Call:
        return product_call(kernel, output, inputs[0].known_shape[1], ACTIVATIONS.index(attrs["activation"]))

    return lower


def _before_activation(g: Any) -> Any:
    """The adjoint of the sums."""
    activation = g.attrs["activation"]
    return g.dy if activation == "linear" else getattr(g, f"{activation}_grad")(g.out, g.dy)


def _small(*shape: int) -> Draw:
    """Numbers of which sums are not far from where the activations bend."""
    return draw(*shape, low=-0.5, high=0.5)


def _dense_samples() -> tuple[Sample, ...]:
    return tuple(
        sample(_small(m, k), _small(k, n), _small(n), activation=activation)
        for m, n, k in _SIZES
        for activation in (ACTIVATIONS if k <= 70 else ("linear", "relu"))
    )


define(
    "dense(a: T[m,k], b: T[k,n], bias: T[n]; activation: str) -> T[?]",
    "`activation(a @ b + bias)`; activation is linear, relu, sigmoid or tanh.",
    grad=(
        lambda g: g.matmul_nt(_before_activation(g), g.b),
        lambda g: g.matmul_tn(g.a, _before_activation(g)),
        lambda g: g.sum(_before_activation(g), axes=[0]),
    ),
    reference=_dense,
    samples=_dense_samples(),
    infer=_infer_dense,
    lower=_lower_dense("dense"),
    flops=product(1, after=2),
)


def _dense_residual(
    a: np.ndarray, b: np.ndarray, bias: np.ndarray, residual: np.ndarray, *, activation: str
) -> np.ndarray:
    return _REFERENCES[activation](a @ b + bias + residual)


define(
    "dense_residual(a: T[m,k], b: T[k,n], bias: T[n], residual: T[m,n]; activation: str) -> T[?]",
    "`activation(a @ b + bias + residual)`; activation as of `dense`.",
    grad=(
        lambda g: g.matmul_nt(_before_activation(g), g.b),
        lambda g: g.matmul_tn(g.a, _before_activation(g)),
        lambda g: g.sum(_before_activation(g), axes=[0]),
        _before_activation,
    ),
    reference=_dense_residual,
    samples=tuple(
        sample(_small(m, k), _small(k, n), _small(n), _small(m, n), activation=activation)
        for m, n, k in _SIZES
        for activation in (ACTIVATIONS if k <= 65 else ("linear", "relu"))
    ),
    infer=_infer_dense,
    lower=_lower_dense("dense_residual"),
    flops=product(1, after=3),
)


def _matmul_nt_relu_grad(dy: np.ndarray, b: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.where(y > 0, dy @ b.T, 0)


define(
    "matmul_nt_relu_grad(dy: T[m,k], b: T[n,k], y: T[m,n]) -> T[m,n]",
    "The adjoint of `relu`'s operand where its result `y` went into a product with `b`: `dy @ bᵀ` if `y > 0`, else 0.",
    grad=(
        lambda g: g.matmul(g.relu_grad(g.y, g.dy), g.b),
        lambda g: g.matmul_tn(g.relu_grad(g.y, g.dy), g.inputs[0]),
        None,
    ),
    reference=_matmul_nt_relu_grad,
    samples=tuple(sample(_small(m, k), _small(n, k), draw(m, n)) for m, n, k in _SIZES),
    lower=lambda inputs, output, attrs: product_call("matmul_nt_relu_grad", output, inputs[0].known_shape[1]),
    flops=product(1, after=1),
)
