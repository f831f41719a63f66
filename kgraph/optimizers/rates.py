"""The pace of an optimizer: its learning rate, and the steps it has made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias, TypeVar

from kgraph import config, initializers, ops
from kgraph.arguments import is_int, number
from kgraph.optimizers.state import OptimizerVariables
from kgraph.registry import serialize_keras_object
from kgraph.tensor import named, scope
from kgraph.variable import Variable

Shared = TypeVar("Shared")
#: ``step -> learning rate``, of tensors; or a function of nothing that gives the rate.
Schedule: TypeAlias = Callable[..., Any]
#: What an optimizer takes as learning rate.
Rate: TypeAlias = "float | Schedule"

_BY_POSITION: Final = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL,
)


class Paced(OptimizerVariables):
    """Variables of an optimizer that counts its steps, and makes them at a learning rate.

    Args:
        name: stands before the paths of the variables.
        learning_rate: a number or a schedule.
        time_decay: by which the rate becomes ``learning_rate / (1 + time_decay * iterations)``.
        accumulated: how many gradients make a step; ``None`` for one.

    Raises:
        ValueError: ``time_decay`` is negative, or ``accumulated`` no number from 2 on.
    """

    def __init__(self, name: str | None, learning_rate: Rate, time_decay: float, accumulated: int | None) -> None:
        super().__init__(name)
        if number("decay", time_decay) < 0:
            raise ValueError(f"decay must be 0 or more, not {time_decay}")
        if accumulated and (not is_int(accumulated) or accumulated < 2):
            raise ValueError(f"gradient_accumulation_steps must be an int of at least 2, or None, not {accumulated!r}")
        self.gradient_accumulation_steps = accumulated
        self._time_decay = time_decay
        self._shared: dict[Any, Any] | None = None
        self._iterations = self.add_variable((), dtype="int64", name="iterations")
        self._learning_rate: Variable | Schedule = (
            learning_rate if callable(learning_rate) else self._rate_variable(learning_rate)
        )

    def _rate_variable(self, learning_rate: float) -> Variable:
        constant = initializers.Constant(_as_rate(learning_rate))
        return self.add_variable((), initializer=constant, dtype=config.floatx(), name="learning_rate")

    @property
    def learning_rate(self) -> Any:
        """The variable that holds the learning rate, or what the schedule gives for the step to come.

        Assigning a number takes effect at the next step, compiled or not. Assigning a schedule takes effect where the
        optimizer is compiled after it.
        """
        rate = self._learning_rate
        return rate if isinstance(rate, Variable) else self._scheduled(rate)

    @learning_rate.setter
    def learning_rate(self, learning_rate: Rate) -> None:
        held = self._learning_rate
        if callable(learning_rate):
            self._learning_rate = learning_rate
            self._variables = [variable for variable in self._variables if variable is not held]
        elif isinstance(held, Variable):
            held.assign(_as_rate(learning_rate))
        else:
            raise TypeError(f"optimizer {self.name} follows a schedule; assign another schedule, not {learning_rate!r}")

    @property
    def lr(self) -> Any:
        """The older name of ``learning_rate``."""
        return self.learning_rate

    @lr.setter
    def lr(self, learning_rate: Rate) -> None:
        self.learning_rate = learning_rate

    def _scheduled(self, schedule: Schedule) -> Any:
        parameters = inspect.signature(schedule).parameters.values()
        takes_step = any(parameter.kind in _BY_POSITION for parameter in parameters)
        return schedule(self._iterations) if takes_step else schedule()

    def _rate_now(self) -> Any:
        """The learning rate of this step: a scalar."""
        held = self._learning_rate
        rate = held.value if isinstance(held, Variable) else self._scheduled(held)
        if not self._time_decay:
            return rate
        iterations = ops.cast(self._iterations.value, config.floatx())
        return named(rate / (1.0 + self._time_decay * iterations), "decayed_rate")

    def _rate_config(self) -> Any:
        held = self._learning_rate
        if not isinstance(held, Variable):
            return serialize_keras_object(held)
        # As short as its own dtype allows: 0.001, not 0.0010000000474974513.
        return float(str(held.numpy()))

    @property
    def iterations(self) -> Any:
        """How many steps were made: an int64 variable. Where gradients are accumulated, how often variables changed."""
        steps = self.gradient_accumulation_steps
        return ops.floor_divide(self._iterations, steps) if steps else self._iterations

    def next_iteration(self) -> Any:
        """What ``iterations`` is after this step: int64, 1 in the first one."""
        if not self.gradient_accumulation_steps:
            return self._next_count()
        return self.shared("iteration", lambda: named(self.iterations + 1, "iteration"))

    def _next_count(self) -> Any:
        """How often gradients were given, this time among them."""
        return self.shared("iterations", lambda: named(self._iterations + 1, "iterations"))

    @contextmanager
    def _step(self) -> Iterator[None]:
        self._shared = {}
        try:
            with scope(f"update/{self._scope}", absolute=True):
                yield
        finally:
            self._shared = None

    def shared(self, key: Any, make: Callable[[], Shared]) -> Shared:
        """``make()``, once in a step however many variables ask for it, its nodes under ``update/<optimizer>``."""
        if self._shared is not None and key in self._shared:
            return self._shared[key]
        with scope(f"update/{self._scope}", absolute=True):
            value = make()
        if self._shared is not None:
            self._shared[key] = value
        return value


def _as_rate(learning_rate: Any) -> float:
    try:
        return float(learning_rate)
    except (TypeError, ValueError):
        raise ValueError(f"learning_rate must be a number or a schedule, not {learning_rate!r}") from None
