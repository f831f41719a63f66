"""The weights of a layer: making them, finding them, and their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Final

import numpy as np

from kgraph import constraints, dtype_policies, initializers, regularizers
from kgraph.layers.scopes import layer_scope
from kgraph.layers.tracking import Tracked, unique
from kgraph.tensor import as_array
from kgraph.trace import no_trace
from kgraph.variable import Variable, note_trainable_change

#: What a layer's arguments may say of a weight, as ``<weight>_<option>``, and what has the objects of that kind.
_OPTIONS: Final[Mapping[str, ModuleType]] = {
    "initializer": initializers,
    "regularizer": regularizers,
    "constraint": constraints,
}


class Weighted(Tracked):
    """What a layer is to its weights; ``Layer`` adds calls."""

    name: str
    dtype: str
    _trainable: bool

    def add_weight(
        self,
        shape: Sequence[int] | int | None = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> Variable:
        """A new weight of the layer.

        Args:
            shape: ints; ``()`` where not given.
            initializer: a name or object; ``glorot_uniform`` for floats where not given, else zeros.
            dtype: the layer's where not given.
            trainable: ``False`` for statistics and counters.
            autocast: accepted for Keras; a weight keeps its dtype.
            regularizer: a penalty that compile adds to the loss.
            constraint: a projection applied after each update.
            name: the last part of the weight's path.

        Raises:
            TypeError: an argument is not known.
            ValueError: a dimension is not known.
        """
        kwargs.pop("aggregation", None)
        if kwargs:
            raise TypeError(f"add_weight has no argument {', '.join(map(repr, kwargs))}")
        shape = (shape,) if isinstance(shape, int) else tuple(shape or ())
        name = name or f"variable{len(self._own_variables()) or ''}"
        if None in shape:
            raise ValueError(f"layer {self.name}: weight {name} needs known dimensions, but has shape {shape}")
        dtype = dtype_policies.get(dtype or self.dtype).name
        default = "glorot_uniform" if dtype.startswith("float") else "zeros"
        with no_trace(), layer_scope(self):
            variable = Variable(
                initializers.get(initializer if initializer is not None else default),
                shape=shape,
                dtype=dtype,
                trainable=trainable,
                name=name,
                regularizer=regularizers.get(regularizer),
                constraint=constraints.get(constraint),
            )
        self._added = [*self.__dict__.get("_added", ()), variable]
        return variable

    add_variable = add_weight

    def _keep_options(self, weight: str, initializer: Any, regularizer: Any, constraint: Any) -> None:
        """Keeps what the arguments say of a weight as ``<weight>_initializer`` and so on."""
        given = {"initializer": initializer, "regularizer": regularizer, "constraint": constraint}
        for option, kind in _OPTIONS.items():
            setattr(self, f"{weight}_{option}", kind.get(given[option]))

    def _add_weight_with_options(self, weight: str, shape: Sequence[int], initializer: Any = None) -> Variable:
        """The weight that ``_keep_options`` was told of; ``initializer`` in place of the one kept."""
        options = {option: getattr(self, f"{weight}_{option}") for option in _OPTIONS}
        options["initializer"] = initializer or options["initializer"]
        return self.add_weight(shape, name=weight, **options)

    def _config_of_options(self, *weights: str) -> dict[str, Any]:
        """What ``_keep_options`` was told, as a config has it."""
        return {
            f"{weight}_{option}": kind.serialize(getattr(self, f"{weight}_{option}"))
            for option, kind in _OPTIONS.items()
            for weight in weights
        }

    @property
    def trainable(self) -> bool:
        """Whether the weights of this layer and those inside it are trained."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        note_trainable_change()
        for layer in self._inside:
            layer.trainable = value

    @property
    def _inside(self) -> list[Weighted]:
        """The layers directly inside this one."""
        return [layer for layer in self._sublayers() if isinstance(layer, Weighted)]

    @property
    def variables(self) -> list[Variable]:
        """Every variable, seeds and metric state included."""
        inside = [variable for layer in self._sublayers() for variable in layer.variables]
        return unique(self._own_variables() + self._seed_variables() + inside)

    @property
    def weights(self) -> list[Variable]:
        """Weights and statistics of this layer, then of the layers inside it."""
        return unique(self._own_variables() + [w for layer in self._inside for w in layer.weights])

    @property
    def trainable_weights(self) -> list[Variable]:
        """The weights that are trained: none where the layer is frozen."""
        if not self.trainable:
            return []
        own = [v for v in self._own_variables() if v.leaf_op == "param" and v.trainable]
        return unique(own + [w for layer in self._inside for w in layer.trainable_weights])

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other weights."""
        trained = {id(weight) for weight in self.trainable_weights}
        return [weight for weight in self.weights if id(weight) not in trained]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self) -> list[np.ndarray]:
        """Copies of ``weights``, in order."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Gives ``self.weights`` new values; nothing is changed where any does not fit.

        Raises:
            ValueError: the count or a shape differs.
        """
        own = self.weights
        if len(own) != len(weights):
            raise ValueError(f"layer {self.name} has {len(own)} weights, but {len(weights)} values were given")
        arrays = [as_array(value) for value in weights]
        for variable, array in zip(own, arrays, strict=True):
            if variable.shape != array.shape:
                raise ValueError(f"weight {variable.path} has shape {variable.shape}, not {array.shape}")
        for variable, array in zip(own, arrays, strict=True):
            variable.assign(array)

    def count_params(self) -> int:
        """The number of numbers in ``weights``."""
        return sum(int(np.prod(weight.shape, dtype=np.int64)) for weight in self.weights)
