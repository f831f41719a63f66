"""Sums and means over batches, and functions averaged by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kgraph import ops
from kgraph.losses.constructor import constructor
from kgraph.losses.loss import function_config
from kgraph.losses.reduction import apply_mask, mask_of, squeeze_or_expand_to_same_rank
from kgraph.metrics.metric import Metric
from kgraph.ops.operands import TensorLike, rank_of, shape_of
from kgraph.registry import deserialize_keras_object
from kgraph.tensor import apply, cast, named
from kgraph.types import short_dtype
from kgraph.variable import Variable

#: ``ops.sum`` or ``ops.mean``.
Reduce = Callable[..., Any]


def reduce_to_samplewise_values(
    values: TensorLike, sample_weight: TensorLike | None, reduce: Reduce, dtype: str
) -> tuple[TensorLike, TensorLike | None]:
    """A value, and a weight where weights are given, for each sample; the values times the weights.

    Values with more axes than the weights lose them by ``reduce`` before they are weighted; then all axes but the
    first go, of values and weights alike. A mask that ``values`` carries is part of the weights.

    Shapes ``(n, ...), (n, ...) -> (n,), (n,)``.
    """
    short = short_dtype(dtype)
    sample_weight = apply_mask(sample_weight, mask_of(values), short, "sum")
    values = cast(ops.convert_to_tensor(values), short)
    if sample_weight is None:
        return _reduce_from(1, values, reduce), None
    sample_weight = cast(ops.convert_to_tensor(sample_weight), short)
    values, sample_weight = squeeze_or_expand_to_same_rank(values, sample_weight)
    values = _reduce_from(rank_of(sample_weight), values, reduce)
    # A weight that broadcasts counts as often as it is used.
    sample_weight = ops.broadcast_to(sample_weight, ops.shape(values))
    values = named(ops.multiply(values, sample_weight), "weighted")
    return _reduce_from(1, values, reduce), _reduce_from(1, sample_weight, reduce)


def _reduce_from(first: int, x: TensorLike, reduce: Reduce) -> TensorLike:
    """``x`` without its axes from ``first`` on."""
    return reduce(x, axis=list(range(first, rank_of(x)))) if rank_of(x) > first else x


def advance(variable: Variable, amount: TensorLike) -> None:
    """Adds ``amount`` to a state; the node that holds the sum is called ``new_<state>``."""
    named(variable.assign_add(amount), f"new_{variable.name}")


class Sum(Metric):
    """The sum of values, weighted where weights are given. State: ``total``."""

    def __init__(self, name: str | None = "sum", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable(name="total")

    def update_state(self, values: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Adds a batch: values ``(n, ...)``, weights of as many axes or fewer."""
        values, _ = reduce_to_samplewise_values(values, sample_weight, ops.sum, self.dtype)
        advance(self.total, ops.sum(values))

    def result(self) -> Any:
        """``total``."""
        return self.total.value


class Mean(Metric):
    """The mean of values, weighted where weights are given: ``sum(v * w) / sum(w)``. State: ``total``, ``count``."""

    def __init__(self, name: str | None = "mean", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def update_state(self, values: TensorLike, sample_weight: TensorLike | None = None) -> None:
        """Adds a batch: values ``(n, ...)``, weights of as many axes or fewer. A sample is averaged first."""
        values, weights = reduce_to_samplewise_values(values, sample_weight, ops.mean, self.dtype)
        advance(self.total, ops.sum(values))
        advance(self.count, _number_of(values, self.dtype) if weights is None else ops.sum(weights))

    def result(self) -> Any:
        """``total / count``; 0 before the first batch."""
        return named(ops.divide_no_nan(self.total, self.count), "result")


def _number_of(values: TensorLike, dtype: str) -> TensorLike:
    """How many samples there are: the first dimension, or 1 for a scalar."""
    shape = shape_of(values)
    return named(apply("size", of=shape[0] if shape else 1, dtype=short_dtype(dtype)), "samples")


class MeanMetricWrapper(Mean):
    """The mean over all samples of a function ``fn(y_true, y_pred, **kwargs)``. A mask of ``y_pred`` is a weight.

    Args:
        fn: gives a value for each sample, or each element of each sample.
        kwargs: given to ``fn`` at each call.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._fn_kwargs = kwargs

    def update_state(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> None:  # type: ignore[override]
        """Adds a batch of targets and predictions."""
        values = self._fn(y_true, y_pred, **self._fn_kwargs)
        super().update_state(values, apply_mask(sample_weight, mask_of(y_pred), self.dtype, "sum"))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **function_config(type(self), self._fn, self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**deserialize_keras_object(config))


def mean_of(function: Callable[..., Any], order: str = "", **defaults: Any) -> Callable[..., None]:
    """``__init__`` of a ``MeanMetricWrapper`` of ``function``; see ``losses.constructor``."""
    return constructor(function, order, MeanMetricWrapper, **defaults)
