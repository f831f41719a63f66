"""The base of all optimizers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import numpy as np

from kgraph import config, initializers
from kgraph.names import auto_name, snake_case
from kgraph.optimizers.clipping import Clipping
from kgraph.registry import deserialize_keras_object, serialize_keras_object
from kgraph.tensor import apply, cast, named, scope
from kgraph.variable import Variable, variable_scope

Shared = TypeVar("Shared")
#: ``step -> learning rate``, of tensors.
Schedule = Callable[[Any], Any]

#: Arguments that Keras has and this package does not, accepted while they change nothing; with what to do instead.
_ABSENT: Final = {
    "decay": "; give a schedule as learning_rate",
    "use_ema": "",
    "ema_overwrite_frequency": "",
    "loss_scale_factor": "",
    "gradient_accumulation_steps": "; make the batch larger",
}
#: Arguments that mean nothing without one of those.
_IGNORED: Final = ("ema_momentum",)


class Optimizer:
    """Changes weights by their gradients. Subclasses define ``update_step``, and ``build`` where they keep slots.

    A step is: gradients are clipped, weights decay, ``update_step`` runs for each variable, its constraint is applied,
    and ``iterations`` counts on. All this runs at once on arrays; inside a trace it describes the update instead.

    Args:
        learning_rate: a number, or a schedule: a function ``step -> rate`` over ``kgraph.ops``, called with
            ``iterations``.
        weight_decay: at each step every variable loses this share of itself, times the learning rate.
        clipnorm: the largest norm of one gradient.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm of all gradients together.
        name: stands before the paths of the optimizer's variables.
        kwargs: ``lr``, the older name of ``learning_rate``.

    Raises:
        ValueError: more than one way to clip, or an argument that is not supported.
        TypeError: an argument that does not exist.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        learning_rate = kwargs.pop("lr", learning_rate)
        self.name = name or auto_name(snake_case(type(self).__name__))
        _check_absent(type(self).__name__, kwargs)
        self.weight_decay = weight_decay
        self.clipping = Clipping(clipnorm, clipvalue, global_clipnorm)
        self.built = False
        self._variables: list[Variable] = []
        self._places: dict[Variable, int] = {}
        self._slots: dict[str, list[Variable]] = {}
        self._undecayed: list[Variable | str] = []
        self._shared: dict[Any, Any] | None = None
        self.iterations = self.add_variable((), dtype="int64", name="iterations")
        self._learning_rate: Variable | Schedule = (
            learning_rate if callable(learning_rate) else self._rate_variable(learning_rate)
        )

    def _rate_variable(self, learning_rate: float) -> Variable:
        constant = initializers.Constant(float(learning_rate))
        return self.add_variable((), initializer=constant, dtype=config.floatx(), name="learning_rate")

    @property
    def learning_rate(self) -> Any:
        """The variable that holds the learning rate, or what the schedule gives for the step to come.

        Assigning a number takes effect at the next step, compiled or not. Assigning a schedule takes effect where the
        optimizer is compiled after it.
        """
        return self._learning_rate if isinstance(self._learning_rate, Variable) else self._rate_now()

    @learning_rate.setter
    def learning_rate(self, learning_rate: float | Schedule) -> None:
        if callable(learning_rate):
            self._learning_rate = learning_rate
        elif isinstance(self._learning_rate, Variable):
            self._learning_rate.assign(float(learning_rate))
        else:
            raise TypeError(f"optimizer {self.name} follows a schedule; assign another schedule, not {learning_rate!r}")

    @property
    def lr(self) -> Any:
        """The older name of ``learning_rate``."""
        return self.learning_rate

    @lr.setter
    def lr(self, learning_rate: float | Schedule) -> None:
        self.learning_rate = learning_rate

    def _rate_now(self) -> Any:
        rate = self._learning_rate
        return rate.value if isinstance(rate, Variable) else rate(self.iterations)

    @property
    def variables(self) -> list[Variable]:
        """``iterations``, the learning rate, then the slots in the order they were made."""
        return list(self._variables)

    @property
    def slot_groups(self) -> list[list[Variable]]:
        """The slots, those of one name together, in the order of their variables."""
        return [list(slots) for slots in self._slots.values()]

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the slots of ``variables``. Subclasses that have some call this first, unless ``built`` holds."""
        if not self.built:
            self._places = {variable: place for place, variable in enumerate(variables)}
            self.built = True

    def add_variable(
        self,
        shape: Sequence[int],
        initializer: Any = "zeros",
        dtype: str | None = None,
        name: str = "variable",
    ) -> Variable:
        """A new variable of the optimizer, at the path ``<optimizer>/<name>``."""
        with variable_scope(self.name):
            variable = Variable(initializers.get(initializer), tuple(shape), dtype, trainable=False, name=name)
        self._variables.append(variable)
        return variable

    def add_variable_from_reference(
        self, reference_variable: Variable, name: str = "slot", initializer: Any = "zeros"
    ) -> Variable:
        """A slot: a variable of the shape and dtype of another, called after it."""
        path = f"{reference_variable.path.replace('/', '_')}_{name}"
        slot = self.add_variable(reference_variable.shape, initializer, reference_variable.dtype, path)
        self._slots.setdefault(name, []).append(slot)
        return slot

    def slots(self, variables: Sequence[Variable], *names: str) -> list[list[Variable]]:
        """For each name the list of slots of that name; made variable by variable."""
        made = [[self.add_variable_from_reference(variable, name) for name in names] for variable in variables]
        return [[row[column] for row in made] for column in range(len(names))]

    def _get_variable_index(self, variable: Variable) -> int:
        """The place of ``variable`` in what ``build`` was given, and so that of its slots."""
        return self._places[variable]

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Assigns the new value of ``variable`` (and of its slots).

        Args:
            gradient: of the shape and dtype of the variable.
            variable: to be changed.
            learning_rate: a scalar.
        """
        raise NotImplementedError(f"optimizer {type(self).__name__} has no update_step")

    def assign(self, variable: Variable, value: Any) -> Any:
        """Gives ``variable`` a value."""
        return variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> Any:
        """Adds ``value`` to ``variable``."""
        return variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> Any:
        """Subtracts ``value`` from ``variable``."""
        return variable.assign_sub(value)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """``apply`` for pairs of gradient and variable; gives ``iterations``."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(grads, variables)
        return self.iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step.

        Args:
            grads: a gradient for each variable. ``None`` leaves the variable as it is, with a warning.
            trainable_variables: those of ``build``, or some of them; all of them where not given.

        Raises:
            ValueError: the numbers differ, a variable was not there when the optimizer was built, or no gradient is
                given at all.
        """
        variables = self._chosen(grads, trainable_variables)
        grads, variables = _without_missing(grads, variables)
        with self._step(), scope(f"update/{self.name}", absolute=True):
            iterations = self.next_iteration()
            grads = self.clipping(grads, [f"update/{variable.path}" for variable in variables])
            learning_rate = self._rate_now()
            for gradient, variable in zip(grads, variables, strict=True):
                with scope(f"update/{variable.path}", absolute=True):
                    self._decay(variable, learning_rate)
                    self.update_step(gradient, variable, learning_rate)
                    if variable.constraint is not None:
                        self.assign(variable, named(variable.constraint(variable.value), "constrained"))
            self.iterations.assign(iterations)

    def _chosen(self, grads: Sequence[Any], variables: Sequence[Variable] | None) -> list[Variable]:
        chosen = list(self._places) if variables is None else list(variables)
        if not self.built and variables is not None:
            self.build(chosen)
        unknown = [variable.path for variable in chosen if variable not in self._places]
        if unknown:
            raise ValueError(f"optimizer {self.name} was built without {', '.join(unknown)}; make another optimizer")
        if len(grads) != len(chosen):
            raise ValueError(f"optimizer {self.name}: {len(grads)} gradients for {len(chosen)} variables")
        return chosen

    def _decay(self, variable: Variable, learning_rate: Any) -> None:
        if self.weight_decay is not None and self._decays(variable):
            dtype = variable.type.dtype
            share = self.shared(("decay", dtype), lambda: self._decay_share(learning_rate, dtype))
            # A variable that decays goes down its own slope.
            self.assign(variable, named(apply("sgd_step", variable, variable, share), "decayed"))

    def _decay_share(self, learning_rate: Any, dtype: str) -> Any:
        return named(cast(learning_rate * self.weight_decay, dtype), "decay")

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Keeps variables from decay: those given, and those in whose path a pattern (``"bias"``) is found."""
        self._undecayed += [*(var_list or ()), *(var_names or ())]

    def _decays(self, variable: Variable) -> bool:
        return not any(
            re.search(kept, variable.path) if isinstance(kept, str) else kept is variable for kept in self._undecayed
        )

    @contextmanager
    def _step(self) -> Iterator[None]:
        self._shared = {}
        try:
            yield
        finally:
            self._shared = None

    def shared(self, key: Any, make: Callable[[], Shared]) -> Shared:
        """``make()``, once in a step however many variables ask for it, its nodes under ``update/<optimizer>``."""
        if self._shared is not None and key in self._shared:
            return self._shared[key]
        with scope(f"update/{self.name}", absolute=True):
            value = make()
        if self._shared is not None:
            self._shared[key] = value
        return value

    def next_iteration(self) -> Any:
        """What ``iterations`` is after this step: int64, 1 in the first one."""
        return self.shared("iterations", lambda: named(self.iterations + 1, "iterations"))

    def get_weights(self) -> list[np.ndarray]:
        """The values of ``variables``."""
        return [variable.numpy() for variable in self._variables]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Gives ``variables`` their values, in order.

        Raises:
            ValueError: the number of values or a shape differs; nothing is changed then.
        """
        if len(weights) != len(self._variables):
            raise ValueError(f"optimizer {self.name} has {len(self._variables)} variables, not {len(weights)}")
        arrays = [np.asarray(weight) for weight in weights]
        for variable, array in zip(self._variables, arrays, strict=True):
            if array.shape != variable.shape:
                raise ValueError(f"variable {variable.path} has shape {variable.shape}, its weights {array.shape}")
        for variable, array in zip(self._variables, arrays, strict=True):
            variable.assign(array)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again."""
        return {
            "name": self.name,
            "learning_rate": self._rate_config(),
            "weight_decay": self.weight_decay,
            **self.clipping.get_config(),
        }

    def _rate_config(self) -> Any:
        if not isinstance(self._learning_rate, Variable):
            return serialize_keras_object(self._learning_rate)
        # As short as its own dtype allows: 0.001, not 0.0010000000474974513.
        return float(str(self._learning_rate.numpy()))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        """The optimizer that ``get_config`` described."""
        return cls(**{name: deserialize_keras_object(value) for name, value in config.items()})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, {len(self._variables)} variables>"


def _check_absent(owner: str, kwargs: dict[str, Any]) -> None:
    for name, value in kwargs.items():
        if name not in _ABSENT and name not in _IGNORED:
            raise TypeError(f"{owner} has no argument {name!r}")
        if name in _ABSENT and value:
            raise ValueError(f"{owner}: {name}={value!r} is not supported{_ABSENT[name]}")


def _without_missing(grads: Sequence[Any], variables: Sequence[Variable]) -> tuple[list[Any], list[Variable]]:
    """Both without the places where there is no gradient, of which a warning tells."""
    missing = [variable.path for gradient, variable in zip(grads, variables, strict=True) if gradient is None]
    if missing and len(missing) == len(grads):
        raise ValueError(f"no variable has a gradient: {', '.join(missing)}")
    if missing:
        warnings.warn(f"no gradient reaches {', '.join(missing)}: not updated", stacklevel=3)
    kept = [place for place, gradient in enumerate(grads) if gradient is not None]
    return [grads[place] for place in kept], [variables[place] for place in kept]
