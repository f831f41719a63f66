"""Keras 2's ``K.`` names, for losses, metrics and layers that were written with them.

What has kept its name, arguments and defaults is imported from ``kgraph.ops``; what has another name there is in the
table of new names; what differs in arguments or defaults is a function below. No arithmetic is done here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from typing import Any

from kgraph import activations, ops, random
from kgraph.backend.variables import (
    batch_get_value,
    batch_set_value,
    count_params,
    eval,
    get_value,
    moving_average_update,
    set_value,
    update,
    update_add,
    update_sub,
    variable,
)
from kgraph.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from kgraph.names import reset_names as clear_session
from kgraph.ops import (
    abs,
    all,
    any,
    binary_crossentropy,
    cast,
    categorical_crossentropy,
    cos,
    dot,
    dtype,
    equal,
    exp,
    greater,
    greater_equal,
    is_keras_tensor,
    less,
    less_equal,
    log,
    logsumexp,
    max,
    maximum,
    mean,
    min,
    minimum,
    ndim,
    not_equal,
    ones_like,
    prod,
    reshape,
    round,
    shape,
    sigmoid,
    sign,
    sin,
    softmax,
    softplus,
    softsign,
    sparse_categorical_crossentropy,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    stop_gradient,
    sum,
    tanh,
    tile,
    transpose,
    var,
    zeros_like,
)
from kgraph.ops.operands import Axes, DTypeLike, ShapeLike, TensorLike, rank_of
from kgraph.tensor import Tensor, operand_type, scope, wrap
from kgraph.tensor import lower as lower_into
from kgraph.trace import current_trace
from kgraph.variable import variable_scope

__all__ = [
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "backend",
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_normalization",
    "batch_set_value",
    "bias_add",
    "binary_crossentropy",
    "cast",
    "cast_to_floatx",
    "categorical_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "cos",
    "count_params",
    "cumprod",
    "cumsum",
    "dot",
    "dropout",
    "dtype",
    "elu",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "expand_dims",
    "eye",
    "flatten",
    "floatx",
    "foldl",
    "foldr",
    "gather",
    "get_value",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "image_data_format",
    "in_test_phase",
    "in_top_k",
    "in_train_phase",
    "int_shape",
    "is_keras_tensor",
    "l2_normalize",
    "less",
    "less_equal",
    "log",
    "logsumexp",
    "map_fn",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moving_average_update",
    "name_scope",
    "ndim",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "permute_dimensions",
    "pow",
    "prod",
    "random_bernoulli",
    "random_normal",
    "random_uniform",
    "relu",
    "repeat",
    "repeat_elements",
    "reshape",
    "reverse",
    "round",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "tanh",
    "temporal_padding",
    "tile",
    "transpose",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "var",
    "variable",
    "zeros",
    "zeros_like",
]

# The table of new names.
pow = ops.power
permute_dimensions = ops.transpose
repeat_elements = ops.repeat
reverse = ops.flip
flatten = ops.ravel
elu = ops.elu
random_normal = random.normal
random_uniform = random.uniform
truncated_normal = random.truncated_normal


# --- settings and values ---------------------------------------------------------------------------------------------


@contextmanager
def name_scope(name: str) -> Iterator[None]:
    """Puts ``name`` before the names of nodes, and the paths of variables, that are made inside."""
    with variable_scope(name), scope(name):
        yield


def cast_to_floatx(x: TensorLike) -> TensorLike:
    """``x`` as the default float."""
    return ops.cast(x, floatx())


def constant(
    value: TensorLike, dtype: DTypeLike = None, shape: ShapeLike | None = None, name: str | None = None
) -> TensorLike:
    """``value``, broadcast to ``shape`` where one is given."""
    x = ops.convert_to_tensor(value, dtype or floatx())
    return x if shape is None else ops.broadcast_to(x, shape)


def int_shape(x: TensorLike) -> tuple[int | None, ...]:
    """The shape, with ``None`` where it is unknown."""
    return tuple(dim if isinstance(dim, int) else None for dim in operand_type(x).shape)


def zeros(shape: ShapeLike, dtype: DTypeLike = None, name: str | None = None) -> TensorLike:
    """Zeros."""
    return ops.zeros(shape, dtype)


def ones(shape: ShapeLike, dtype: DTypeLike = None, name: str | None = None) -> TensorLike:
    """Ones."""
    return ops.ones(shape, dtype)


def eye(size: int, dtype: DTypeLike = None, name: str | None = None) -> TensorLike:
    """The identity matrix."""
    return ops.eye(size, dtype=dtype)


def arange(start: int, stop: int | None = None, step: int = 1, dtype: DTypeLike = "int32") -> TensorLike:
    """``start``, ``start + step``, ... below ``stop``."""
    return ops.arange(start, stop, step, dtype)


# --- elements and reductions -----------------------------------------------------------------------------------------


def clip(x: TensorLike, min_value: TensorLike, max_value: TensorLike) -> TensorLike:
    """``x`` between the bounds."""
    return ops.clip(x, min_value, max_value)


def relu(x: TensorLike, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> TensorLike:
    """``x`` from ``threshold`` on and at most ``max_value``; ``alpha * (x - threshold)`` below."""
    return activations.relu(x, alpha, max_value, threshold)


def hard_sigmoid(x: TensorLike) -> TensorLike:
    """``min(max(0.2 * x + 0.5, 0), 1)``, as Keras 2 has it."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def argmax(x: TensorLike, axis: int = -1) -> TensorLike:
    """Where the largest element stands along ``axis``."""
    return ops.argmax(x, axis)


def argmin(x: TensorLike, axis: int = -1) -> TensorLike:
    """Where the smallest element stands along ``axis``."""
    return ops.argmin(x, axis)


def cumsum(x: TensorLike, axis: int = 0) -> TensorLike:
    """Running sums along ``axis``."""
    return ops.cumsum(x, axis)


def cumprod(x: TensorLike, axis: int = 0) -> TensorLike:
    """Running products along ``axis``."""
    return ops.cumprod(x, axis)


def l2_normalize(x: TensorLike, axis: Axes = None) -> TensorLike:
    """``x / sqrt(max(sum(square(x)), 1e-12))`` along ``axis``."""
    return ops.normalize(x, axis, order=2, epsilon=1e-6)


def bias_add(x: TensorLike, bias: TensorLike, data_format: str | None = None) -> TensorLike:
    """``x`` plus a vector along its channels.

    Raises:
        ValueError: the bias is no vector.
    """
    if rank_of(bias) != 1:
        raise ValueError(f"K.bias_add: bias must be a vector, not of {rank_of(bias)} dimensions")
    channels_first = (data_format or image_data_format()) == "channels_first"
    return ops.add(x, ops.expand_dims(bias, list(range(1, rank_of(x) - 1))) if channels_first else bias)


def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    var: TensorLike,
    beta: TensorLike,
    gamma: TensorLike,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> TensorLike:
    """``(x - mean) / sqrt(var + epsilon) * gamma + beta``, where each is a vector along ``axis``."""
    return ops.batch_normalization(x, mean, var, axis, beta, gamma, epsilon)


# --- shapes and indices ----------------------------------------------------------------------------------------------


def concatenate(tensors: Sequence[TensorLike], axis: int = -1) -> TensorLike:
    """The tensors one after another along ``axis``."""
    return ops.concatenate(tensors, axis)


def expand_dims(x: TensorLike, axis: int = -1) -> TensorLike:
    """``x`` with a new dimension of 1 at ``axis``."""
    return ops.expand_dims(x, axis)


def batch_flatten(x: TensorLike) -> TensorLike:
    """``x`` with all dimensions after the first made one."""
    return ops.reshape(x, (ops.shape(x)[0], -1))


def repeat(x: TensorLike, n: int) -> TensorLike:
    """Each row ``n`` times: ``(samples, d) -> (samples, n, d)``."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def gather(reference: TensorLike, indices: TensorLike) -> TensorLike:
    """Rows of ``reference`` by index."""
    return ops.take(reference, indices, axis=0)


def one_hot(indices: TensorLike, num_classes: int) -> TensorLike:
    """1 at each index along a new last axis, 0 elsewhere."""
    return ops.one_hot(indices, num_classes)


def in_top_k(predictions: TensorLike, targets: TensorLike, k: int) -> TensorLike:
    """Whether each target is among the ``k`` classes predicted most."""
    return ops.in_top_k(targets, predictions, k)


def batch_dot(x: TensorLike, y: TensorLike, axes: int | Sequence[int] | None = None) -> TensorLike:
    """For each sample the sum over an axis of ``x`` and one of ``y``, which the result loses: ``(samples, 1)`` or more.

    ``axes`` is one axis of both or one of each; the last of ``x`` and the last but one of ``y`` where not given.
    """
    if axes is None:
        axes = (rank_of(x) - 1, rank_of(y) - 2 if rank_of(y) > 2 else rank_of(y) - 1)
    pair = list(axes) if isinstance(axes, Iterable) else [axes, axes]
    left, right = (ops.moveaxis(one, axis, -1) for one, axis in zip((x, y), pair, strict=True))
    letters = iter("abcdefghijklmnopqrstuvw")
    rows, columns = ("".join(next(letters) for _ in range(rank_of(one) - 2)) for one in (left, right))
    product = ops.einsum(f"x{rows}z,x{columns}z->x{rows}{columns}", left, right)
    return ops.expand_dims(product, -1) if rank_of(product) == 1 else product


def temporal_padding(x: TensorLike, padding: tuple[int, int] = (1, 1)) -> TensorLike:
    """``x`` with steps of zeros before and after: ``(samples, steps, d)``."""
    return ops.pad(x, ((0, 0), padding, (0, 0)))


# --- loops -----------------------------------------------------------------------------------------------------------


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: DTypeLike = None) -> Any:
    """``fn`` of each slice of ``elems`` along the first axis."""
    results = ops.map(fn, elems)
    return results if dtype is None else ops.cast(results, dtype)


def foldl(fn: Callable[[Any, Any], Any], elems: TensorLike, initializer: Any = None, name: str | None = None) -> Any:
    """``fn(total, x)`` for each slice ``x`` of ``elems``, first to last, from ``initializer`` or the first one on."""
    return _folded(fn, ops.unstack(elems), initializer)


def foldr(fn: Callable[[Any, Any], Any], elems: TensorLike, initializer: Any = None, name: str | None = None) -> Any:
    """``foldl`` from the last slice to the first."""
    return _folded(fn, ops.unstack(elems)[::-1], initializer)


def _folded(fn: Callable[[Any, Any], Any], slices: list[TensorLike], initializer: Any) -> Any:
    return reduce(fn, slices) if initializer is None else reduce(fn, slices, initializer)


# --- choices ---------------------------------------------------------------------------------------------------------


def switch(condition: TensorLike, then_expression: Any, else_expression: Any) -> TensorLike:
    """The first where the condition holds, else the second; both are tensors, or functions that give them.

    A condition of lower rank holds for all that stands behind its elements.
    """
    yes, no = (choice() if callable(choice) else choice for choice in (then_expression, else_expression))
    missing = rank_of(yes) - rank_of(condition)
    if rank_of(condition) and missing > 0:
        condition = ops.expand_dims(condition, list(range(-missing, 0)))
    return ops.where(condition, yes, no)


def in_train_phase(x: Any, alt: Any, training: bool | None = None) -> Any:
    """``x`` in training, else ``alt``; both are tensors, or functions that give them."""
    trace = current_trace()
    if training is None and trace is not None and trace.training is None:
        return trace.by_phase(lambda: in_train_phase(x, alt), _choose)
    chosen = x if (trace is not None and trace.training if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: Any, alt: Any, training: bool | None = None) -> Any:
    """``alt`` in training, else ``x``."""
    return in_train_phase(alt, x, training)


def _choose(train: TensorLike, test: TensorLike) -> Tensor:
    trace = current_trace()
    assert trace is not None
    return wrap(trace.choose(lower_into(trace, train), lower_into(trace, test)))


# --- random numbers --------------------------------------------------------------------------------------------------


def random_bernoulli(
    shape: ShapeLike, p: float = 0.0, dtype: DTypeLike = None, seed: int | None = None
) -> TensorLike:
    """1 with probability ``p``, else 0."""
    return ops.cast(ops.less(random.uniform(shape, seed=seed), p), dtype or floatx())


def dropout(
    x: TensorLike, level: float, noise_shape: ShapeLike | None = None, seed: int | None = None
) -> TensorLike:
    """``x / (1 - level)`` with elements made 0 at that rate."""
    return random.dropout(x, level, noise_shape, seed)
