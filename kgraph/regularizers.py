"""Regularizers: functions of a weight (or of a layer's output) that give a scalar penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kgraph import ops
from kgraph.arguments import number, one_of
from kgraph.broadcasting import shape_text
from kgraph.ops.operands import TensorLike, shape_of
from kgraph.registry import Configurable, Identifier, Named, Vocabulary


class Regularizer(Configurable):
    """The base of regularizers. A subclass writes ``__call__``, and keeps its arguments as attributes."""

    def __call__(self, x: TensorLike) -> TensorLike:
        """The penalty of ``x``, a scalar."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(x)")


class L1L2(Regularizer):
    """``l1 * sum(abs(x)) + l2 * sum(square(x))``.

    Raises:
        ValueError: a factor is negative or not finite.
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor("l1", l1)
        self.l2 = _factor("l2", l2)

    def __call__(self, x: TensorLike) -> TensorLike:
        penalties = []
        if self.l1:
            penalties.append(ops.multiply(ops.sum(ops.absolute(x)), self.l1))
        if self.l2:
            penalties.append(ops.multiply(ops.sum(ops.square(x)), self.l2))
        return sum(penalties[1:], penalties[0]) if penalties else ops.zeros((), ops.dtype(x))


class L1(L1L2):
    """``l1 * sum(abs(x))``."""

    def __init__(self, l1: float | None = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)


class L2(L1L2):
    """``l2 * sum(square(x))``."""

    def __init__(self, l2: float | None = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)


class OrthogonalRegularizer(Regularizer):
    """``factor`` times the mean of ``|cosine|`` over all pairs of rows (or columns) of a matrix: 0 at right angles.

    Args:
        factor: of the penalty.
        mode: ``rows`` or ``columns``.

    Raises:
        ValueError: ``factor`` is negative or not finite, ``mode`` is another word, or the weight is no matrix.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor("factor", factor)
        self.mode = one_of("mode", mode, ("rows", "columns"))

    def __call__(self, x: TensorLike) -> TensorLike:
        shape = shape_of(x)
        if len(shape) != 2:
            raise ValueError(f"OrthogonalRegularizer is of matrices, not of a weight of shape {shape_text(shape)}")
        rows = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        cosine = ops.absolute(ops.matmul(rows, ops.transpose(rows)))
        count = ops.shape(rows)[0]
        other = ops.not_equal(ops.expand_dims(ops.arange(count), -1), ops.arange(count))
        pairs = ops.sum(ops.cast(other, ops.dtype(cosine)))
        return ops.multiply(ops.divide_no_nan(ops.sum(ops.where(other, cosine, 0.0)), pairs), self.factor)


def _factor(name: str, value: Any) -> float:
    factor = 0.0 if value is None else float(number(name, value))
    if not 0.0 <= factor < float("inf"):
        raise ValueError(f"{name} must be 0 or more, and finite, not {value!r}")
    return factor


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

_vocabulary = Vocabulary(
    "regularizer", "keras.regularizers", (L1, L2, L1L2, OrthogonalRegularizer), aliases={"l1_l2": L1L2}
)


def get(identifier: Identifier) -> Any:
    """The regularizer that a name, config, class or function means; ``None`` for ``None``.

    Raises:
        ValueError: it means none.
    """
    return _vocabulary.get(identifier)


def serialize(regularizer: Any) -> Any:
    """The config of a regularizer."""
    return _vocabulary.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Named] | None = None) -> Any:
    """The regularizer that a config describes.

    Raises:
        ValueError: it is unknown.
    """
    return _vocabulary.deserialize(config, custom_objects)
