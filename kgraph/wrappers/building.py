"""From the parameters of an estimator to a compiled model."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kgraph import optimizers
from kgraph.models import Model, clone_model
from kgraph.wrappers.parameters import argument_names, takes_any_name
from kgraph.wrappers.targets import Target


def model_like(model: Model, as_it_is: bool) -> Model:
    """The model to train: ``model`` itself with the weights that it has, or a new one of the same architecture."""
    return model if as_it_is else clone_model(model)


def built_by(
    builder: Callable[..., Any], arguments: Mapping[str, Any], offered: Mapping[str, Any]
) -> tuple[Model, frozenset[str]]:
    """The model that ``builder`` makes, and the names of what it took of ``offered``.

    Args:
        builder: a function.
        arguments: what it is to be called with.
        offered: further arguments, for those that it names.

    Raises:
        TypeError: ``builder`` has no such argument, or gives no model.
    """
    names = argument_names(builder)
    called = getattr(builder, "__name__", type(builder).__name__)
    unknown = [name for name in arguments if name not in names]
    if unknown and not takes_any_name(builder):
        known = ", ".join(sorted(names)) or "none"
        raise TypeError(f"{called}, which makes the model, has no argument {unknown[0]!r}; its arguments: {known}")
    taken = {name: value for name, value in offered.items() if name in names and name not in arguments}
    model = builder(**taken, **arguments)
    if not isinstance(model, Model):
        raise TypeError(f"{called} must give a model, not {type(model).__name__}")
    return model, frozenset(taken)


def compile_settings(given: Mapping[str, Any], optimizer_arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of ``compile``, copied where they keep state: no two models share an optimizer.

    Args:
        given: those that are not ``None`` count.
        optimizer_arguments: in place of the optimizer's own.

    Raises:
        TypeError: the optimizer has no such argument.
    """
    settings = {name: copy.deepcopy(value) for name, value in given.items() if value is not None}
    if optimizer_arguments:
        optimizer = optimizers.get(settings.get("optimizer", "rmsprop"))
        settings["optimizer"] = type(optimizer).from_config({**optimizer.get_config(), **optimizer_arguments})
    return settings


def compile_for(model: Model, settings: Mapping[str, Any], taken: frozenset[str], target: Target, X: Any) -> None:
    """Compiles ``model``, unless it is compiled, and makes ``target`` suit it.

    Args:
        model: with one output.
        settings: for ``compile``. Without a loss the target's own is taken.
        taken: the settings that the maker of the model knew, or ``{"compile_kwargs"}`` for all of them.
        target: what the model is trained for.
        X: the data, of which a sample shows the outputs.

    Raises:
        ValueError: the model has several outputs, or not those that the target needs; or it is compiled already, so
            that settings would go unheeded.
    """
    unheeded = sorted(settings.keys() - taken)
    if model.compiled and unheeded and "compile_kwargs" not in taken:
        raise ValueError(
            f"model {model.name} is compiled already, so that {unheeded[0]} would do nothing: give the estimator a "
            "model that is not, or a function that takes it as an argument"
        )
    outputs = model.predict(X[:1], verbose=0)
    if not isinstance(outputs, np.ndarray) or outputs.ndim != 2:
        raise ValueError(f"an estimator's model has one output of shape (samples, units), unlike model {model.name}")
    units = outputs.shape[1]
    if not model.compiled:
        model.compile(**{"loss": target.default_loss(units), **settings})
    target.suit(model.loss, units)
