"""The variables of an optimizer: how they are made, listed, given and taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, overload

import numpy as np

from kgraph import initializers
from kgraph.names import auto_name, snake_case
from kgraph.portable import Portable
from kgraph.variable import Variable, variable_scope


class OptimizerVariables(Portable):
    """The variables of an optimizer, in the order they were made.

    Args:
        name: stands before the paths of the variables. Where it is not given the optimizer gets an automatic name, and
            the paths begin with that name's part without a number: the graphs of two models can be compared.
    """

    def __init__(self, name: str | None) -> None:
        kind = snake_case(type(self).__name__)
        self.name = name or auto_name(kind)
        self._scope = name or kind
        self._variables: list[Variable] = []
        self._slots: dict[str, list[Variable]] = {}
        #: The variables being trained, each with its place.
        self._places: dict[Variable, int] = {}

    @property
    def variables(self) -> list[Variable]:
        """``iterations``, the learning rate, then the slots in the order they were made.

        Variables that a subclass made itself, kept as an attribute or in a list, come last.
        """
        return list(dict.fromkeys([*self._variables, *self._own_attributes()]))

    def _own_attributes(self) -> Iterator[Variable]:
        for value in vars(self).values():
            for each in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(each, Variable) and each not in self._places:
                    yield each

    @property
    def slot_groups(self) -> list[list[Variable]]:
        """The slots, those of one name together, in the order of their variables."""
        return [list(slots) for slots in self._slots.values()]

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: str | None = None,
        aggregation: str = "none",
        layout: Any = None,
        name: str | None = None,
    ) -> Variable:
        """A new variable of the optimizer, at the path ``<optimizer>/<name>``.

        Args:
            shape: ints.
            initializer: a name or object.
            dtype: the default float where not given.
            aggregation, layout: how Keras spreads a variable over devices; there is one here.
            name: the last part of the path.
        """
        with variable_scope(self._scope):
            variable = Variable(
                initializers.get(initializer), tuple(shape), dtype, trainable=False, name=name or "variable"
            )
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str | None = None, initializer: Any = "zeros"
    ) -> Variable:
        """A slot: a variable of the shape and dtype of another, called after it."""
        kind = name or "var"
        path = f"{reference_variable.path.replace('/', '_')}_{kind}"
        slot = self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, name=path)
        self._slots.setdefault(kind, []).append(slot)
        return slot

    @overload
    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: str, initializer: Any = "zeros"
    ) -> list[Variable]: ...
    @overload
    def add_optimizer_variables(
        self, trainable_variables: Sequence[Variable], name: list[str] | tuple[str, ...], initializer: Any = "zeros"
    ) -> tuple[list[Variable], ...]: ...
    def add_optimizer_variables(
        self,
        trainable_variables: Sequence[Variable],
        name: str | list[str] | tuple[str, ...],
        initializer: Any = "zeros",
    ) -> Any:
        """A slot of each variable, called after it and ``name``; for several names one list each.

        All slots of a variable are made before those of the next.

        Args:
            trainable_variables: what the slots belong to.
            name: one name, or several.
            initializer: one for all, or one for each name.

        Raises:
            ValueError: there are more names than initializers, or fewer.
        """
        names = [name] if isinstance(name, str) else list(name)
        first = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(first) != len(names):
            raise ValueError(f"optimizer {self.name}: {len(first)} initializers for the slots {', '.join(names)}")
        kinds = list(zip(names, first, strict=True))
        made = [[self.add_variable_from_reference(each, *kind) for kind in kinds] for each in trainable_variables]
        columns = tuple([row[column] for row in made] for column in range(len(names)))
        return columns[0] if isinstance(name, str) else columns

    def get_weights(self) -> list[np.ndarray]:
        """The values of ``variables``."""
        return [variable.numpy() for variable in self.variables]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Gives ``variables`` their values, in order.

        Raises:
            ValueError: the number of values or a shape differs; nothing is changed then.
        """
        variables = self.variables
        if len(weights) != len(variables):
            raise ValueError(f"optimizer {self.name} has {len(variables)} variables, not {len(weights)}")
        arrays = [np.asarray(weight) for weight in weights]
        for variable, array in zip(variables, arrays, strict=True):
            if array.shape != variable.shape:
                raise ValueError(f"variable {variable.path} has shape {variable.shape}, its weights {array.shape}")
        for variable, array in zip(variables, arrays, strict=True):
            variable.assign(array)

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        """Puts the values into ``store``, under ``"0"``, ``"1"``, ... in order."""
        store.update({str(place): value for place, value in enumerate(self.get_weights())})

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        """Takes the values from where ``save_own_variables`` put them.

        Raises:
            ValueError: the number of values or a shape differs; nothing is changed then.
        """
        self.set_weights([store[str(place)] for place in range(len(store))])
