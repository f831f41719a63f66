"""The base of all metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from kgraph import config, dtype_policies, initializers
from kgraph.arguments import one_of
from kgraph.layers.tracking import Tracked, unique
from kgraph.names import auto_name, snake_case
from kgraph.trace import no_trace
from kgraph.variable import Variable, variable_scope

#: What ``aggregation=`` may be.
AGGREGATIONS: Final = ("sum", "mean", "only_first_replica", "none", None)


class Metric(Tracked):
    """A number about a model that is gathered over batches.

    Subclasses make state by ``add_variable``, and write ``update_state(y_true, y_pred, sample_weight=None)`` and
    ``result()`` over ``kgraph.ops``. In a trace the assignments become updates of the graph, and ``result`` reads the
    state that ``update_state`` before it left.

    Args:
        dtype: of the state and the result; the default float where not given.
        name: made from the class's name where not given.
    """

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or auto_name(snake_case(type(self).__name__))
        self._dtype = dtype_policies.get(dtype or config.floatx()).name
        self._initial: list[tuple[Variable, np.ndarray]] = []

    @property
    def dtype(self) -> str:
        return self._dtype

    def add_variable(
        self,
        shape: Sequence[int] = (),
        initializer: Any = "zeros",
        dtype: Any = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """A new variable of the metric's state.

        Args:
            shape: ints.
            initializer: a name or object; the value that ``reset_state`` comes back to.
            dtype: the metric's where not given.
            aggregation: how replicas of the state would be joined; there is one, so that any of Keras's words will do.
            name: the last part of the variable's path.

        Raises:
            ValueError: ``aggregation`` is no such word.
        """
        one_of("aggregation", aggregation, AGGREGATIONS)
        with no_trace(), variable_scope(self.name):
            variable = Variable(
                initializers.get(initializer),
                shape=tuple(shape),
                dtype=dtype_policies.get(dtype or self.dtype).name,
                trainable=False,
                name=name or f"variable{len(self._initial) or ''}",
            )
        self._initial.append((variable, variable.numpy()))
        return variable

    def add_weight(
        self, shape: Sequence[int] = (), initializer: Any = "zeros", dtype: Any = None, name: str | None = None
    ) -> Variable:
        """The same as ``add_variable``."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[Variable]:
        """The state of this metric, then that of metrics set on it as attributes."""
        return unique(self._own_variables() + [v for metric in self._sublayers() for v in metric.variables])

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Takes a batch into the state."""
        raise NotImplementedError(f"{type(self).__name__} has no `update_state`")

    def result(self) -> Any:
        """The metric's value: a scalar (or vector) computed from the state."""
        raise NotImplementedError(f"{type(self).__name__} has no `result`")

    def reset_state(self) -> None:
        """Gives all state its initial value, at once."""
        with no_trace():
            for variable, value in self._initial:
                variable.assign(value)
            for metric in self._sublayers():
                metric.reset_state()

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The state after a batch, where it was ``metric_variables`` before; the metric's own stays as it is.

        Raises:
            ValueError: there are not as many values as ``variables``.
        """
        with self._holding(metric_variables):
            self.update_state(*args, **kwargs)
            return [variable.value for variable in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result of the state ``metric_variables``.

        Raises:
            ValueError: there are not as many values as ``variables``.
        """
        with self._holding(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """The state after a reset; the metric's own stays as it is."""
        with no_trace(), self._holding([variable.value for variable in self.variables]):
            self.reset_state()
            return [variable.value for variable in self.variables]

    @contextmanager
    def _holding(self, values: Sequence[Any]) -> Iterator[None]:
        """Inside, the state is ``values``."""
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(f"metric {self.name} has {len(variables)} variables, but {len(values)} values were given")
        before = [variable.value for variable in variables]
        try:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            yield
        finally:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """``update_state``, then ``result``."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric, without its state."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The metric that ``get_config`` describes."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
