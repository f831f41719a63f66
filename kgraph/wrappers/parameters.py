"""Parameters of an estimator beyond those that its constructor names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from sklearn.base import BaseEstimator

#: Where parameters with a prefix go: ``optimizer__momentum`` is the optimizer's ``momentum``.
DESTINATIONS: Final = ("model", "optimizer", "compile", "fit", "predict")


class RoutedParameters(BaseEstimator):
    """An estimator that also takes the arguments of what it works with as parameters.

    ``optimizer__momentum`` is one of the optimizer, and so are ``model__`` (the function that makes the model),
    ``compile__``, ``fit__`` and ``predict__``. A name without a prefix, that no constructor knows, is the function's.
    """

    #: Replaced where there are some, never changed: copies of an estimator may share it.
    _further: Mapping[str, Any] = MappingProxyType({})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All parameters by name.

        Args:
            deep: whether to give those of parameters that are estimators too.
        """
        return {**super().get_params(deep), **self._further}

    def set_params(self, **params: Any) -> RoutedParameters:
        """Sets parameters, and gives the estimator.

        Raises:
            ValueError: there is no parameter of that name.
        """
        builder = params.get("model", self._builder())
        further = {name: value for name, value in params.items() if self._takes(name, builder)}
        super().set_params(**{name: value for name, value in params.items() if name not in further})
        self._add_parameters(further)
        return self

    def _add_parameters(self, further: Mapping[str, Any]) -> None:
        if further:
            self._further = {**self._further, **further}

    def _takes(self, name: str, builder: Any) -> bool:
        """Whether a parameter is not the constructor's, but one of the others."""
        if name in self._get_param_names():
            return False
        prefix, dashes, _ = name.partition("__")
        return name in self._further or (prefix in DESTINATIONS if dashes else name in argument_names(builder))

    def _builder(self) -> Any:
        """What makes the model."""
        raise NotImplementedError

    def _routed(self, destination: str) -> dict[str, Any]:
        """The arguments for ``destination``, by their own names."""
        prefix = f"{destination}__"
        return {name.removeprefix(prefix): value for name, value in self._further.items() if name.startswith(prefix)}

    def _builder_arguments(self) -> dict[str, Any]:
        """The arguments for the function that makes the model."""
        prefixes = tuple(f"{destination}__" for destination in DESTINATIONS)
        plain = {name: value for name, value in self._further.items() if not name.startswith(prefixes)}
        return {**plain, **self._routed("model")}


def argument_names(function: Any) -> frozenset[str]:
    """The arguments that ``function`` takes by name; none where it is no function."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(name for name, parameter in _parameters(function).items() if parameter.kind in named)


def takes_any_name(function: Callable[..., Any]) -> bool:
    """Whether ``function`` has ``**kwargs``."""
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in _parameters(function).values())


def _parameters(function: Any) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        # No function, or one written in C that tells nothing.
        return {}
