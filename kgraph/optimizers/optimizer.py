"""The base of all optimizers."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final

from kgraph import ops
from kgraph.optimizers.accumulation import gathered, only_where
from kgraph.optimizers.clipping import Clipping
from kgraph.optimizers.decay import Exclusions
from kgraph.optimizers.ema import check_ema, follow, overwrite
from kgraph.optimizers.rates import Paced, Rate
from kgraph.provenance import user_level
from kgraph.registry import deserialize_keras_object
from kgraph.tensor import apply, cast, named, operand_type, scope
from kgraph.trace import no_trace
from kgraph.variable import Variable

#: The arguments of every optimizer besides the learning rate, as its config names them.
OPTIONS: Final = (
    "weight_decay",
    "clipnorm",
    "global_clipnorm",
    "clipvalue",
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "loss_scale_factor",
    "gradient_accumulation_steps",
)


class Optimizer(Paced):
    """Changes weights by their gradients. Subclasses define ``update_step``, and ``build`` where they keep slots.

    A step is: gradients are clipped, weights decay, ``update_step`` runs for each variable, averages follow,
    constraints are applied, and ``iterations`` counts on. All this runs at once on arrays; inside a trace it describes
    the update instead.

    Args:
        learning_rate: a number, or a schedule: a function ``step -> rate`` over ``kgraph.ops``, called with
            ``iterations`` (a function without arguments is called without them).
        weight_decay: at each step every variable loses this share of itself, times the learning rate.
        clipnorm: the largest norm of one gradient.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm of all gradients together.
        use_ema: whether to keep a moving average of each variable, which takes its place when training ends.
        ema_momentum: how much of such an average stays at each step.
        ema_overwrite_frequency: every so many steps the variables become their averages.
        loss_scale_factor: the loss is multiplied by it before it is differentiated, and the gradients divided again.
        gradient_accumulation_steps: only every so many steps variables change, by the mean of the gradients since.
        name: stands before the paths of the optimizer's variables.
        kwargs: ``lr``, the older name of ``learning_rate``; ``decay``, by which the learning rate becomes
            ``learning_rate / (1 + decay * iterations)`` as in Keras 2.

    Raises:
        ValueError: more than one way to clip, or a number that means nothing.
        TypeError: an argument that does not exist.
    """

    #: The arguments that a class adds, kept as attributes of the same names.
    hyperparameters: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        learning_rate: Rate = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        learning_rate = kwargs.pop("lr", learning_rate)
        time_decay = kwargs.pop("decay", None) or 0.0
        for unknown in kwargs:
            raise TypeError(f"{type(self).__name__} has no argument {unknown!r}")
        super().__init__(name, learning_rate, time_decay, gradient_accumulation_steps)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self._clipping()
        if use_ema:
            check_ema(ema_momentum, ema_overwrite_frequency)
        self.built = False
        self._trainable_variables: list[Variable] = []
        self._accumulated_gradients: list[Variable] = []
        self._undecayed = Exclusions()

    def _clipping(self) -> Clipping:
        return Clipping(self.clipnorm, self.clipvalue, self.global_clipnorm)

    # For subclasses

    def build(self, variables: Sequence[Variable]) -> None:
        """Makes the slots of ``variables``, once. A user's subclass that has some calls this first, unless ``built``.

        Subclasses here write ``_add_slots`` instead.
        """
        if self.built:
            return
        self._places = {variable: place for place, variable in enumerate(variables)}
        self._trainable_variables = list(variables)
        if self.use_ema:
            self._model_variables_moving_average = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulated_gradients = self.add_optimizer_variables(variables, "gradient_accumulator")
        self._add_slots(variables)
        self.built = True

    def _add_slots(self, variables: Sequence[Variable]) -> None:
        """Makes what this kind of optimizer keeps for each variable."""

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Assigns the new value of ``variable`` (and of its slots).

        Args:
            gradient: of the shape and dtype of the variable.
            variable: to be changed.
            learning_rate: a scalar.
        """
        raise NotImplementedError(f"optimizer {type(self).__name__} has no update_step")

    def _get_variable_index(self, variable: Variable) -> int:
        """The place of ``variable`` in what ``build`` was given, and so that of its slots."""
        return self._places[variable]

    def assign(self, variable: Variable, value: Any) -> Any:
        """Gives ``variable`` a value."""
        return variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> Any:
        """Adds ``value`` to ``variable``."""
        return variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> Any:
        """Subtracts ``value`` from ``variable``."""
        return variable.assign_sub(value)

    # A step

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Variable:
        """``apply`` for pairs of gradient and variable; gives the variable that counts the calls.

        Raises:
            ValueError: as ``apply``, or there are no pairs.
        """
        pairs = list(grads_and_vars)
        if not pairs:
            raise ValueError(f"optimizer {self.name}: there are no gradients to apply")
        self.apply([gradient for gradient, _ in pairs], [variable for _, variable in pairs])
        return self._iterations

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step.

        Args:
            grads: a gradient for each variable. ``None`` leaves the variable as it is, with a warning.
            trainable_variables: those of ``build``, or some of them; all of them where not given.

        Raises:
            ValueError: the numbers differ, a variable was not there when the optimizer was built, a gradient has not
                the shape of its variable, or no gradient is given at all.
        """
        variables = self._chosen(grads, trainable_variables)
        grads, variables = _without_missing(grads, variables)
        with self._step():
            count = self._next_count()
            grads = [self._fitting(gradient, variable) for gradient, variable in zip(grads, variables, strict=True)]
            if self.gradient_accumulation_steps:
                self._accumulate(grads, variables, self.gradient_accumulation_steps)
            else:
                self._update(grads, variables)
            if self.use_ema:
                pairs = zip(self._trainable_variables, self._model_variables_moving_average, strict=True)
                follow(pairs, self.iterations, self.ema_momentum, self.ema_overwrite_frequency)
            self._constrain(variables)
            self._iterations.assign(count)

    def _update(self, grads: Sequence[Any], variables: Sequence[Variable]) -> None:
        """Clipped gradients, decay, and the step of each variable."""
        grads = self._clipping()(grads, [f"update/{variable.path}" for variable in variables])
        learning_rate = self._rate_now()
        for gradient, variable in zip(grads, variables, strict=True):
            with scope(f"update/{variable.path}", absolute=True):
                self._decay(variable, learning_rate)
                self.update_step(gradient, variable, learning_rate)

    def _accumulate(self, grads: Sequence[Any], variables: Sequence[Variable], steps: int) -> None:
        """Adds up gradients; at every ``steps``-th call their mean makes an update."""
        accumulators = [self._accumulated_gradients[self._places[variable]] for variable in variables]
        is_update = named(ops.equal(ops.mod(self._next_count(), steps), 0), "is_update")
        everything = dict.fromkeys([*self._trainable_variables, *self.variables])
        with gathered(accumulators, grads, steps, is_update) as means, only_where(is_update, everything):
            self._update(means, variables)

    def _constrain(self, variables: Sequence[Variable]) -> None:
        for variable in variables:
            if variable.constraint is not None:
                with scope(f"update/{variable.path}", absolute=True):
                    self.assign(variable, named(variable.constraint(variable.value), "constrained"))

    def _chosen(self, grads: Sequence[Any], variables: Sequence[Variable] | None) -> list[Variable]:
        chosen = self._trainable_variables if variables is None else list(variables)
        if not self.built and variables is not None:
            with no_trace():
                self.build(chosen)
        unknown = [variable.path for variable in chosen if variable not in self._places]
        if unknown:
            raise ValueError(f"optimizer {self.name} was built without {', '.join(unknown)}; make another optimizer")
        if len(grads) != len(chosen):
            raise ValueError(f"optimizer {self.name}: {len(grads)} gradients for {len(chosen)} variables")
        return chosen

    def _fitting(self, gradient: Any, variable: Variable) -> Any:
        """``gradient`` without the loss scale, in the dtype of ``variable``."""
        shape = operand_type(gradient).shape
        if shape != variable.shape:
            raise ValueError(f"variable {variable.path} has shape {variable.shape}, its gradient {shape}")
        gradient = cast(gradient, variable.type.dtype)
        return gradient if self.loss_scale_factor is None else gradient / self.loss_scale_factor

    def scale_loss(self, loss: Any) -> Any:
        """The loss that is to be differentiated."""
        return loss if self.loss_scale_factor is None else named(loss * self.loss_scale_factor, "scaled")

    # Decay and averages

    def weight_decay_of(self, variable: Variable) -> float | None:
        """The share that a variable loses at each step, times the learning rate; ``None`` for none."""
        return self.weight_decay

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Keeps variables from decay: those given, and those in whose name a pattern (``"bias"``) is found."""
        self._undecayed = Exclusions(var_list, var_names)

    def _decay(self, variable: Variable, learning_rate: Any) -> None:
        share = self.weight_decay_of(variable)
        if share is not None and variable not in self._undecayed:
            dtype = variable.type.dtype
            rate = self.shared(("decay", share, dtype), lambda: named(cast(learning_rate * share, dtype), "decay"))
            # A variable that decays goes down its own slope.
            self.assign(variable, named(apply("sgd_step", variable, variable, rate), "decayed"))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Ends training: with ``use_ema`` every variable becomes its average, if there was a step.

        Raises:
            ValueError: a variable was not there when the optimizer was built.
        """
        variables = list(var_list)
        if not self.use_ema or not self._iterations.numpy():
            return
        self._chosen(variables, variables)
        averages = [self._model_variables_moving_average[self._places[variable]] for variable in variables]
        overwrite(variables, averages)

    # Configs

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this optimizer again."""
        names = (*OPTIONS, *self.hyperparameters)
        return {
            "name": self.name,
            "learning_rate": self._rate_config(),
            **{name: getattr(self, name) for name in names},
            **({"decay": self._time_decay} if self._time_decay else {}),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The optimizer that ``get_config`` described."""
        return cls(**{name: deserialize_keras_object(value, custom_objects) for name, value in config.items()})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, {len(self.variables)} variables>"


def _without_missing(grads: Sequence[Any], variables: Sequence[Variable]) -> tuple[list[Any], list[Variable]]:
    """Both without the places where there is no gradient, of which a warning tells."""
    missing = [variable.path for gradient, variable in zip(grads, variables, strict=True) if gradient is None]
    if missing and len(missing) == len(grads):
        raise ValueError(f"no variable has a gradient: {', '.join(missing)}")
    if missing:
        warnings.warn(f"no gradient reaches {', '.join(missing)}: not updated", stacklevel=user_level())
    kept = [place for place, gradient in enumerate(grads) if gradient is not None]
    return [grads[place] for place in kept], [variables[place] for place in kept]
