"""The base of all losses, and the one that wraps a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kgraph import config, dtype_policies, ops, tree
from kgraph.losses.reduction import (
    both_masks,
    mask_of,
    reduce_weighted_values,
    squeeze_or_expand_to_same_rank,
    standardize_reduction,
)
from kgraph.names import auto_name, snake_case
from kgraph.ops.operands import TensorLike, as_float
from kgraph.portable import Portable
from kgraph.registry import deserialize_keras_object, serialize_keras_object
from kgraph.tensor import Tensor, cast, operand_type, scope
from kgraph.types import DTYPES, short_dtype
from kgraph.variable import Variable


class Loss(Portable):
    """A loss of targets and predictions. Subclasses write ``call(y_true, y_pred)``: one value for each sample.

    Args:
        name: made from the class's name where not given.
        reduction: ``"sum_over_batch_size"``, ``"mean"``, ``"sum"``, ``"mean_with_sample_weight"``, ``"none"`` or
            ``None``: see ``reduction.reduce_values``. ``"auto"`` is ``"sum_over_batch_size"`` when the loss is called
            by itself, and leaves the choice to the model's ``weighting`` when it is compiled.
        dtype: of the computation; that of the predictions where not given.

    Attributes:
        reduction: what ``__call__`` does with the values, never ``"auto"``.
        explicit_reduction: whether ``reduction`` was anything but ``"auto"``.

    Raises:
        ValueError: ``reduction`` is not one.
    """

    def __init__(self, name: str | None = None, reduction: str | None = "auto", dtype: Any = None) -> None:
        self.name = name or auto_name(snake_case(type(self).__name__))
        self.explicit_reduction = reduction != "auto"
        self.reduction = standardize_reduction(reduction if self.explicit_reduction else "sum_over_batch_size")
        self._dtype = None if dtype is None else short_dtype(dtype_policies.get(dtype).name)

    @property
    def dtype(self) -> str:
        """The dtype asked for, else the default float."""
        return config.floatx() if self._dtype is None else DTYPES[self._dtype]

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
        """A value for each sample (and timestep, for sequences): the last axis is reduced, no other."""
        raise NotImplementedError(f"{type(self).__name__} has no `call`")

    def __call__(self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> TensorLike:
        """The values of ``call`` times the weights and the masks of ``y_pred`` and of the values, reduced."""
        mask = mask_of(y_pred)
        with scope(self.name):
            values = self.unreduced(y_true, y_pred)
            return reduce_weighted_values(values, sample_weight, both_masks(mask, mask_of(values)), self.reduction)

    def unreduced(self, y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
        """The values of ``call``, computed in the loss's dtype."""
        y_pred = _each(self._as_float, y_pred)
        dtype = operand_type(tree.flatten(y_pred)[0]).dtype
        return self.call(_each(lambda x: cast(ops.convert_to_tensor(x), dtype), y_true), y_pred)

    def _as_float(self, x: TensorLike) -> TensorLike:
        x = ops.convert_to_tensor(x)
        return as_float(x) if self._dtype is None else cast(x, self._dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss. A reduction that was not chosen is left out, so it stays open."""
        return {"name": self.name, **({"reduction": self.reduction} if self.explicit_reduction else {})}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The loss that ``get_config`` describes."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def _each(function: Callable[[Any], Any], structure: Any) -> Any:
    """``function`` of every tensor of a list or dict; nested lists of numbers are one tensor."""
    if isinstance(structure, Mapping):
        return tree.map_structure(function, structure)
    leaves = tree.flatten(structure)
    if isinstance(structure, (list, tuple)) and any(isinstance(x, (Tensor, Variable, np.ndarray)) for x in leaves):
        return tree.map_structure(function, structure)
    return function(structure)


class LossFunctionWrapper(Loss):
    """A function ``fn(y_true, y_pred, **kwargs)`` as a loss.

    Args:
        fn: gives one value for each sample.
        kwargs: given to ``fn`` at each call.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        reduction: str | None = "auto",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> TensorLike:
        y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **function_config(type(self), self.fn, self._fn_kwargs)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return cls(**deserialize_keras_object(config))


def function_config(wrapper: type, fn: Callable[..., Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What the config of a ``wrapper`` says of its function: which one, where that is an argument, and its options."""
    takes_fn = "fn" in inspect.signature(wrapper).parameters
    # Axes as a list: Keras's losses read configs as they are, and a tuple would be written as an object.
    options = {name: list(value) if isinstance(value, tuple) else value for name, value in kwargs.items()}
    return serialize_keras_object({"fn": fn, **options} if takes_fn else options)
